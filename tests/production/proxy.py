"""The proxy of `deploy/nginx` on this machine: its configuration in a real nginx, on a port."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.product import free_port
from tests.production.servers import NotHereError

CONFIGURATION = Path(__file__).resolve().parents[2] / "deploy" / "nginx"
UP_WITHIN_S = 60
PLACES = "/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"
CERTIFICATE = (
    "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=segmap.example.org "
    "-keyout privkey.pem -out fullchain.pem"
)


@contextmanager
def proxy_before(upstreams: Sequence[int], folder: Path) -> Iterator[int]:
    """An nginx in front of web processes on these ports of 127.0.0.1; the port that speaks TLS.

    Args:
        upstreams: one port or two.
        folder: an empty folder for its certificate and files.

    Raises:
        NotHereError: this machine has no nginx, or no openssl to make a certificate with.
    """
    nginx, openssl = shutil.which("nginx", path=PLACES), shutil.which("openssl")
    if nginx is None or openssl is None:
        raise NotHereError("there is no nginx or no openssl here; apt install nginx-light openssl")
    made = [openssl, *CERTIFICATE.split()]
    subprocess.run(made, cwd=folder, check=True, capture_output=True)
    port = free_port()
    write_configuration(folder, port, upstreams)
    running = subprocess.Popen([nginx, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"])
    try:
        until_listening(port, running)
        yield port
    finally:
        running.terminate()
        running.wait()


def write_configuration(folder: Path, port: int, upstreams: Sequence[int]) -> None:
    """What stands in `deploy/nginx`, with this machine's ports and paths."""
    (folder / "site.conf").write_text(
        changed(
            (CONFIGURATION / "segmap.conf").read_text(),
            {
                "/etc/ssl/segmap": str(folder),
                "/var/cache/nginx/segmap": str(folder / "tiles"),
                "listen [::]:443 ssl http2;": "",
                "listen [::]:80;": "",
                "listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
                "listen 80;": f"listen 127.0.0.1:{free_port()};",
            },
        )
    )
    first, *others = (f"server 127.0.0.1:{upstream};" for upstream in upstreams)
    (folder / "upstream.conf").write_text(
        changed(
            (CONFIGURATION / "segmap_upstream.conf").read_text(),
            {"server 127.0.0.1:8001;": first, "server 127.0.0.1:8002;": " ".join(others)},
        )
    )
    (folder / "nginx.conf").write_text(
        # Started by root it would become somebody who may not write here.
        f"{'user root; ' if os.getuid() == 0 else ''}daemon off; pid {folder}/pid;\n"
        f"error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/bodies;\n"
        f"proxy_temp_path {folder}/proxied; fastcgi_temp_path {folder}/f;\n"
        f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f"include {folder}/upstream.conf; include {folder}/site.conf; }}\n"
    )


def changed(text: str, words: dict[str, str]) -> str:
    """A text with words exchanged, all of which stand in it."""
    for there, here in words.items():
        assert there in text, there
        text = text.replace(there, here)
    return text


def until_listening(port: int, running: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        assert running.poll() is None, "nginx did not start"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            continue
        return
    raise AssertionError("nginx did not listen in time")
