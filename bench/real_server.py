"""The real server in a data folder of its own, and people at it who keep their connection open.

The server alone, without an engine and a job worker: what benchmarks of single requests need. The
whole product is started by `tests.product`.
"""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from tests.product import free_port
from tests.production.programs import REPOSITORY, environment_with, python

UP_WITHIN_S = 120.0
KEPT_OPEN_S = 3.0
"""uvicorn hangs up on who has asked for nothing for 5 seconds."""
ADMINISTRATOR, PASSWORD = "admin", "of the benchmark"


@dataclass(frozen=True, slots=True)
class DataFolder:
    """A data folder with tables and an administrator, and the environment of its processes."""

    path: Path
    environment: Mapping[str, str]

    def manage(self, *arguments: str, said: str | None = None) -> None:
        """Run a command of `manage.py`."""
        python(self.environment, "manage.py", *arguments, said=said)


def new_data_folder(path: Path, **variables: str) -> DataFolder:
    """Tables and an administrator in an empty folder.

    Args:
        path: the folder.
        variables: further ones of the environment, as SEGMAP_DATABASE.
    """
    # No other server is told of anything.
    folder = DataFolder(path, environment_with(path, SEGMAP_NOTICES_TO="", **variables))
    folder.manage("migrate", "--verbosity=0")
    folder.manage("create_user", ADMINISTRATOR, "--staff", "--password-stdin", said=f"{PASSWORD}\n")
    return folder


@contextmanager
def server(folder: DataFolder) -> Iterator[str]:
    """The address of a server that is up, started as the supervisor starts it."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "webapp.asgi:application", "--port", str(port)]
    command += ["--lifespan", "off", "--ws", "websockets-sansio", "--ws-max-size", str(2**20)]
    command += ["--log-level", "warning", "--no-server-header"]
    with running(command, folder.environment, f"http://127.0.0.1:{port}", "/livez") as address:
        yield address


@contextmanager
def running(
    command: list[str], environment: Mapping[str, str], address: str, alive: str
) -> Iterator[str]:
    """A server process, ended afterwards.

    Args:
        command: starts it.
        environment: all of its environment.
        address: where it will answer.
        alive: a path that it answers when it is up.
    """
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment)
    try:
        deadline = time.monotonic() + UP_WITHIN_S
        while not _answers(address + alive):
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"The server did not start: {' '.join(command)}")
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - on loopback
            return bool(answer.status == 200)
    except OSError:
        return False


class Connection:
    """One connection that is kept open, as browsers keep theirs."""

    def __init__(self, address: str, cookie: str = "") -> None:
        self._http = HTTPConnection(address.removeprefix("http://"), timeout=600)
        self._cookie = {"Cookie": cookie} if cookie else {}
        self._used_at = time.monotonic()

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of the answer."""
        answer, body = self.ask("GET", path, self._cookie)
        return answer.status, body

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: str | None = None
    ) -> tuple[HTTPResponse, bytes]:
        """An answer and its body, whatever its status."""
        if time.monotonic() - self._used_at > KEPT_OPEN_S:
            self._http.close()  # the request opens it again
        self._http.request(method, path, body=body, headers=headers)
        answer = self._http.getresponse()
        content = answer.read()
        self._used_at = time.monotonic()
        return answer, content


class Person:
    """Somebody signed in, with a connection that is kept open."""

    def __init__(
        self, address: str, username: str = ADMINISTRATOR, password: str = PASSWORD
    ) -> None:
        self.address = address
        self._connection = Connection(address)
        self._cookies: SimpleCookie = SimpleCookie()
        self._token = self.get("/api/session")["csrf_token"]
        signed_in = self.post("/api/session", {"username": username, "password": password})
        self._token = signed_in["csrf_token"]

    @property
    def cookie(self) -> str:
        """For the header of another connection of theirs."""
        return "; ".join(f"{name}={morsel.value}" for name, morsel in self._cookies.items())

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """What the server answers."""
        return json.loads(self.download(path))

    def download(self, path: str) -> bytes:
        """The bytes of the answer."""
        return self._ask("GET", path, {}, None)

    def post(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """What the server answers; anything but success ends the benchmark."""
        return self._send("POST", path, body)

    def put(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """As `post`."""
        return self._send("PUT", path, body)

    def _send(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        headers = {"X-CSRFToken": self._token, "Origin": self.address}
        return json.loads(self._ask(method, path, headers, json.dumps(body)))

    def _ask(self, method: str, path: str, headers: dict[str, str], body: str | None) -> bytes:
        sent = {"Cookie": self.cookie, "Content-Type": "application/json", **headers}
        answer, content = self._connection.ask(method, path, sent, body)
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            self._cookies.load(cookie)
        if answer.status != HTTPStatus.OK:
            raise SystemExit(f"{method} {path}: {answer.status} {content[:500].decode()}")
        return content
