"""Files over ASGI, as the server serves them: no warning, and the bytes of the file."""

import asyncio
import random
import warnings

import pytest
from django.core.asgi import get_asgi_application
from django.test import Client

from webapp.streamed_files import PIECE_BYTES

CONTENT = random.Random(7).randbytes(3 * PIECE_BYTES + 17)


@pytest.fixture
def asset(settings, tmp_path) -> str:
    """The address of a file that the build made."""
    assets = tmp_path / "dist" / "assets"
    assets.mkdir(parents=True)
    (assets / "map-12345678.js").write_bytes(CONTENT)
    settings.WHITENOISE_ROOT = tmp_path / "dist"
    return "/assets/map-12345678.js"


def asked_over_asgi(path: str, **headers: str) -> list[dict]:
    """All messages that the server sends to a GET."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost")]
        + [(name.encode(), value.encode()) for name, value in headers.items()],
        "server": ("localhost", 80),
        "client": ("127.0.0.1", 1),
    }
    sent: list[dict] = []

    async def ask() -> None:
        asked = False

        async def receive():
            nonlocal asked
            if asked:  # the browser stays
                await asyncio.get_running_loop().create_future()
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        await get_asgi_application()(scope, receive, send)

    asyncio.run(ask())
    return sent


def bodies(sent: list[dict]) -> list[bytes]:
    return [message["body"] for message in sent[1:] if message.get("body")]


def test_asset_is_sent_piece_by_piece_without_a_warning(asset):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sent = asked_over_asgi(asset)
    assert sent[0]["status"] == 200
    assert (b"Content-Length", str(len(CONTENT)).encode()) in sent[0]["headers"]
    assert max(len(body) for body in bodies(sent)) <= PIECE_BYTES
    assert b"".join(bodies(sent)) == CONTENT


def test_range_of_an_asset_is_sent_and_no_more(asset):
    sent = asked_over_asgi(asset, range="bytes=10-19")
    assert sent[0]["status"] == 206
    assert b"".join(bodies(sent)) == CONTENT[10:20]


def test_file_is_the_same_without_an_event_loop(asset):
    assert Client().get(asset).getvalue() == CONTENT
