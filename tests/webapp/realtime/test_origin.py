import pytest

from tests.socket_client import Socket
from webapp.realtime.origin import OwnOrigin


async def accept(scope, receive, send):
    await receive()
    await send({"type": "websocket.accept"})


@pytest.mark.parametrize(
    ("host", "origin", "code"),
    [
        (b"localhost:8000", b"http://localhost:8000", 0),
        (b"127.0.0.1:8000", b"https://127.0.0.1:8000", 0),
        (b"localhost:8000", b"http://localhost:3000", 4403),
        (b"localhost:8000", b"http://elsewhere.example", 4403),
        (b"elsewhere.example", b"http://elsewhere.example", 4403),
        (b"localhost:8000", None, 4403),
        (b"", b"http://", 4403),
    ],
    ids=["own", "own over TLS", "other port", "foreign", "unknown host", "no origin", "no host"],
)
async def test_socket_opens_only_for_pages_of_this_server(settings, host, origin, code):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    headers = [(b"host", host)] + ([(b"origin", origin)] if origin is not None else [])
    assert await Socket(OwnOrigin(accept), "/ws", headers).connect() == code
