"""`python -m webapp.supervisor`: everything that SegMap Web needs, on one machine.

Starts the server, the engine and the job worker, starts them again when they die, and ends them
all on Ctrl-C; they end too when it is killed. Variables: PORT (8000), HOST (127.0.0.1, or 0.0.0.0
for the whole network), SEGMAP_ENGINE=off (without an engine), SEGMAP_DEMO=off (without the demo
project), and those of `webapp/settings.py`.
"""

import errno
import fcntl
import json
import logging
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import django
from django.db import DatabaseError

from webapp.children import Child, LastResort, end_all, kill_all
from webapp.jobs.heartbeat import forget_worker
from webapp.realtime.running_server import NoticesTo, made_known

logger = logging.getLogger("webapp.supervisor")

FREE_SPACE_NEEDED = 300 * 1024 * 1024
# A job that is cut off begins again at the next start; the worker's own way out takes 8 s.
WORKER_GRACE_S = 1.0
# It holds nothing that is not in the database.
ENGINE_GRACE_S = 2.0
TURN_S = 0.2
HEALTHY_WITHIN_S = 90.0
LOOPBACK = "127.0.0.1"
NOTICES = "/internal/notices"
PARTS = ("server", "engine", "jobs", "database")
"""What has to be up, of all that `/healthz` tells."""


class CannotStartError(Exception):
    """Why nothing was started, in one sentence."""


class Supervisor:
    """The children, and the loop that looks after them."""

    def __init__(self, children: list[Child], address: str, data_dir: Path) -> None:
        self.children = children
        self.address = address
        self.data_dir = data_dir
        self.stopped = threading.Event()

    def __enter__(self) -> "Supervisor":
        # SIGHUP: the terminal was closed.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        return self

    def __exit__(self, *exception: object) -> None:
        self.stopped.set()
        end_all(self.children)

    def start(self, *names: str) -> None:
        """Start the children of these names; those that run already stay as they are."""
        for child in self.children:
            if child.name in names and not self.stopped.is_set():
                child.start()

    def run(self, when_healthy: str) -> None:
        """Look after the children until a signal comes; say `when_healthy` once all are up."""
        words = when_healthy
        deadline: float | None = time.monotonic() + HEALTHY_WITHIN_S
        while not self.stopped.wait(TURN_S):
            deaths = [child.tend() for child in self.children]
            if any(deaths):
                forget_worker(self.data_dir)
                words = words if deadline is not None else "All is up again."
                deadline = time.monotonic() + HEALTHY_WITHIN_S
            if deadline is not None and self._greet(words, deadline):
                deadline = None
        print("Ending.", flush=True)  # noqa: T201 - the supervisor talks to its terminal

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """Signal handler: end the loop; at the second signal, wait for nobody."""
        del number, frame
        if self.stopped.is_set():
            kill_all(self.children)
        self.stopped.set()

    def _greet(self, when_healthy: str, deadline: float) -> bool:
        """Say that all is up, or, at the deadline, what is not. True once said."""
        state = _health(self.address)
        ill = [name for name in PARTS if (state or {}).get(name) not in ("ok", "off")]
        if not ill:
            _say(when_healthy)
            return True
        if time.monotonic() < deadline:
            return False
        _say(f"Not up yet: {', '.join(ill)}. See the lines above; it is tried again and again.")
        return True


def main() -> int:
    """Check, prepare, start. Returns the exit status."""
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S", level=logging.INFO)
    try:
        port, host = _port(), _host()
        address = f"http://{LOOPBACK}:{port}"
        _prepare_environment(address)
        # Read as a module: this early nobody has waited for Django yet.
        data_dir: Path = import_module("webapp.settings").DATA_DIR
        with _alone_in(data_dir):
            _check_disk(data_dir)
            _check_port(host, port)
            _run(data_dir, host, port, address)
    except CannotStartError as error:
        return _refuse(str(error))
    except (OSError, sqlite3.Error, DatabaseError) as error:
        return _refuse(_sentence_for(error))
    return 0


def _run(data_dir: Path, host: str, port: int, address: str) -> None:
    is_first_start = not (data_dir / "segmap.sqlite3").exists()
    forget_worker(data_dir)
    with (
        LastResort() as last_resort,
        Supervisor(_children(host, port, last_resort), address, data_dir) as supervisor,
        made_known(data_dir, NoticesTo(address + NOTICES, os.environ["SEGMAP_INTERNAL_TOKEN"])),
    ):
        if not is_first_start:
            # It takes the longest to come up, and needs no table.
            supervisor.start("engine")
        greeting = _first_start(address)
        supervisor.start("engine", "server", "job worker")
        sweeper = _start_sweeper(supervisor.stopped)
        supervisor.run(greeting)
        sweeper.join()


def _port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise CannotStartError(f"PORT is {text!r}; it must be a number from 1 to 65535.")
    return int(text)


def _host() -> str:
    host = os.environ.get("HOST") or LOOPBACK
    if host not in (LOOPBACK, "0.0.0.0"):  # noqa: S104 - allowed, but only when asked for
        raise CannotStartError(
            f"HOST is {host!r}; it must be 127.0.0.1 (this machine only) or 0.0.0.0 (the network)."
        )
    return host


