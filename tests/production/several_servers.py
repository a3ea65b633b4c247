"""Several web processes on one data folder, and engines that dial in to them: real processes."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

from tests.production.processes import EngineProcess, Process, WebProcess
from tests.production.programs import environment_with, python
from tests.production.units import command_here
from tests.session import Session

PASSWORD = "a pass word 1"

AnyProcess = TypeVar("AnyProcess", bound=Process)


class Servers:
    """The data folder and the processes that were started on it."""

    def __init__(self, data_dir: Path, stack: ExitStack, **variables: str) -> None:
        self.data_dir, self._stack = data_dir, stack
        self.environment = environment_with(data_dir, **variables)

    def manage(self, *arguments: str, said: str | None = None) -> str:
        return python(self.environment, "manage.py", *arguments, said=said)

    def ask_django(self, program: str) -> str:
        """What a program prints that has the models at hand."""
        return python(self.environment, "-c", f"import django; django.setup()\n{program}")

    def prepare(self, scene_px: int) -> None:
        """Tables, an administrator and the drawn demo."""
        self.manage("migrate", "--verbosity=0")
        self.manage("create_user", "admin", "--staff", "--password-stdin", said=f"{PASSWORD}\n")
        self.manage("demo_data", "--size", str(scene_px))

    def start_web(self) -> WebProcess:
        return self._until_the_end(WebProcess(self.environment, self.data_dir))

    def start_engine(self, name: str, web: WebProcess, *options: str) -> EngineProcess:
        token = self.manage("engine", "add", name).splitlines()[1]
        engine = EngineProcess(self.environment, self.data_dir, name, token, web, *options)
        return self._until_the_end(engine)

    def start_job_worker(self) -> Process:
        return self._start("segmap-jobs.service")

    def start_sweeper(self) -> Process:
        return self._start("segmap-sweeper.service")

    def _start(self, unit: str) -> Process:
        log_path = self.data_dir / f"{unit}.log"
        return self._until_the_end(Process(command_here(unit), self.environment, log_path))

    def _until_the_end(self, process: AnyProcess) -> AnyProcess:
        self._stack.callback(process.kill)
        return process


@contextmanager
def servers_on(data_dir: Path, *, scene_px: int, **variables: str) -> Iterator[Servers]:
    """A prepared data folder; no process yet."""
    with ExitStack() as stack:
        servers = Servers(data_dir, stack, **variables)
        servers.prepare(scene_px)
        yield servers


def sign_in(web: WebProcess) -> Session:
    return Session(web.address, "admin", PASSWORD)
