"""The proxy's configuration in a real nginx, in front of a server that notes what it is asked."""

import gzip
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.lacking import do_without
from tests.production.proxy import proxy_before
from tests.production.servers import NotHereError

NAME = "segmap.example.org"
MEMBER, STRANGER = {"Cookie": "segmap_session=member"}, {"Cookie": "segmap_session=stranger"}
TILE = "/tiles/layer/version/view/3/1/2.webp"
LABELS = "/api/projects/p/labels"
ANSWERS = {LABELS: b'{"labels": [' + b"[559804.8, 4108243.2], " * 5000 + b"null]}"}


class Upstream(BaseHTTPRequestHandler):
    """Answers as the server would: tiles for members, a refusal in words for others."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.seen.append((self.command, self.path, dict(self.headers), len(body)))
        is_tile = self.path.startswith("/tiles/")
        refused = is_tile and "member" not in self.headers.get("Cookie", "")
        said = (
            b"not a member"
            if refused
            else b"a tile"
            if is_tile
            else ANSWERS.get(self.path, b"fine")
        )
        drawn = not refused and is_tile and self.command == "HEAD"
        self.send_response(404 if refused else 204 if drawn else 200)
        if not drawn:
            self.send_header("Content-Length", str(len(said)))
        self.send_header("Content-Type", "image/webp" if is_tile else "application/json")
        if is_tile and not refused:
            self.send_header("Cache-Control", "private, max-age=31536000, immutable")
        self.end_headers()
        if self.command != "HEAD" and not drawn:
            self.wfile.write(said)

    do_GET = do_HEAD = do_PATCH = answer  # noqa: N815 - the library's own names

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Proxy:
    def __init__(self, port: int, upstream: ThreadingHTTPServer) -> None:
        self.port, self.upstream = port, upstream

    def ask(self, path, method="GET", body=None, **headers):
        """Status, body and headers of the answer."""
        context = ssl._create_unverified_context()
        connection = HTTPSConnection("127.0.0.1", self.port, context=context, timeout=10)
        connection.request(method, path, body, {"Host": NAME, **headers})
        answer = connection.getresponse()
        found = answer.status, answer.read(), dict(answer.headers)
        connection.close()
        return found

    @property
    def asked(self):
        """What reached the server: method and path."""
        return [(method, path) for method, path, _, _ in self.upstream.seen]


@contextmanager
def web() -> Iterator[ThreadingHTTPServer]:
    """A web process that notes what it is asked in `seen`."""
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    upstream.seen = []
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    try:
        yield upstream
    finally:
        upstream.shutdown()
        upstream.server_close()


@pytest.fixture
def proxy(tmp_path) -> Iterator[Proxy]:
    try:
        with web() as upstream, proxy_before([upstream.server_port], tmp_path) as port:
            yield Proxy(port, upstream)
    except NotHereError as error:
        do_without(str(error))


def test_tile_is_drawn_once_for_all_members_and_asked_about_each_time(proxy):
    for _ in range(3):
        status, body, headers = proxy.ask(TILE, **MEMBER)
        assert (status, body) == (200, b"a tile")
        assert headers["Cache-Control"].startswith("private")
    assert proxy.asked.count(("GET", TILE)) == 1
    assert proxy.asked.count(("HEAD", TILE)) == 3


def test_kept_tile_is_not_for_strangers(proxy):
    proxy.ask(TILE, **MEMBER)
    status, body, _ = proxy.ask(TILE, **STRANGER)
    assert (status, body) == (404, b"not a member")


@pytest.mark.parametrize(
    "path", ["/metrics", "/healthz", "/livez", "/readyz", "/internal/notices", "/_may_see_tile"]
)
def test_what_operators_ask_does_not_pass(proxy, path):
    assert proxy.ask(path, **MEMBER)[0] == 404
    assert proxy.asked == []


def test_labels_travel_compressed_where_the_browser_wants_it(proxy):
    status, body, headers = proxy.ask(LABELS, **MEMBER, **{"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert gzip.decompress(body) == ANSWERS[LABELS]
    assert len(body) < len(ANSWERS[LABELS]) / 10
    _, plain, headers = proxy.ask(LABELS, **MEMBER)
    assert plain == ANSWERS[LABELS]
    assert "Content-Encoding" not in headers
    assert "Content-Encoding" not in proxy.ask(TILE, **MEMBER, **{"Accept-Encoding": "gzip"})[2]


def test_part_of_an_upload_passes_whole_and_one_that_is_too_large_does_not(proxy):
    path = "/api/projects/p/uploads/u"
    assert proxy.ask(path, "PATCH", bytes(16 * 2**20))[0] == 200
    assert proxy.upstream.seen[-1][3] == 16 * 2**20
    assert proxy.ask(path, "PATCH", bytes(21 * 2**20))[0] == 413


def test_server_hears_of_the_proxys_own_words_and_not_of_the_clients(proxy):
    lies = {"X-Forwarded-For": "127.0.0.1", "X-Request-ID": "made-up", "X-Forwarded-Proto": "ftp"}
    proxy.ask("/api/session", **lies)
    headers = proxy.upstream.seen[-1][2]
    assert headers["X-Forwarded-For"] == "127.0.0.1"  # this very client's address, once
    assert headers["X-Forwarded-Proto"] == "https"
    assert len(headers["X-Request-ID"]) == 32
    assert headers["Host"] == NAME


def test_socket_is_upgraded_and_nothing_else_is(proxy):
    proxy.ask("/ws/engine", Upgrade="websocket", Connection="Upgrade")
    assert proxy.upstream.seen[-1][2]["Upgrade"] == "websocket"
    proxy.ask("/api/session", Upgrade="h2c", Connection="Upgrade")
    assert "Upgrade" not in proxy.upstream.seen[-1][2]


def test_sockets_of_one_person_lead_to_one_process_and_those_of_many_to_both(tmp_path):
    try:
        with (
            web() as one,
            web() as other,
            proxy_before([one.server_port, other.server_port], tmp_path) as port,
        ):
            proxy = Proxy(port, one)
            led_to_one = []
            for person in range(12):
                before = len(one.seen)
                for _ in range(5):
                    proxy.ask("/ws/projects/p", Cookie=f"a=b; segmap_session=person{person}")
                led_to_one.append(len(one.seen) - before)
            assert set(led_to_one) == {0, 5}
            assert len(one.seen) + len(other.seen) == 12 * 5
    except NotHereError as error:
        do_without(str(error))
