"""The two databases: a snapshot of one in use into a file, and such a file into an empty one."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import connection

from webapp.backup.contents import Rows
from webapp.backup.copying import Step, copy_file, create_private
from webapp.backup.manifest import DatabaseKind
from webapp.errors import Conflict

_SESSIONS = "django_session"
"""Their keys are as good as passwords while they last: they stay out of every backup."""

_PAGES_AT_A_TIME = 2000


class Failed(Exception):
    """The database, or the program that reads it, did not do it: what it said."""


class Database(Protocol):
    """What backup and restore ask of a database. Sizes of steps are bytes."""

    kind: DatabaseKind
    suffix: str

    def size_bytes(self) -> int:
        """How much there is to save, or 0 where that is not known."""

    def snapshot(self, out: Path, *, step: Step) -> AbstractContextManager[Rows]:
        """Save the database as it is at this moment; the block may ask that very state."""

    def has_tables(self) -> bool:
        """Whether anything is in it."""

    def load(self, saved: Path, *, step: Step) -> None:
        """Fill the empty database; all or nothing."""

    def is_sound(self) -> bool:
        """Whether the database finds its own pages, rows and references whole."""


def current() -> Database:
    """The database that the settings name."""
    return _Postgresql() if connection.vendor == "postgresql" else _Sqlite()


class _Sqlite:
    kind: DatabaseKind = "sqlite"
    suffix = ".sqlite3"

    def __init__(self) -> None:
        self.path = Path(str(connection.settings_dict["NAME"]))

    def size_bytes(self) -> int:
        return self.path.stat().st_size

    @contextmanager
    def snapshot(self, out: Path, *, step: Step) -> Iterator[Rows]:
        try:
            with self._copied(out, step) as saved:
                yield lambda query: saved.execute(query)
        except sqlite3.Error as error:
            raise Failed(str(error)) from error

    @contextmanager
    def _copied(self, out: Path, step: Step) -> Iterator[sqlite3.Connection]:
        create_private(out).close()
        with (
            closing(sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(out, isolation_level=None)) as saved,
        ):
            (page_bytes,) = source.execute("PRAGMA page_size").fetchone()
            # A read transaction holds one state of the file for all pages; without one the copy
            # would begin anew with every commit of somebody else, and never end.
            source.execute("BEGIN")
            source.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            done = 0

            def told(_: int, remaining: int, total: int) -> None:
                nonlocal done
                step((total - remaining - done) * page_bytes)
                done = total - remaining

            source.backup(saved, pages=_PAGES_AT_A_TIME, progress=told)
            source.rollback()
            # One file that is complete without a log beside it.
            saved.execute("PRAGMA journal_mode=DELETE")
            saved.execute("PRAGMA secure_delete=ON")
            saved.execute(f"DELETE FROM {_SESSIONS}")  # noqa: S608 - a constant of this file
            yield saved

    def has_tables(self) -> bool:
        if not self.path.exists() or self.path.stat().st_size == 0:
            return False
        with closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as there:
            tables: tuple[int] = there.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            return tables != (0,)

    def load(self, saved: Path, *, step: Step) -> None:
        connection.close()
        for log in ("-wal", "-shm", "-journal"):
            self.path.with_name(self.path.name + log).unlink(missing_ok=True)
        copy_file(saved, self.path, path=self.path.name, step=step)

    def is_sound(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA integrity_check")
            pages = cursor.fetchall()
            cursor.execute("PRAGMA foreign_key_check")
            return pages == [("ok",)] and not cursor.fetchall()


class _Postgresql:
    kind: DatabaseKind = "postgresql"
    suffix = ".dump"

    def size_bytes(self) -> int:
        return 0

    @contextmanager
    def snapshot(self, out: Path, *, step: Step) -> Iterator[Rows]:
        create_private(out).close()
        own = connection.copy()
        with closing(own), own.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            (name,) = cursor.fetchone() or ("",)
            options = ["--format=custom", "--no-owner", "--no-privileges"]
            self._run(
                "pg_dump",
                [*options, f"--exclude-table-data={_SESSIONS}", f"--snapshot={name}"],
                f"--file={out}",
            )
            step(out.stat().st_size)

            def rows(query: str) -> Iterator[tuple[Any, ...]]:
                cursor.execute(query)
                return iter(cursor.fetchall())

            yield rows

    def has_tables(self) -> bool:
        return bool(connection.introspection.table_names())

    def load(self, saved: Path, *, step: Step) -> None:
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        database = f"--dbname={connection.settings_dict['NAME']}"
        self._run("pg_restore", [*options, database], str(saved))
        step(saved.stat().st_size)

    def is_sound(self) -> bool:
        return True  # constraints were checked as they were made, rows by the checksums of pages

    def _run(self, program: str, options: list[str], last: str) -> None:
        """Run one of PostgreSQL's programs on the database of the settings.

        Raises:
            Failed: it is not installed, or said why it did not do it.
        """
        found = shutil.which(program)
        if found is None:
            raise Failed(
                f"{program} is not on the PATH; install PostgreSQL's client programs, of the "
                "server's version or a later one"
            )
        ended = subprocess.run(
            [found, *options, last],
            check=False,
            capture_output=True,
            text=True,
            env={**os.environ, **self._environment()},
        )
        if ended.returncode:
            raise Failed(ended.stderr.strip() or f"{program} ended with {ended.returncode}")

    def _environment(self) -> dict[str, str]:
        """Where the server is, and the password, which a command line would show to everybody."""
        named = connection.settings_dict
        given = {
            "PGHOST": named.get("HOST"),
            "PGPORT": named.get("PORT"),
            "PGUSER": named.get("USER"),
            "PGPASSWORD": named.get("PASSWORD"),
            "PGDATABASE": named.get("NAME"),
            "PGSSLMODE": named.get("OPTIONS", {}).get("sslmode"),
        }
        return {name: str(value) for name, value in given.items() if value}


def refuse_filled(database: Database, *, files_too: bool) -> None:
    """Nothing, where the data folder and the database are empty.

    Args:
        database: of the settings.
        files_too: look at the folders of files as well; not where a restore is gone on with.

    Raises:
        Conflict: something is there.
    """
    if database.has_tables():
        raise Conflict(
            "The database is not empty, so nothing was restored. Restore into a new data folder "
            "(SEGMAP_DATA) and an empty database."
        )
    for name in ("cogs", "uploads", "exports") if files_too else ():
        if any((Path(settings.DATA_DIR) / name).iterdir()):
            raise Conflict(
                f"{Path(settings.DATA_DIR) / name} is not empty, so nothing was restored. "
                "Restore into a new data folder (SEGMAP_DATA)."
            )
