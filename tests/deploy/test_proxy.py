"""The proxy's configuration in a real nginx, in front of a server that notes what it is asked."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NAME = "segmap.example.org"
MEMBER, STRANGER = {"Cookie": "segmap_session=member"}, {"Cookie": "segmap_session=stranger"}
TILE = "/tiles/layer/version/view/3/1/2.webp"
UP_WITHIN_S = 20
_CERTIFICATE = (
    "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=segmap.example.org "
    "-keyout privkey.pem -out fullchain.pem"
)


class Upstream(BaseHTTPRequestHandler):
    """Answers as the server would: tiles for members, a refusal in words for others."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.server.seen.append((self.command, self.path, dict(self.headers), len(body)))
        is_tile = self.path.startswith("/tiles/")
        refused = is_tile and "member" not in self.headers.get("Cookie", "")
        said = b"not a member" if refused else b"a tile" if is_tile else b"fine"
        drawn = not refused and is_tile and self.command == "HEAD"
        self.send_response(404 if refused else 204 if drawn else 200)
        if not drawn:
            self.send_header("Content-Length", str(len(said)))
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


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@pytest.fixture
def proxy(tmp_path) -> Iterator[Proxy]:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    openssl = shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("nginx or openssl is not installed here")
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    upstream.seen = []
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    port, plain = free_port(), free_port()
    subprocess.run(
        [openssl, *_CERTIFICATE.split()],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    site = (DEPLOY / "nginx" / "segmap.conf").read_text()
    for there, here in {
        "/etc/ssl/segmap": str(tmp_path),
        "/var/cache/nginx/segmap": str(tmp_path / "tiles"),
        "listen [::]:443 ssl http2;": "",
        "listen [::]:80;": "",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        "listen 80;": f"listen 127.0.0.1:{plain};",
    }.items():
        assert there in site
        site = site.replace(there, here)
    (tmp_path / "site.conf").write_text(site)
    pool = (DEPLOY / "nginx" / "segmap_upstream.conf").read_text()
    pool = pool.replace("8001", str(upstream.server_port)).replace("server 127.0.0.1:8002;", "")
    (tmp_path / "upstream.conf").write_text(pool)
    (tmp_path / "nginx.conf").write_text(
        # Started by root it would become somebody who may not write here.
        f"{'user root; ' if os.getuid() == 0 else ''}daemon off; pid {tmp_path}/pid;\n"
        f"error_log {tmp_path}/error.log; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {tmp_path}/bodies;\n"
        f"proxy_temp_path {tmp_path}/proxied; fastcgi_temp_path {tmp_path}/f;\n"
        f"uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;\n"
        f"include {tmp_path}/upstream.conf; include {tmp_path}/site.conf; }}\n"
    )
    running = subprocess.Popen(
        [nginx, "-e", str(tmp_path / "error.log"), "-c", str(tmp_path / "nginx.conf")]
    )
    try:
        until_listening(port, running)
        yield Proxy(port, upstream)
    finally:
        running.terminate()
        running.wait()
        upstream.shutdown()
        upstream.server_close()


def until_listening(port: int, running: subprocess.Popen) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        assert running.poll() is None, "nginx did not start"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            continue
        return
    raise AssertionError("nginx did not listen in time")


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
