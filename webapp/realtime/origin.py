"""Which pages may open a socket here."""

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGISendCallable,
    Scope,
    WebSocketCloseEvent,
    WebSocketScope,
)
from django.conf import settings
from django.http.request import split_domain_port, validate_host


class OwnOrigin:
    """ASGI middleware: a socket is opened by a page of this server or not at all.

    Browsers send cookies along with sockets that a foreign page opens, and name that page in
    `Origin`. Programs that send none are refused as well: a project's socket is for the page.
    """

    def __init__(self, application: ASGI3Application) -> None:
        self.application = application

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Pass the socket on, or close it before it is accepted (the browser sees 403)."""
        if scope["type"] == "websocket" and not _is_own(scope):
            await receive()
            await send(WebSocketCloseEvent(type="websocket.close", code=4403, reason=None))
            return
        await self.application(scope, receive, send)


def _is_own(scope: WebSocketScope) -> bool:
    named = {name.lower(): value.decode("latin1") for name, value in scope["headers"]}
    host = named.get(b"host", "")
    domain, _ = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    return named.get(b"origin", "") in (f"http://{host}", f"https://{host}")
