"""Products whose processes can be killed: what they are called, and how each comes back."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from tests.product import Running, product

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

    running: Running
    victims: tuple[str, ...]

    def kill(self, victim: str) -> None:
        """End all processes of that name at once, as `kill -9` does."""
        ...

    def mend(self) -> None:
        """Return when all is up again."""
        ...


class Embedded:
    """`make run`: the supervisor starts again what dies."""

    victims = ("server", "engine", "job worker")

    def __init__(self, running: Running) -> None:
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


@contextmanager
def embedded(data_dir: Path) -> Iterator[World]:
    """The product of one machine, up."""
    with product(data_dir, PATIENT_SUPERVISOR) as running:
        yield Embedded(running)


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
