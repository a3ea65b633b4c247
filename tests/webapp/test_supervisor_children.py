"""Child processes: started again when they die, ended together."""

import logging
import os
import signal
import sys
import time

import pytest

from webapp import children, supervisor
from webapp.children import Child, end_all

FOREVER = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('up', flush=True); signal.pause()"
)


@pytest.fixture
def child(tmp_path):
    """`child(code)`: a started child that runs the code and has said 'up'.

    It says so in a pipe, kept as `one.pipe`, which ends when all who could write to it have.
    """
    made: list[Child] = []

    def start(code: str, **options) -> Child:
        path = tmp_path / f"pipe{len(made)}"
        os.mkfifo(path)
        heard = f"import os; os.dup2(os.open({str(path)!r}, os.O_WRONLY), 1); {code}"
        one = Child("sleeper", [sys.executable, "-c", heard], {}, **options)
        made.append(one)
        one.start()
        one.pipe = path.open()
        assert one.pipe.readline() == "up\n"
        return one

    yield start
    for one in made:
        one.end_by(0)
        one.pipe.close()


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_child_that_died_is_started_again(child, caplog, monkeypatch):
    one = child(FOREVER)
    first = one.process
    now = time.monotonic()
    clock = [now]
    monkeypatch.setattr(children.time, "monotonic", lambda: clock[0])
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    with caplog.at_level(logging.WARNING):
        one.tend()
    assert "The sleeper ended (signal SIGKILL)" in caplog.text
    assert one.process is None
    one.tend()
    assert one.process is None
    clock[0] += children.FIRST_DELAY_S
    one.command = [sys.executable, "-c", ""]
    one.tend()
    assert one.process is not None
    assert one.process.pid != first.pid


def test_child_that_keeps_dying_is_started_later_and_later(monkeypatch, caplog):
    clock = [1000.0]
    monkeypatch.setattr(children.time, "monotonic", lambda: clock[0])
    one = Child("dying", [sys.executable, "-c", "raise SystemExit(3)"], {})
    delays = []
    one.start()
    for _ in range(8):
        one.process.wait()
        caplog.clear()
        one.tend()
        delays.append(float(caplog.text.rpartition("again in ")[2].partition(" s")[0]))
        clock[0] += delays[-1]
        one.tend()
    one.end_by(0)
    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_child_that_was_well_is_started_soon_again(monkeypatch, caplog):
    clock = [1000.0]
    monkeypatch.setattr(children.time, "monotonic", lambda: clock[0])
    one = Child("dying", [sys.executable, "-c", ""], {})
    one.start()
    for _ in range(3):
        one.process.wait()
        clock[0] += children.WELL_AFTER_S + 1
        caplog.clear()
        one.tend()
        assert "again in 0.5 s" in caplog.text
        clock[0] += 1
        one.tend()
    one.end_by(0)


def test_children_end_with_what_they_started(child):
    one = child(
        "import subprocess; p = subprocess.Popen(['sleep', '1000']); print('up', flush=True); "
        "p.wait()"
    )
    end_all([one])
    # The grandchild holds the pipe, too: its end says that nobody is left.
    assert one.pipe.read() == ""


def test_child_that_ignores_the_request_is_killed_after_its_grace(child):
    stubborn, obedient = child(STUBBORN, grace_s=0.1), child(FOREVER, grace_s=60)
    pids = [stubborn.process.pid, obedient.process.pid]
    end_all([stubborn, obedient])
    assert not any(is_alive(pid) for pid in pids)


def test_started_child_is_not_started_twice(child):
    one = child(FOREVER)
    pid = one.process.pid
    one.start()
    assert one.process.pid == pid


def test_engine_gets_no_credentials_of_a_bucket(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret of theirs")
    made = supervisor._children("127.0.0.1", 8000, None)
    have_it = {one.name for one in made if "AWS_SECRET_ACCESS_KEY" in one.environment}
    assert have_it == {"server", "job worker"}
    assert "engine" in {one.name for one in made}
