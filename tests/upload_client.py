"""Speaks tus to the whole application, as the page or as a client that breaks off."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import sync_to_async
from django.test import Client

VERSION = "1.0.0"
BYTES = "application/offset+octet-stream"


@dataclass
class Answer:
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def offset(self) -> int:
        return int(self.headers["upload-offset"])

    @property
    def sentence(self) -> str:
        return str(json.loads(self.body)["sentence"])


class Uploading:
    """One person's browser (None: nobody's), in front of `webapp.asgi`."""

    def __init__(self, client: Client) -> None:
        self.headers = {"host": "localhost", "origin": "http://localhost"}
        token = client.get("/api/session").json()["csrf_token"]
        cookies = "; ".join(f"{key}={morsel.value}" for key, morsel in client.cookies.items())
        self.page = {**self.headers, "cookie": cookies, "x-csrftoken": token}

    async def ask(
        self,
        method: str,
        path: str,
        pieces: Iterable[bytes] | AsyncIterator[bytes] = (),
        *,
        breaks_off: bool = False,
        **more: str | None,
    ) -> Answer:
        """The answer; `more` are headers (None: without that one), _ for -."""
        from webapp.asgi import application

        named = {key.replace("_", "-"): value for key, value in more.items()}
        headers = {**self.page, "tus-resumable": VERSION, **named}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "query_string": b"",
            "headers": [
                (key.encode(), value.encode())
                for key, value in headers.items()
                if value is not None
            ],
            "server": ("localhost", 80),
            "client": ("127.0.0.1", 1),
        }
        body = _events(pieces, breaks_off=breaks_off)
        answer = Answer()

        async def receive() -> dict[str, Any]:
            async for event in body:
                return event
            return await asyncio.get_running_loop().create_future()

        async def send(event: dict[str, Any]) -> None:
            if event["type"] == "http.response.start":
                answer.status = event["status"]
                answer.headers = {
                    key.decode().lower(): value.decode() for key, value in event["headers"]
                }
            else:
                answer.body += event.get("body", b"")

        await application(scope, receive, send)  # type: ignore[arg-type]
        return answer

    async def begin(self, project: Any, size: int, name: str = "a.tif", **more: str) -> Answer:
        """Announce a file."""
        metadata = f"filetype aW1hZ2U=,filename {b64encode(name.encode()).decode()}"
        path = f"/api/projects/{project.uid}/uploads"
        headers = {"upload_length": str(size), "upload_metadata": metadata, **more}
        return await self.ask("POST", path, **headers)

    async def append(
        self, path: str, offset: int, *pieces: bytes, breaks_off: bool = False, **more: str | None
    ) -> Answer:
        """Send bytes, and perhaps go away before the end."""
        headers = {"content_type": BYTES, "upload_offset": str(offset), **more}
        return await self.ask("PATCH", path, pieces, breaks_off=breaks_off, **headers)

    async def measure(self, path: str) -> Answer:
        """How much has come."""
        return await self.ask("HEAD", path)


async def uploading(client: Client) -> Uploading:
    """A page of the person who is signed in on a test client."""
    return await sync_to_async(Uploading)(client)


async def _events(
    pieces: Iterable[bytes] | AsyncIterator[bytes], *, breaks_off: bool
) -> AsyncIterator[dict[str, Any]]:
    if isinstance(pieces, AsyncIterator):
        async for piece in pieces:
            yield {"type": "http.request", "body": piece, "more_body": True}
    else:
        for piece in pieces:
            yield {"type": "http.request", "body": piece, "more_body": True}
    if breaks_off:
        yield {"type": "http.disconnect"}
    else:
        yield {"type": "http.request", "body": b"", "more_body": False}
