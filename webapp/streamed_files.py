"""Files on their way out of the server: read in a thread, a piece at a time.

Django's file responses (those of exports, and WhiteNoise's of the page's assets) are read by
blocking calls. An ASGI server must not wait for those, so Django reads such a response as a whole
into memory before its first byte leaves, and warns each time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

from django.core.handlers.asgi import ASGIRequest
from django.http import FileResponse, HttpRequest, HttpResponseBase

PIECE_BYTES = 256 * 1024
"""A piece costs a turn in a thread; a file of 100 MB takes 400."""


class StreamedFiles:
    """Middleware: a file asked for over ASGI is answered piece by piece."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response; if it is a file's, as an asynchronous stream of the same bytes."""
        response = self.get_response(request)
        if isinstance(request, ASGIRequest) and isinstance(response, FileResponse):
            content = response.streaming_content
            if isinstance(content, Iterator):
                response.block_size = PIECE_BYTES
                response.streaming_content = pieces(content)
        return response


async def pieces(content: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The same pieces, each awaited while a thread reads it."""
    while (piece := await asyncio.to_thread(next, content, None)) is not None:
        yield piece
