"""`restore_backup`: a backup into an empty data folder and an empty database.

Everything is looked at before anything is touched. The files are laid down first and the database
last, so a restore that was killed leaves no database: it can be begun again, and goes on.
"""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from webapp.backup import databases, in_bucket
from webapp.backup.contents import contents, named_files, projects_with_gaps
from webapp.backup.copying import copy_file, sha256_of
from webapp.backup.databases import Database, refuse_filled
from webapp.backup.manifest import Manifest
from webapp.backup.progress import Stage, Told
from webapp.backup.saving import FILES
from webapp.errors import BadInput, Unavailable
from webapp.imaging.models import Upload
from webapp.jobs.models import Job
from webapp.labels.spatial_index import is_whole


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did.

    Attributes:
        migrated: how many newer migrations ran on the saved database.
        not_in_bucket: paths of COGs that images need and the bucket has not.
    """

    manifest: Manifest
    migrated: int
    not_in_bucket: list[str]


def restore_backup(folder: Path, *, told: Told) -> Restored:
    """Put a backup into the data folder and the database of the settings, and check it there.

    Raises:
        BadInput: it is no whole backup, is damaged, or of a later version or another database.
        Conflict: the data folder or the database is not empty.
        Unavailable: the disk, the database or the bucket failed, or what was restored is not what
            was saved.
    """
    manifest = Manifest.read(folder)
    database = databases.current()
    newer = _refuse_unfit(manifest, database)
    goes_on = _mark().exists() and _mark().read_text() == manifest.database.sha256
    refuse_filled(database, files_too=not goes_on)
    _verify(folder, manifest, told)
    in_the_bucket = in_bucket.held()
    try:
        _mark().write_text(manifest.database.sha256)
        _lay_down_files(folder, manifest, told)
        stage = Stage(told, "loading the database", manifest.database.size_bytes)
        database.load(folder / manifest.database.path, step=stage)
        _mark().unlink()
    except (OSError, databases.Failed) as error:
        raise Unavailable(
            f"The restore stopped: {error}. The database is still empty. Make room, then restore "
            "again: it goes on."
        ) from error
    told("bringing the tables up to date", 0, 0)
    call_command("migrate", interactive=False, verbosity=0)
    told("checking what was restored", 0, 0)
    _check(manifest, database)
    _forget_what_stayed_behind()
    lacking = in_bucket.lacking(named_files(_rows), in_the_bucket)
    return Restored(
        manifest=manifest,
        migrated=newer,
        not_in_bucket=lacking if in_bucket.bucket_address() else [],
    )


def _refuse_unfit(manifest: Manifest, database: Database) -> int:
    """How many migrations this version has beyond those of the backup.

    Raises:
        BadInput: the backup has some that this version has not, is of another database, or left
            COGs in a bucket and the settings name none.
    """
    if manifest.database_kind != database.kind:
        raise BadInput(
            f"This backup is of {manifest.database_kind} and the settings name {database.kind}. "
            "Nothing was changed; restore it where the database is of its kind (SEGMAP_DATABASE)."
        )
    if manifest.cogs_in and not in_bucket.bucket_address():
        raise BadInput(
            f"The COGs of this backup stayed in {manifest.cogs_in}, and SEGMAP_OBJECTS names no "
            "bucket. Nothing was changed; name that one, or a copy of it."
        )
    known = MigrationLoader(None)
    ours = set(known.disk_migrations or {})
    replaced = {old for each in known.replacements.values() for old in each.replaces}
    saved = {(app, name) for app, name in manifest.migrations}
    later = sorted(saved - ours - replaced)
    if later:
        raise BadInput(
            f"This backup is of a later version of the product ({manifest.product_version}; this "
            f"is {settings.VERSION}): it knows {'.'.join(later[0])}. Nothing was changed; install "
            "that version, then restore."
        )
    return len(ours - saved)


def _verify(folder: Path, manifest: Manifest, told: Told) -> None:
    """Read all of the backup and compare it with its manifest.

    Raises:
        BadInput: something is missing or damaged.
    """
    listed = [(folder / manifest.database.path, manifest.database)]
    listed += [(folder / FILES / saved.path, saved) for saved in manifest.files]
    stage = Stage(told, "verifying the backup", sum(saved.size_bytes for _, saved in listed))
    for path, saved in listed:
        if not path.resolve().is_relative_to(folder.resolve()):
            raise BadInput(f"The manifest names {path}, outside the backup. Nothing was changed.")
        if not path.is_file():
            raise BadInput(f"{path} is missing from the backup. Nothing was changed.")
        if sha256_of(path, step=stage) != saved.sha256:
            raise BadInput(
                f"{path} is damaged: it is not what was saved. Nothing was changed; use another "
                "copy of the backup."
            )


def _lay_down_files(folder: Path, manifest: Manifest, told: Told) -> None:
    data_dir = Path(settings.DATA_DIR)
    stage = Stage(told, "copying files", sum(saved.size_bytes for saved in manifest.files))
    for saved in manifest.files:
        target = data_dir / saved.path
        if not target.resolve().is_relative_to(data_dir.resolve()):
            raise BadInput(f"The manifest names {saved.path}, outside the data folder.")
        if target.is_file() and sha256_of(target, step=stage) == saved.sha256:
            continue  # of a restore that was killed
        laid = copy_file(folder / FILES / saved.path, target, path=saved.path, step=stage)
        if laid.sha256 != saved.sha256:
            target.unlink()
            raise OSError(f"{saved.path} changed while it was copied")


def _check(manifest: Manifest, database: Database) -> None:
    """Compare what is there now with what was saved.

    Raises:
        Unavailable: it is not the same. The sentence says in what.
    """
    found = contents(_rows)
    wrong = [
        f"{name}: {getattr(found, name)} instead of {wanted}"
        for name, wanted in manifest.contents
        if getattr(found, name) != wanted
    ]
    wrong += [f"the edits of {name} have gaps" for name in projects_with_gaps(_rows)]
    if not is_whole(connection):
        wrong.append("the index over the labels' places is not whole")
    if not database.is_sound():
        wrong.append("the database finds itself damaged")
    if wrong:
        raise Unavailable(
            f"What was restored is not what was saved ({'; '.join(wrong)}). Do not start the "
            "server on it. Empty the data folder and the database, and restore another backup."
        )


def _forget_what_stayed_behind() -> None:
    """Remove rows of unfinished uploads, and the links of exports: their files were left out."""
    Upload.objects.all().delete()
    for job in Job.objects.filter(result__has_key="download"):
        job.result.pop("download")
        job.save(update_fields=["result"])


def _rows(query: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def _mark() -> Path:
    """Says that the files in the data folder are those of a restore that has not ended."""
    return Path(settings.DATA_DIR) / "run" / "restoring"