def _prepare_environment(address: str) -> None:
    """What the settings of this process and of the children need, before they are read."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    os.environ["SEGMAP_INTERNAL_TOKEN"] = secrets.token_urlsafe(32)
    os.environ["SEGMAP_ENGINE_TOKEN"] = secrets.token_urlsafe(32)
    os.environ["SEGMAP_NOTICES_TO"] = address + NOTICES


@contextmanager
def _alone_in(data_dir: Path) -> Iterator[None]:
    """Hold the data folder's lock; it is free again when this process ends, however it ends."""
    with (data_dir / "run" / "supervisor.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CannotStartError(
                f"SegMap Web is running already with the data folder {data_dir}. "
                "Use that one, or name another folder in SEGMAP_DATA."
            ) from error
        yield


def _check_disk(data_dir: Path) -> None:
    free = shutil.disk_usage(data_dir).free
    if free < FREE_SPACE_NEEDED:
        raise CannotStartError(
            f"The disk of {data_dir} is full: {free // 2**20} MB are free, "
            f"{FREE_SPACE_NEEDED // 2**20} MB are needed. Make room, or name another folder in "
            "SEGMAP_DATA."
        )


def _check_port(host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise CannotStartError(
                    f"Port {port} is reserved for the system. Choose another: PORT=8001 make run"
                ) from error
            raise CannotStartError(
                f"Port {port} is taken by another program. Choose another: PORT={port + 1} make run"
            ) from error


def _first_start(address: str) -> str:
    """Prepare the data folder. Returns what to say once all is up."""
    django.setup()
    # After Django is set up: it knows the tables.
    from webapp import first_start

    first_start.migrate()
    password = first_start.make_administrator()
    if os.environ.get("SEGMAP_DEMO") != "off" and not first_start.make_demo():
        logger.warning("The demo project could not be made. The rest works; see the lines above.")
    kept = first_start.password_file()
    name = first_start.ADMINISTRATOR
    if password:
        sign_in = f"Sign in as {name} with the password {password} (kept in {kept})."
    elif kept.exists():
        sign_in = f"Sign in as {name}; the first password is kept in {kept}."
    else:
        sign_in = "Sign in with your account."
    return f"SegMap Web is ready: {address}\n{sign_in}\nCtrl-C ends it."


def _children(host: str, port: int, last_resort: LastResort) -> list[Child]:
    environment = dict(os.environ)
    # The server has the sockets itself: its notices take no detour.
    server_environment = {**environment, "SEGMAP_NOTICES_TO": ""}
    python = sys.executable
    server = [python, "-m", "uvicorn", "webapp.asgi:application", "--host", host]
    server += ["--port", str(port), "--lifespan", "off", "--ws", "websockets-sansio"]
    server += ["--ws-max-size", str(2**20), "--timeout-graceful-shutdown", "3"]
    server += ["--log-level", "warning", "--no-server-header"]
    worker = [python, "-m", "celery", "--quiet", "--skip-checks"]
    worker += ["--app", "webapp.celery", "worker", "--loglevel", "WARNING"]
    worker += ["--pool", "prefork", "--concurrency", "1", "--without-gossip"]
    worker += ["--without-mingle", "--without-heartbeat"]
    children = [
        Child("server", server, server_environment, last_resort=last_resort),
        Child("job worker", worker, environment, grace_s=WORKER_GRACE_S, last_resort=last_resort),
    ]
    if os.environ.get("SEGMAP_ENGINE") != "off":
        # It gets signed addresses, and no credentials.
        bare = {name: text for name, text in environment.items() if not name.startswith("AWS_")}
        dialled = f"ws://{LOOPBACK}:{port}/ws/engine"
        engine = [python, "-m", "inference", "engine", "--server", dialled]
        children.insert(
            0,
            Child("engine", engine, bare, grace_s=ENGINE_GRACE_S, last_resort=last_resort),
        )
    return children


def _start_sweeper(stopped: threading.Event) -> threading.Thread:
    from webapp.jobs.sweeper import sweep_until

    thread = threading.Thread(target=sweep_until, args=(stopped,), name="sweeper", daemon=True)
    thread.start()
    return thread


def _health(address: str) -> dict[str, str] | None:
    """What `/healthz` says; None while nobody answers."""
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(f"{address}/healthz", timeout=2) as answer:
            body = answer.read()
    except URLError as error:
        if not hasattr(error, "read"):
            return None
        body = error.read()
    except OSError:
        return None
    try:
        found: dict[str, str] = json.loads(body)
    except ValueError:
        return None
    return found


def _sentence_for(error: Exception) -> str:
    words = str(error)
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    if full or "disk is full" in words:
        return "The disk is full. Make room, or name another folder in SEGMAP_DATA."
    return f"Nothing was started: {words}"


def _say(text: str) -> None:
    print(f"\n{text}\n", flush=True)  # noqa: T201 - the supervisor talks to its terminal


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - as above
    return 1


if __name__ == "__main__":
    sys.exit(main())
