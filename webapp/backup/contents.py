"""What a database holds, asked of a snapshot, of a saved copy or of a restored one alike.

Plain SQL: a snapshot is no connection of Django's.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from uuid import UUID

from webapp.backup.manifest import Contents
from webapp.imaging.uploads import stored_name

Rows = Callable[[str], Iterable[Sequence[Any]]]
"""Runs a statement and gives its rows."""

_TABLES = {
    "projects": "projects_project",
    "images": "imaging_image",
    "labels": "labels_label",
    "edits": "labels_edit",
    "changes": "labels_change",
    "unfinished_uploads": "imaging_upload",
}


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a row names.

    Attributes:
        path: in the data folder, or the name of a COG in the bucket.
        sha256: None where the row does not say.
        cog_bytes: size of a COG; None for what is none.
    """

    path: str
    sha256: str | None = None
    cog_bytes: int | None = None


def contents(rows: Rows) -> Contents:
    """Counts, and one hash over all labels."""
    counts = {name: _count(rows, table) for name, table in _TABLES.items()}
    return Contents(labels_sha256=_labels_sha256(rows), **counts)


def named_files(rows: Rows) -> list[NamedFile]:
    """The files of all images, as uploaded, and their COGs."""
    found: dict[str, NamedFile] = {}
    query = "SELECT uid, files, cog_path, cog_sha256, cog_bytes FROM imaging_image ORDER BY id"
    for uid, files, cog_path, cog_sha256, cog_bytes in rows(query):
        names: list[str] = json.loads(files) if isinstance(files, str | bytes) else files
        folder = PurePath("uploads") / str(UUID(str(uid)))
        for name in names:
            path = str(folder / stored_name(name, names[0]))
            found[path] = NamedFile(path)
        if cog_path:
            found[cog_path] = NamedFile(cog_path, cog_sha256 or None, cog_bytes)
    return list(found.values())


def applied_migrations(rows: Rows) -> list[tuple[str, str]]:
    """App and name of every migration that the database has had."""
    return [
        (app, name) for app, name in rows("SELECT app, name FROM django_migrations ORDER BY id")
    ]


def projects_with_gaps(rows: Rows) -> list[str]:
    """Names of projects whose edits are not numbered from 1 without gaps."""
    query = (
        "SELECT p.name, p.last_edit_number, COUNT(e.id), COALESCE(MAX(e.number), 0) "
        "FROM projects_project AS p LEFT JOIN labels_edit AS e ON e.project_id = p.id "
        "GROUP BY p.id, p.name, p.last_edit_number ORDER BY p.id"
    )
    return [name for name, last, count, most in rows(query) if not last == count == most]


def _count(rows: Rows, table: str) -> int:
    ((count,),) = rows(f"SELECT COUNT(*) FROM {table}")  # noqa: S608 - a constant of this file
    return int(count)


def _labels_sha256(rows: Rows) -> str:
    digest = hashlib.sha256()
    query = "SELECT uid, revision, deleted, geometry FROM labels_label ORDER BY id"
    for uid, revision, deleted, geometry in rows(query):
        shape = bytes(geometry)
        digest.update(UUID(str(uid)).bytes)
        digest.update(f" {revision} {int(deleted)} {len(shape)} ".encode())
        digest.update(shape)
    return digest.hexdigest()
