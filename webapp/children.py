"""Child processes that are started again when they die, and all ended together."""

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger(__name__)

FIRST_DELAY_S = 0.5
LONGEST_DELAY_S = 30.0
# A child that lived this long is well: its next death is answered at once again.
WELL_AFTER_S = 60.0


class LastResort:
    """A process that kills the children as soon as this one is gone, even by `kill -9`.

    See `last_resort.py`. Should it die itself, nothing is lost but that.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("last_resort.py"))],
            stdin=subprocess.PIPE,
            bufsize=0,  # a signal handler may write in the middle of another line's write
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """Kill this process group in the end, unless it is forgotten before."""
        self._tell(f"+{group}")

    def forget(self, group: int) -> None:
        """This process group has ended; its number may become another's."""
        self._tell(f"-{group}")

    def _tell(self, line: str) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(f"{line}\n".encode())

    def __enter__(self) -> "LastResort":
        return self

    def __exit__(self, *exception: object) -> None:
        self._process.communicate()


class Child:
    """One command, kept running.

    It leads a process group of its own: Ctrl-C in the terminal reaches the supervisor alone, and
    whatever the child starts ends with it.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        grace_s: float = 5.0,
        last_resort: LastResort | None = None,
    ) -> None:
        self.name = name
        self.grace_s = grace_s
        self.last_resort = last_resort
        self.command = list(command)
        self.environment = dict(environment)
        self.process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._start_again_at = 0.0
        self._delay_s = FIRST_DELAY_S

    def start(self) -> None:
        """Start the command, unless it runs already."""
        if self.process is not None:
            return
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        if self.last_resort is not None:
            self.last_resort.watch(self.process.pid)
        self._started_at = time.monotonic()

    def tend(self) -> bool:
        """Start the child again if it died: soon at first, later and later if it keeps dying.

        Returns whether a death was noticed just now.
        """
        now = time.monotonic()
        if self.process is None:
            if now >= self._start_again_at:
                self.start()
            return False
        code = self.process.poll()
        if code is None:
            return False
        # Grandchildren, such as the pool of the job worker, must not outlive their parent.
        self._kill_group()
        if now - self._started_at > WELL_AFTER_S:
            self._delay_s = FIRST_DELAY_S
        logger.warning(
            "The %s ended (%s). It is started again in %.1f s.",
            self.name,
            _how_it_ended(code),
            self._delay_s,
        )
        self._forget()
        self._start_again_at = now + self._delay_s
        self._delay_s = min(self._delay_s * 2, LONGEST_DELAY_S)
        return True

    def ask_to_end(self) -> None:
        """Send SIGTERM to the child; what it started, it ends itself, or `end_by` does."""
        if self.process is not None:
            self.process.terminate()

    def end_by(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic clock) for the child to end, then kill its group."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        self._kill_group()
        self.process.wait()
        self._forget()

    def _forget(self) -> None:
        if self.process is not None and self.last_resort is not None:
            self.last_resort.forget(self.process.pid)
        self.process = None

    def _kill_group(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


def end_all(children: Sequence[Child]) -> None:
    """Ask all children to end, and kill each that has not after its time of grace."""
    asked_at = time.monotonic()
    for child in children:
        child.ask_to_end()
    for child in sorted(children, key=lambda each: each.grace_s):
        child.end_by(asked_at + child.grace_s)


def kill_all(children: Sequence[Child]) -> None:
    """End all children without asking."""
    for child in children:
        child.end_by(time.monotonic())


def _how_it_ended(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
