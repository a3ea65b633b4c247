"""The whole product, started as `make run` starts it, in a data folder of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.production.programs import REPOSITORY, environment_with, python
from tests.session import Session

UP_WITHIN_S = 180
SUPERVISOR = (sys.executable, "-m", "webapp.supervisor")


@dataclass(frozen=True)
class Running:
    """A product that is up: its address, its data folder, and its commands."""

    address: str
    data_dir: Path
    environment: dict[str, str]

    def manage(self, *arguments: str, said: str | None = None) -> str:
        """What `manage.py ARGUMENTS` prints; `said` goes to its standard input."""
        return python(self.environment, "manage.py", *arguments, said=said)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Of all web processes."""
        return (self.address,)

    @property
    def admin_password(self) -> str:
        return (self.data_dir / "admin_password").read_text().strip()

    def administrator(self) -> Session:
        """The first account, signed in."""
        return Session(self.addresses[0], "admin", self.admin_password)


@dataclass(frozen=True)
class Supervised(Running):
    """The product of one machine."""

    supervisor: "subprocess.Popen[bytes]"

    def wait_until_healthy(self) -> None:
        """Return once all parts are up."""
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            assert self.supervisor.poll() is None, "the supervisor ended"
            if is_healthy(self.address):
                return
            try:
                self.supervisor.wait(timeout=0.3)
            except subprocess.TimeoutExpired:
                continue
        raise AssertionError("the product was not healthy in time")


def is_healthy(address: str) -> bool:
    """Whether all parts say that they are up."""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:  # refused, reset, or 503
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def product(data_dir: Path, command: tuple[str, ...] = SUPERVISOR) -> Iterator[Supervised]:
    """The product with server, engine and job worker, healthy, without the demo."""
    port = free_port()
    environment = environment_with(data_dir, PORT=str(port), SEGMAP_DEMO="off")
    with (data_dir / "supervisor.log").open("wb") as log:
        supervisor = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        running = Supervised(f"http://127.0.0.1:{port}", data_dir, environment, supervisor)
        running.wait_until_healthy()
        yield running
    finally:
        supervisor.send_signal(signal.SIGINT)
        try:
            supervisor.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(supervisor.pid, signal.SIGKILL)
            supervisor.wait()
