"""Real servers for tests: PostgreSQL and Redis, each in a folder of its own, on loopback.

They may be killed and started again on the same data, at the same address:

    with start_postgres(folder) as postgres, start_redis(other_folder) as redis:
        environment = {"SEGMAP_DATABASE": postgres.address, "SEGMAP_REDIS": redis.address}
        postgres.kill()
        postgres.start()
"""

import itertools
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import redis
from psycopg import sql

UP_WITHIN_S = 60.0
ADMINISTRATOR, OWNER, DATABASE = "administrator", "segmap", "segmap"
OTHER_DATABASES = itertools.count(1)


class NotHereError(Exception):
    """What this machine lacks, and how to get it."""


class Server:
    """A server process on a free port of 127.0.0.1."""

    def __init__(self, folder: Path, *, user: str | None = None) -> None:
        self.folder = folder
        self.password = secrets.token_urlsafe(12)
        self._user = user
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """As SEGMAP_DATABASE or SEGMAP_REDIS take it."""
        raise NotImplementedError

    @property
    def pid(self) -> int:
        """Of the running server's first process."""
        assert self._process is not None, "the server was not started"
        return self._process.pid

    def start(self) -> None:
        """Start it, anew after a kill, and return once it answers."""
        deadline = time.monotonic() + UP_WITHIN_S
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                # After a kill, what is left of the old one may be in its way for a moment.
                self._process = self._run(self._command())
            if self._answers():
                return
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=0.1)
        raise AssertionError(f"the server did not start:\n{self.log()[-3000:]}")

    def kill(self) -> None:
        """SIGKILL, to all of its processes: nothing is written that was not."""
        assert self._process is not None, "the server was not started"
        children = _children(self._process.pid)
        for pid in (self._process.pid, *children):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """End it in its own way."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()

    def log(self) -> str:
        """What it has said."""
        return self._log_path.read_text(errors="replace")

    @property
    def _log_path(self) -> Path:
        return self.folder / "log"

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError

    def _run(self, command: list[str]) -> "subprocess.Popen[bytes]":
        with self._log_path.open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
                start_new_session=True,
            )


class Postgres(Server):
    """A cluster with one database, `address`; its owner may make others but is no superuser."""

    def __init__(self, folder: Path, binaries: Path, *, user: str | None = None) -> None:
        super().__init__(folder, user=user)
        self._binaries = binaries

    @property
    def address(self) -> str:
        return self._address(OWNER, DATABASE)

    def new_database(self) -> str:
        """The address of one more database, with nothing in it."""
        name = f"{DATABASE}_{next(OTHER_DATABASES)}"
        with psycopg.connect(self.address, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._address(OWNER, name)

    def _address(self, user: str, database: str) -> str:
        return f"postgresql://{user}:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def _administrator_address(self) -> str:
        return self._address(ADMINISTRATOR, "postgres")

    def make(self) -> None:
        """A new cluster in the folder."""
        password = self.folder / "password"
        password.write_text(self.password)
        password.chmod(0o600)
        if self._user is not None:
            for path in (self.folder, password):
                shutil.chown(path, self._user, self._user)
        made = self._run(
            [
                str(self._binaries / "initdb"),
                f"--pgdata={self.folder / 'data'}",
                f"--username={ADMINISTRATOR}",
                f"--pwfile={password}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale",
                "--no-instructions",
            ]
        )
        assert made.wait() == 0, self.log()
        password.unlink()

    def make_database(self) -> None:
        """The database and its owner; the cluster runs."""
        with psycopg.connect(self._administrator_address, autocommit=True) as connection:
            owner = sql.Identifier(OWNER)
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                    owner, sql.Literal(self.password)
                )
            )
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), owner)
            )

    def _command(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": self.port,
            "fsync": "on",
            "max_connections": 100,
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        return [str(self._binaries / "postgres"), "-D", str(self.folder / "data"), *options]

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._administrator_address, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True


class Redis(Server):
    """A Redis that keeps what it was told (append-only file)."""

    @property
    def address(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _command(self) -> list[str]:
        return [
            *(redis_server(), "--port", str(self.port), "--bind", "127.0.0.1"),
            *("--dir", str(self.folder), "--requirepass", self.password),
            *("--save", "", "--appendonly", "yes", "--appendfsync", "always"),
        ]

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.address, socket_timeout=5) as connection:
                return bool(connection.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


@contextmanager
def start_postgres(folder: Path) -> Iterator[Postgres]:
    """A new PostgreSQL in an existing, empty folder, stopped at the end.

    Where we are root it runs as the user `postgres`, for it refuses root; that user has to be able
    to reach the folder (pytest's own folders are closed: take `server_folder`).

    Raises:
        NotHereError: this machine has no server, or root and no user `postgres`.
    """
    server = Postgres(folder, postgres_binaries(), user=_postgres_user())
    try:
        server.make()
        server.start()
        server.make_database()
        yield server
    finally:
        server.stop()


@contextmanager
def start_redis(folder: Path) -> Iterator[Redis]:
    """A new Redis in an existing, empty folder, stopped at the end.

    Raises:
        NotHereError: this machine has none.
    """
    redis_server()
    server = Redis(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def server_folder() -> Iterator[Path]:
    """An empty folder that every user of this machine can reach, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="segmap-server-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def postgres_binaries() -> Path:
    """The folder of `initdb` and `postgres`, the newest there is.

    Raises:
        NotHereError: there is none.
    """
    found = shutil.which("postgres")
    if found is not None and shutil.which("initdb") is not None:
        return Path(found).resolve().parent
    # Debian and Ubuntu keep the servers off the PATH.
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not versions:
        raise NotHereError("there is no PostgreSQL server here; apt install postgresql")
    return max(versions, key=lambda path: float(re.sub(r"[^\d.]", "", path.parent.name) or 0))


def redis_server() -> str:
    """Path of `redis-server`.

    Raises:
        NotHereError: there is none.
    """
    found = shutil.which("redis-server")
    if found is None:
        raise NotHereError("there is no Redis server here; apt install redis-server")
    return found


def _postgres_user() -> str | None:
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError as error:
        raise NotHereError(
            "PostgreSQL does not run as root, and there is no user postgres to run it as"
        ) from error


def _children(pid: int) -> list[int]:
    """Child processes, where the system tells (Linux); elsewhere they notice and end themselves."""
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in found.read_text().split()] if found.exists() else []
