"""`python -m webapp.supervisor` as people start it, on a fresh data folder."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "webapp.supervisor"]


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


class Running:
    """A supervisor without engine and demo, and what it says."""

    def __init__(self, data: Path, port: int) -> None:
        self.port = port
        self.environment = {
            **{name: value for name, value in os.environ.items() if "SEGMAP" not in name},
            "SEGMAP_DATA": str(data),
            "PORT": str(port),
            "SEGMAP_ENGINE": "off",
            "SEGMAP_DEMO": "off",
        }
        del self.environment["DJANGO_SETTINGS_MODULE"]
        self.process = subprocess.Popen(
            COMMAND,
            cwd=REPOSITORY,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def read_until(self, words: str) -> str:
        """The line with these words; all that was said comes along when it never comes."""
        for line in self.process.stdout:
            self.said += line
            if words in line:
                return line
        raise AssertionError(f"It ended without saying {words!r}:\n{self.said}")

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """The exit status; what was said until then is in `said`."""
        if not self.process.stdout.closed:
            self.said += self.process.communicate()[0]
        return self.process.wait()

    def health(self) -> dict[str, str]:
        try:
            answer = build_opener(ProxyHandler({})).open(f"http://127.0.0.1:{self.port}/healthz")
        except HTTPError as refused:
            answer = refused
        with answer:
            return json.load(answer)


@pytest.fixture
def start(tmp_path):
    """`start(name, port)`: a supervisor on the data folder of that name."""
    running: list[Running] = []

    def go(name: str = "folder", port: int | None = None) -> Running:
        running.append(Running(tmp_path / name, port or free_port()))
        return running[-1]

    yield go
    for one in running:
        one.end(signal.SIGTERM)


def children_of(pid: int) -> dict[str, int]:
    """Process ids of the children, by `server`, `jobs` and `last resort`."""
    names = {"uvicorn": "server", "celery": "jobs", "last_resort.py": "last resort"}
    found = {}
    for line in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        words = Path(f"/proc/{line}/cmdline").read_text()
        found.update({name: int(line) for word, name in names.items() if word in words})
    return found


def processes_of_groups(leaders: set[int]) -> set[int]:
    """Who lives in the process groups of these leaders, the leaders too; zombies are dead."""
    living = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                # What follows the name: state, parent, group.
                words = (folder / "stat").read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if words[0] != "Z" and int(words[2]) in leaders:
                living.add(int(folder.name))
    return living


def test_first_start_prepares_all_and_ctrl_c_ends_all(start, tmp_path):
    running = start()
    running.read_until("SegMap Web is ready: http://127.0.0.1:")
    sign_in = running.read_until("Sign in as admin with the password")
    kept = tmp_path / "folder" / "admin_password"
    assert kept.read_text().strip() in sign_in
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "folder" / "secret_key").stat().st_mode) == 0o600
    parts = {"server": "ok", "engine": "off", "jobs": "ok", "database": "ok"}
    assert running.health().items() >= parts.items()

    second = start("folder", free_port())
    assert second.wait() == 1
    assert "is running already with the data folder" in second.said
    taken = start("other", running.port)
    assert taken.wait() == 1
    assert taken.said.count("\n") == 1
    assert taken.said.startswith(f"Port {running.port} is taken by another program.")

    pids = children_of(running.process.pid)
    assert set(pids) == {"server", "jobs", "last resort"}
    known = tmp_path / "folder" / "run" / "server"
    assert stat.S_IMODE(known.stat().st_mode) == 0o600
    assert known.read_text().startswith(f"http://127.0.0.1:{running.port}/internal/notices ")
    assert running.end(signal.SIGINT) == 0
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids.values())
    assert not known.exists()


def test_supervisor_that_is_killed_takes_its_children_along(start):
    running = start()
    running.read_until("Ctrl-C ends it")
    leaders = set(children_of(running.process.pid).values())
    # The job worker's pool, too, which is no child of the supervisor.
    assert len(processes_of_groups(leaders)) > len(leaders) == 3

    os.kill(running.process.pid, signal.SIGKILL)
    # Each of them holds the pipe: it ends when the last one has.
    assert running.wait() == -signal.SIGKILL
    while processes_of_groups(leaders):  # their files close a moment before they are gone
        os.sched_yield()


def test_server_that_dies_comes_back_and_a_later_start_keeps_the_account(start, tmp_path):
    running = start()
    running.read_until("Ctrl-C ends it")
    os.kill(children_of(running.process.pid)["server"], signal.SIGKILL)
    running.read_until("The server ended (signal SIGKILL). It is started again")
    running.read_until("All is up again.")
    assert running.health()["server"] == "ok"
    assert running.end() == 0
    password = (tmp_path / "folder" / "admin_password").read_text()

    again = start()
    assert "the first password is kept in" in again.read_until("Sign in as admin")
    assert (tmp_path / "folder" / "admin_password").read_text() == password


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PORT", "eighty", "PORT is 'eighty'; it must be a number from 1 to 65535."),
        ("HOST", "example.org", "HOST is 'example.org'; it must be 127.0.0.1"),
    ],
)
def test_setting_that_makes_no_sense_is_one_sentence(tmp_path, variable, value, sentence):
    environment = {**os.environ, "SEGMAP_DATA": str(tmp_path), variable: value}
    ended = subprocess.run(
        COMMAND, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith(sentence)
    assert ended.stderr.count("\n") == 1
