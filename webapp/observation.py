"""Sees every request and socket come and go: gives it an id, counts it, times it, logs it."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    ASGISendEvent,
    HTTPScope,
    Scope,
    WebSocketScope,
)
from django.http import HttpRequest, HttpResponse

from webapp import logs, measures

logger = logging.getLogger(__name__)

HEADER = b"x-request-id"
_SEEN = "segmap.seen"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SOCKETS = {"/ws/projects/": "page", "/ws/engine": "engine"}
# Asked every few seconds by machines: their lines would hide all others.
_UNLOGGED = frozenset({"healthz", "livez", "readyz", "metrics"})
_NEVER_ANSWERED = 499
"""As nginx says it: the client was gone before there was an answer."""


@dataclass(slots=True)
class _Seen:
    """What becomes known of a request while it is answered; it travels in the scope."""

    route: str = "no view"
    status: int = _NEVER_ANSWERED


class Observed:
    """ASGI, in front of everything."""

    def __init__(self, application: ASGI3Application) -> None:
        self.application = application

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Pass a request or socket on, and watch it."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    async def _request(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        began_at = time.monotonic()
        request_id = _id_of(scope)
        seen = _Seen()

        async def send_with_id(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start":
                seen.status = event["status"]
                event["headers"] = [*event["headers"], (HEADER, request_id.encode())]
            await send(event)

        with logs.belonging_to(request_id):
            try:
                marked = cast("HTTPScope", {**scope, _SEEN: seen})
                await self.application(marked, receive, send_with_id)
            finally:
                _count(scope["method"], seen, time.monotonic() - began_at)

    async def _socket(
        self, scope: WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        path = scope["path"]
        of = next((of for start, of in _SOCKETS.items() if path.startswith(start)), None)
        gauge = measures.open_sockets.labels(of) if of else None
        is_open = False

        async def send_and_count(event: ASGISendEvent) -> None:
            nonlocal is_open
            if gauge is not None and event["type"] == "websocket.accept":
                gauge.inc()
                is_open = True
            await send(event)

        with logs.belonging_to(_id_of(scope)):
            try:
                await self.application(scope, receive, send_and_count)
            finally:
                if gauge is not None and is_open:
                    gauge.dec()


class RouteNoted:
    """Django middleware: tells `Observed` which route a request took."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The response."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:  # noqa: ANN401 - Django's arguments of a view
        """Django has found the view, and calls this before it."""
        seen = getattr(request, "scope", {}).get(_SEEN)
        if isinstance(seen, _Seen):
            seen.route = logs.route_of(request.resolver_match)


def _id_of(scope: HTTPScope | WebSocketScope) -> str:
    asked = next((value for name, value in scope["headers"] if name.lower() == HEADER), b"")
    return logs.sane_or_new_id(asked.decode("latin1"))


def _count(method: str, seen: _Seen, took_s: float) -> None:
    known = method if method in _METHODS else "other"
    measures.requests.labels(known, seen.route, seen.status).inc()
    measures.request_seconds.labels(seen.route).observe(took_s)
    if seen.route not in _UNLOGGED:
        fields = {"route": seen.route, "status": seen.status, "ms": round(took_s * 1000, 1)}
        logger.info("%s %s %s", known, seen.route, seen.status, extra={"method": known, **fields})
