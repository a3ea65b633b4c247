"""The whole product, started as `make run` starts it, with a small drawn demo."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

REPOSITORY = Path(__file__).resolve().parents[2]
DEMO_PX = 1536
UP_WITHIN_S = 180


@dataclass(frozen=True)
class Running:
    """A product that is up: its address, its data folder, and its commands."""

    address: str
    data_dir: Path
    environment: dict[str, str]

    def manage(self, *arguments: str, said: str | None = None) -> str:
        """What `manage.py ARGUMENTS` prints; `said` goes to its standard input."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=REPOSITORY,
            env=self.environment,
            input=said,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def admin_password(self) -> str:
        return (self.data_dir / "admin_password").read_text().strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_healthy(address: str, supervisor: subprocess.Popen) -> None:
    deadline = time.monotonic() + UP_WITHIN_S
    while time.monotonic() < deadline:
        assert supervisor.poll() is None, "the supervisor ended"
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        supervisor_turn(supervisor)
    pytest.fail("the product was not healthy in time")


def supervisor_turn(supervisor: subprocess.Popen) -> None:
    """Let a moment pass, or end at once with the supervisor."""
    try:
        supervisor.wait(timeout=0.3)
    except subprocess.TimeoutExpired:
        return


@pytest.fixture(scope="session")
def running(tmp_path_factory) -> Iterator[Running]:
    """The product with server, engine and job worker, and the demo in it."""
    data_dir = tmp_path_factory.mktemp("data")
    port = free_port()
    environment = {
        **os.environ,
        "SEGMAP_DATA": str(data_dir),
        "PORT": str(port),
        "SEGMAP_DEMO": "off",
        "DJANGO_SETTINGS_MODULE": "webapp.settings",
    }
    product = Running(f"http://127.0.0.1:{port}", data_dir, environment)
    log = (data_dir / "supervisor.log").open("wb")
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "webapp.supervisor"],
        cwd=REPOSITORY,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        wait_until_healthy(product.address, supervisor)
        product.manage("demo_data", "--size", str(DEMO_PX))
        yield product
    finally:
        supervisor.send_signal(signal.SIGINT)
        try:
            supervisor.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(supervisor.pid, signal.SIGKILL)
            supervisor.wait()
        log.close()


class Session:
    """A signed-in person without a browser: JSON over HTTP with the session's cookie."""

    def __init__(self, address: str, username: str, password: str) -> None:
        self.address = address
        self._cookies = urllib.request.HTTPCookieProcessor()
        self._opener = urllib.request.build_opener(self._cookies)
        self._token = self.get("/api/session")["csrf_token"]
        self._token = self.post("/api/session", {"username": username, "password": password})[
            "csrf_token"
        ]

    def get(self, path: str):
        return self._ask("GET", path, None)

    def post(self, path: str, body):
        return self._ask("POST", path, body)

    @property
    def cookie(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._cookies.cookiejar)

    def _ask(self, method: str, path: str, body):
        request = urllib.request.Request(
            self.address + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Referer": self.address},
        )
        if body is not None:
            request.add_header("X-CSRFToken", self._token)
            request.add_header("Origin", self.address)
        with self._opener.open(request, timeout=60) as answer:
            return json.load(answer)


@pytest.fixture(scope="session")
def administrator(running: Running) -> Session:
    return Session(running.address, "admin", running.admin_password)


# Not longer than a module: while Playwright runs, its event loop is the thread's running one, and
# no asynchronous test could run after it.
@pytest.fixture(scope="module")
def browser(chromium) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()
