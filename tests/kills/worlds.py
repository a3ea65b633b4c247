"""Products whose processes can be killed: what they are called, and how each comes back."""

import itertools
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from tests.product import Running, Supervised, product
from tests.production.processes import Process
from tests.production.servers import Server, server_folder
from tests.production.world import Production, production

DEMO_PX = 512
START_AGAIN_AFTER_S = 1.0
"""As `RestartSec` in `deploy/systemd`."""

# The product waits longer and longer for a child that keeps dying; here each death is the first.
PATIENT_SUPERVISOR = (
    sys.executable,
    "-c",
    "import sys\n"
    "import webapp.children as children\n"
    "children.WELL_AFTER_S = 0.0\n"
    "from webapp.supervisor import main\n"
    "sys.exit(main())",
)


class World(Protocol):
    """A product under attack."""

    victims: tuple[str, ...]

    @property
    def running(self) -> Running:
        """Its address, data folder and commands."""
        ...

    def kill(self, victim: str) -> None:
        """End all processes of that name at once, as `kill -9` does."""
        ...

    def mend(self) -> None:
        """Return when all is up again."""
        ...


class Embedded:
    """`make run`: the supervisor starts again what dies."""

    victims = ("server", "engine", "job worker")

    def __init__(self, running: Supervised) -> None:
        self.running = running

    def kill(self, victim: str) -> None:
        """See `World`."""
        words = {"server": b"uvicorn", "engine": b"inference", "job worker": b"celery"}[victim]
        for pid in children_of(self.running.supervisor.pid):
            # A child leads its group, with the pool of the job worker in it.
            if words in command_of(pid):
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)

    def mend(self) -> None:
        """See `World`."""
        self.running.wait_until_healthy()


class OnServers:
    """The production profile: what dies is started again a second later, as systemd does it.

    Of the web processes and of the engines one at a time is killed, by turns: the other one goes on
    meanwhile.
    """

    victims = ("web", "engine", "job worker", "postgres", "redis")

    def __init__(self, running: Production, starter: ThreadPoolExecutor) -> None:
        self.running = running
        self._starter = starter
        self._starting: list[Future[None]] = []
        self._turns: dict[str, Iterator[Process | Server]] = {
            "web": itertools.cycle(running.webs),
            "engine": itertools.cycle(running.engines),
            "job worker": itertools.repeat(running.job_worker),
            "postgres": itertools.repeat(running.postgres),
            "redis": itertools.repeat(running.redis),
        }

    def kill(self, victim: str) -> None:
        """See `World`."""
        part = next(self._turns[victim])
        part.kill()
        self._starting.append(self._starter.submit(_start_again, part))

    def mend(self) -> None:
        """See `World`."""
        for start in self._starting:
            start.result()
        self._starting.clear()
        # It ends by itself when it hears of no jobs any more. No other part may.
        if not self.running.job_worker.is_alive:
            self.running.job_worker.start()
        assert self.running.sweeper.is_alive, self.running.sweeper.log()[-3000:]
        self.running.wait_until_healthy()


def _start_again(part: Process | Server) -> None:
    time.sleep(START_AGAIN_AFTER_S)
    part.start()


@contextmanager
def embedded() -> Iterator[World]:
    """The product of one machine, up, with the demo."""
    with server_folder() as data_dir, product(data_dir, PATIENT_SUPERVISOR) as running:
        running.manage("demo_data", "--size", str(DEMO_PX))
        yield Embedded(running)


@contextmanager
def on_servers() -> Iterator[World]:
    """The production profile, up, with the demo.

    Raises:
        NotHereError: this machine lacks PostgreSQL or Redis.
    """
    with production(scene_px=DEMO_PX) as running, ThreadPoolExecutor(1) as starter:
        yield OnServers(running, starter)


PROFILES: dict[str, Callable[[], AbstractContextManager[World]]] = {
    "embedded": embedded,
    "production": on_servers,
}


def children_of(pid: int) -> list[int]:
    """Processes that this one started, from any of its threads."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            found += map(int, (task / "children").read_text().split())
    return found


def command_of(pid: int) -> bytes:
    """The words a process was started with; none for one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
