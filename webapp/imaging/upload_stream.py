"""The bytes of uploads, from the socket to the disk: ASGI in front of Django.

Django reads the whole body of a request before it calls any view, and drops it when the client
goes away. Here each piece is on the disk when the next one is read, so a broken connection or a
killed server costs nothing that was written.
"""

import asyncio
import logging
import re
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any, cast

from asgiref.typing import (
    ASGI3Application,
    ASGIReceiveCallable,
    ASGIReceiveEvent,
    ASGISendCallable,
    ASGISendEvent,
    HTTPRequestEvent,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    HTTPScope,
    Scope,
)

from webapp import measures
from webapp.errors import HTTP_STATUS, AppError, Unavailable
from webapp.imaging.models import Upload
from webapp.imaging.parts import Appender
from webapp.imaging.upload_api import ADMISSION, VERSION, Admission, expiry

logger = logging.getLogger(__name__)

ADDRESS = re.compile(r"/api/projects/[^/]+/uploads(/[^/]+)?")
PIECE_BYTES = 1024 * 1024
SILENCE_S = 30.0
"""A connection that says nothing for so long is taken for lost: the lock is not held for it."""

Headers = list[tuple[bytes, bytes]]


class UploadStream:
    """ASGI middleware: uploads to the disk, everything else on to Django."""

    def __init__(self, django: ASGI3Application) -> None:
        self.django = django

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer a request; those for uploads by tus."""
        if scope["type"] != "http" or not ADDRESS.fullmatch(scope["path"]):
            await self.django(scope, receive, send)
            return

        async def tus_send(event: ASGISendEvent) -> None:
            if event["type"] == "http.response.start":
                more = [(b"tus-resumable", VERSION.encode()), (b"cache-control", b"no-store")]
                event["headers"] = [*event["headers"], *more]
            await send(event)

        scope = _with_true_method(scope)
        if scope["method"] != "PATCH":
            await self.django(scope, receive, tus_send)
            return
        admission = await self._ask(scope, tus_send)
        if admission.upload is not None:
            with measures.uploads_in_flight.track_inprogress():
                await _append(admission.upload, admission, receive, tus_send)

    async def _ask(self, scope: HTTPScope, send: ASGISendCallable) -> Admission:
        """Whether Django admits the bytes of this PATCH; where not, its answer is sent."""
        admission = Admission()
        answer: list[ASGISendEvent] = []
        has_asked = False

        async def receive() -> ASGIReceiveEvent:
            nonlocal has_asked
            if has_asked:  # the client stays as long as this takes
                await asyncio.get_running_loop().create_future()
            has_asked = True
            return HTTPRequestEvent(type="http.request", body=b"", more_body=False)

        async def collect(event: ASGISendEvent) -> None:
            answer.append(event)

        asked = cast("HTTPScope", {**scope, ADMISSION: admission})
        await self.django(asked, receive, collect)
        if admission.upload is None:
            for event in answer:
                await send(event)
        return admission


def _with_true_method(scope: HTTPScope) -> HTTPScope:
    """With the method that is meant: a client that cannot send PATCH may name it in a header.

    It is put right before Django looks, whose check of the request's origin depends on the method.
    """
    for name, value in scope["headers"]:
        if name.lower() == b"x-http-method-override":
            named: MutableMapping[str, Any] = {**scope, "method": value.decode("latin1").upper()}
            return cast("HTTPScope", named)
    return scope


async def _append(
    upload: Upload, admission: Admission, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    try:
        appender = await asyncio.to_thread(
            Appender,
            upload.uid,
            offset=admission.offset,
            size_bytes=upload.size_bytes,
            checksum=admission.checksum,
        )
        try:
            if not await _write_all(appender, receive):
                return  # the client is gone: nobody hears an answer
            offset = await asyncio.to_thread(appender.settle)
        finally:
            appender.close()
    except AppError as error:
        await _refuse(error, send)
    except OSError as error:
        logger.warning("An upload was not written: %s", error)
        await _refuse(
            Unavailable(
                f"The server's disk did not take more of {upload.name} ({error.strerror}). What "
                "has come is kept: ask for space, then go on."
            ),
            send,
        )
    else:
        headers = {"Upload-Offset": str(offset), **expiry(upload)}
        fields = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await _answer(HTTPStatus.NO_CONTENT, fields, b"", send)


async def _write_all(appender: Appender, receive: ASGIReceiveCallable) -> bool:
    """Write the body as it comes; False where it broke off.

    Raises:
        Unavailable: nothing came for a while.
    """
    held = bytearray()
    silence: TimeoutError | None = None
    more, is_whole = True, False
    while more:
        try:
            event = await asyncio.wait_for(receive(), SILENCE_S)
        except TimeoutError as error:
            silence = error
            break
        if event["type"] != "http.request":
            break
        held += event["body"]
        more = event["more_body"]
        is_whole = not more
        if len(held) >= PIECE_BYTES:
            await asyncio.to_thread(appender.write, bytes(held))
            held.clear()
    if held:
        await asyncio.to_thread(appender.write, bytes(held))
    if silence is not None:
        raise Unavailable(
            "The connection fell silent. What has come is kept: go on from there."
        ) from silence
    return is_whole


async def _refuse(error: AppError, send: ASGISendCallable) -> None:
    body = error.as_out().model_dump_json(exclude_none=True).encode()
    await _answer(HTTP_STATUS[error.code], [(b"content-type", b"application/json")], body, send)


async def _answer(status: int, headers: Headers, body: bytes, send: ASGISendCallable) -> None:
    if status != HTTPStatus.NO_CONTENT:
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send(
        HTTPResponseStartEvent(
            type="http.response.start", status=status, headers=headers, trailers=False
        )
    )
    await send(HTTPResponseBodyEvent(type="http.response.body", body=body, more_body=False))
