"""The service units' programs as child processes with logs: they may be frozen and killed."""

import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.product import free_port
from tests.production.programs import REPOSITORY
from tests.production.units import CACHE, command_here

UP_WITHIN_S = 300


class Process:
    """A child process that leads a group of its own, with a log."""

    def __init__(self, command: list[str], environment: Mapping[str, str], log_path: Path) -> None:
        self._command, self._environment, self._log_path = command, environment, log_path
        self.start()

    def start(self) -> None:
        with self._log_path.open("ab") as log:
            self.process = subprocess.Popen(
                self._command,
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def log(self) -> str:
        return self._log_path.read_text(errors="replace")

    def freeze(self) -> None:
        """Stop it: it takes what it is sent, and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, to whatever it has started as well, as systemd does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self) -> int:
        return self.process.wait(timeout=UP_WITHIN_S)

    def let_a_moment_pass(self) -> None:
        """Wait, or go on at once when it ends."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=0.2)


class WebProcess(Process):
    """One uvicorn, on a port of its own."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        command = command_here("segmap-web@.service", {"%i": str(self.port)})
        super().__init__(command, environment, folder / f"web-{self.port}.log")

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            assert self.is_alive, self.log()
            try:
                urllib.request.urlopen(f"{self.address}/livez", timeout=5).close()
            except urllib.error.HTTPError:
                return
            except OSError:
                self.let_a_moment_pass()
            else:
                return
        raise AssertionError(self.log())

    @property
    def engines(self) -> int:
        """How many engines have a socket at this very process."""
        with urllib.request.urlopen(f"{self.address}/metrics", timeout=60) as answer:
            said = answer.read().decode()
        found = re.search(r"^segmap_engines_connected (\d+)", said, re.MULTILINE)
        assert found is not None
        return int(found[1])


class EngineProcess(Process):
    """An engine with the shipped weights, dialled in to one web process.

    It computes with torch: a trial of the other back end would be in everybody's way.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        folder: Path,
        name: str,
        token: str,
        web: WebProcess,
        *options: str,
    ) -> None:
        self.name, self.web = name, web
        address = f"ws://127.0.0.1:{web.port}/ws/engine"
        here = {"${SEGMAP_ENGINE_SERVER}": address, CACHE: str(folder / "cache")}
        command = [*command_here("segmap-engine@.service", here), "--backend", "torch", *options]
        own = {"SEGMAP_ENGINE_TOKEN": token, "OMP_NUM_THREADS": "1"}
        super().__init__(command, {**environment, **own}, folder / f"engine-{name}.log")

    def start(self) -> None:
        self._seen_of_log = len(self.log()) if self._log_path.exists() else 0
        super().start()

    @property
    def is_connected(self) -> bool:
        """Whether that is the last that it said of its connection."""
        said = self.log()[self._seen_of_log :]
        return said.rfind("Connected as") > max(said.rfind("lost"), said.rfind("reached"))

    def wait_until_connected(self) -> None:
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            assert self.is_alive, self.log()
            # The log alone would do for an engine that has not noticed yet that its server died.
            if self.is_connected and self.web.is_alive and self.web.engines:
                return
            self.let_a_moment_pass()
        raise AssertionError(self.log())
