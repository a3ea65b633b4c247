"""`make_backup`: database and files, while people work.

Why it is consistent: the database is saved first, in one read transaction, so it is a state that
was: every edit acknowledged before the backup began is in it, whole. Then come the files that
this saved state names. Files of images are written before the row that names them and never
changed, so each is there already; and as long as the backup holds them (`imaging.kept_files`,
taken before the database is saved) nothing that is deleted meanwhile loses its files.

COGs that live in a bucket stay there; that they are whole is looked at.

Left out: uploads that are not finished, exports (both can be made again), the queue (its jobs are
rows), sessions and `secret_key`. Whoever finds a backup can therefore take over no session, and
after a restore everybody signs in anew.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from webapp.backup import databases, in_bucket
from webapp.backup.contents import NamedFile, applied_migrations, contents, named_files
from webapp.backup.copying import copy_file, described, flush_folder, make_folder
from webapp.backup.databases import Database
from webapp.backup.manifest import FORMAT, NAME, Contents, Manifest, SavedFile
from webapp.backup.progress import Stage, Told
from webapp.errors import BadInput, Conflict, Unavailable
from webapp.imaging.kept_files import files_stay

FILES = "files"


def make_backup(folder: Path, *, told: Told) -> Manifest:
    """Save everything into a folder: a new one, an empty one, or that of an earlier backup.

    An earlier backup stays whole until the new one is; its files that are still wanted are not
    copied again.

    Raises:
        BadInput: the folder is in the data folder, or holds something else.
        Conflict: another backup goes there at this moment.
        Unavailable: the disk, the database or the bucket failed; an earlier backup is as it was.
    """
    _refuse_folder(folder)
    database = databases.current()
    try:
        make_folder(folder)
        with _alone_in(folder), files_stay():
            manifest = _save(folder, database, told)
            manifest.write(folder)
            flush_folder(folder)
            _remove_others(folder, manifest)
    except OSError as error:
        raise Unavailable(
            f"The backup was not made: {error.strerror or error}. What {folder} held as a whole "
            "backup before, it still holds. Make room, or choose another disk."
        ) from error
    return manifest


def _save(folder: Path, database: Database, told: Told) -> Manifest:
    before = _earlier(folder)
    made_at = datetime.now(UTC)
    name = f"database-{made_at:%Y%m%dT%H%M%S%f}{database.suffix}"
    try:
        saved, state, named, migrations = _save_database(folder, name, database, told)
        cogs_in = in_bucket.bucket_address()
        here = [file for file in named if not cogs_in or file.cog_bytes is None]
        files, missing = _save_files(folder, here, before, told)
        if cogs_in:
            told("looking at the bucket", 0, 0)
            missing += in_bucket.lacking(named, in_bucket.held())
    except BaseException:
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)
        raise
    return Manifest(
        format=FORMAT,
        product_version=settings.VERSION,
        made_at=made_at,
        database_kind=database.kind,
        database=saved,
        migrations=migrations,
        contents=state,
        files=files,
        missing=missing,
        cogs_in=cogs_in,
    )


def _save_database(
    folder: Path, name: str, database: Database, told: Told
) -> tuple[SavedFile, Contents, list[NamedFile], list[tuple[str, str]]]:
    stage = Stage(told, "saving the database", database.size_bytes())
    try:
        with database.snapshot(folder / name, step=stage) as rows:
            state, named, migrations = contents(rows), named_files(rows), applied_migrations(rows)
    except databases.Failed as error:
        raise Unavailable(
            f"The database could not be saved: {error}. What {folder} held as a whole backup "
            "before, it still holds. Make room, or choose another disk."
        ) from error
    return described(folder / name, path=name), state, named, migrations


def _save_files(
    folder: Path, named: list[NamedFile], before: dict[str, SavedFile], told: Told
) -> tuple[list[SavedFile], list[str]]:
    sources = {each.path: Path(settings.DATA_DIR) / each.path for each in named}
    there = {path: source.stat() for path, source in sources.items() if source.is_file()}
    kept = {
        path: before[path]
        for path, stat in there.items()
        if path in before
        and (before[path].size_bytes, before[path].modified_ns) == (stat.st_size, stat.st_mtime_ns)
        and _is_there(folder / FILES / path, before[path])
    }
    to_copy = [path for path in there if path not in kept]
    stage = Stage(told, "copying files", sum(there[path].st_size for path in to_copy))
    copied = {
        path: copy_file(sources[path], folder / FILES / path, path=path, step=stage)
        for path in to_copy
    }
    saved = kept | copied
    damaged = [
        each.path
        for each in named
        if each.path in saved and each.sha256 and saved[each.path].sha256 != each.sha256
    ]
    return list(saved.values()), [*(path for path in sources if path not in there), *damaged]


def _earlier(folder: Path) -> dict[str, SavedFile]:
    """The files of the backup that the folder holds, by path."""
    if not (folder / NAME).exists():
        return {}
    return {file.path: file for file in Manifest.read(folder).files}


def _is_there(copy: Path, saved: SavedFile) -> bool:
    return copy.is_file() and copy.stat().st_size == saved.size_bytes


def _refuse_folder(folder: Path) -> None:
    if folder.resolve().is_relative_to(Path(settings.DATA_DIR).resolve()):
        raise BadInput(
            f"{folder} is in the data folder that is to be saved. Nothing was written; name a "
            "folder elsewhere, best on another disk."
        )
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is a file. Nothing was written; name a folder.")
    if folder.is_dir() and any(not _is_ours(path) for path in folder.iterdir()):
        raise BadInput(
            f"{folder} holds something else than a backup. Nothing was written; name a new folder, "
            "or that of an earlier backup."
        )


def _is_ours(path: Path) -> bool:
    return path.name.startswith((NAME, "database-")) or path.name == FILES


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Conflict(
            f"Another backup is being written to {folder}, so none was begun. Wait for it."
        ) from None
    finally:
        os.close(handle)


def _remove_others(folder: Path, manifest: Manifest) -> None:
    """Remove what the manifest does not list: of earlier backups, and of unfinished ones."""
    listed = {folder / FILES / file.path for file in manifest.files}
    listed |= {folder / NAME, folder / manifest.database.path}
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            with suppress(OSError):  # not empty
                path.rmdir()
        elif path not in listed:
            path.unlink(missing_ok=True)
