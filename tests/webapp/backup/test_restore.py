"""What a restore refuses before it touches anything, and what it brings back."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from tests.drawn.labelled_project import draw_label
from tests.drawn.stored_images import files_of
from tests.drawn.uploads import finished_upload
from webapp.backup.manifest import NAME
from webapp.backup.saving import make_backup
from webapp.jobs.models import Job, JobKind, JobState


@pytest.fixture
def backup(images, cast, tmp_path) -> Path:
    """A whole backup of a project with one label, an export and an unfinished upload."""
    draw_label(cast, cast.ana)
    finished_upload(cast.project, cast.ana, "half.tif", b"x" * 100)
    Job.objects.create(
        kind=JobKind.EXPORT_LABELS,
        project=cast.project,
        created_by=cast.ana,
        state=JobState.DONE,
        result={"download": "/somewhere"},
        finished_at=timezone.now(),
    )
    make_backup(tmp_path / "backup", told=lambda words, done, total: None)
    return tmp_path / "backup"


def is_untouched(machine) -> bool:
    files = [path for path in machine.data_dir.rglob("*") if path.is_file()]
    return {path.name for path in files} <= {"secret_key"}


def test_restore_says_what_came_back(backup, empty_machine, images):
    ended = empty_machine.run("restore", backup)
    assert ended.returncode == 0, ended.stderr
    assert "1 projects, 1 labels, 1 edits, 2 images with 6 files" in ended.stdout
    assert "1 unfinished uploads were not saved" in ended.stdout
    for image in images:
        for path in files_of(image):
            expected = (settings.DATA_DIR / path).read_bytes()
            assert (empty_machine.data_dir / path).read_bytes() == expected
    with closing(sqlite3.connect(empty_machine.database)) as restored:
        assert restored.execute("SELECT COUNT(*) FROM imaging_upload").fetchone() == (0,)
        assert restored.execute("SELECT result FROM jobs_job").fetchall() == [("{}",)]
    assert empty_machine.database.stat().st_mode & 0o077 == 0


def test_filled_folder_is_refused(backup, empty_machine):
    assert empty_machine.run("restore", backup).returncode == 0
    before = empty_machine.database.read_bytes()
    ended = empty_machine.run("restore", backup)
    assert ended.returncode == 1
    assert "The database is not empty, so nothing was restored." in ended.stderr
    assert empty_machine.database.read_bytes() == before


def test_folder_with_files_alone_is_refused(backup, empty_machine):
    (empty_machine.data_dir / "cogs").mkdir(parents=True)
    (empty_machine.data_dir / "cogs" / "kept.tif").write_text("of somebody")
    ended = empty_machine.run("restore", backup)
    assert ended.returncode == 1
    assert "cogs is not empty" in ended.stderr
    assert not empty_machine.database.exists()


@pytest.mark.parametrize("which", ["database", "file"])
def test_damaged_backup_is_refused_before_anything_is_touched(backup, empty_machine, which):
    pattern = "database-*" if which == "database" else "files/cogs/*.tif"
    damaged = next(backup.glob(pattern))
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    ended = empty_machine.run("restore", backup)
    assert ended.returncode == 1
    assert "is damaged" in ended.stderr
    assert is_untouched(empty_machine)


def test_incomplete_backup_is_refused(backup, empty_machine, tmp_path):
    next(backup.glob("files/cogs/*.tif")).unlink()
    ended = empty_machine.run("restore", backup)
    assert "is missing from the backup" in ended.stderr
    (backup / NAME).unlink()
    ended = empty_machine.run("restore", backup)
    assert "holds no whole backup" in ended.stderr
    assert is_untouched(empty_machine)


def rewrite(backup: Path, **changes: object) -> None:
    manifest = json.loads((backup / NAME).read_text())
    (backup / NAME).write_text(json.dumps({**manifest, **changes}))


def test_backup_of_a_later_version_is_refused(backup, empty_machine):
    migrations = json.loads((backup / NAME).read_text())["migrations"]
    rewrite(backup, migrations=[*migrations, ["labels", "0099_of_tomorrow"]])
    ended = empty_machine.run("restore", backup)
    assert "of a later version" in ended.stderr
    assert "labels.0099_of_tomorrow" in ended.stderr
    assert is_untouched(empty_machine)


def test_backup_of_the_other_database_is_refused(backup, empty_machine):
    rewrite(backup, database_kind="postgresql")
    ended = empty_machine.run("restore", backup)
    assert "This backup is of postgresql" in ended.stderr
    assert is_untouched(empty_machine)


def test_manifest_that_names_files_outside_is_refused(backup, empty_machine):
    manifest = json.loads((backup / NAME).read_text())
    rewrite(backup, files=[{**manifest["files"][0], "path": "../../../outside"}])
    ended = empty_machine.run("restore", backup)
    assert "outside the backup" in ended.stderr
    assert is_untouched(empty_machine)


def test_restored_content_that_is_not_what_was_saved_is_told(backup, empty_machine):
    manifest = json.loads((backup / NAME).read_text())
    rewrite(backup, contents={**manifest["contents"], "labels": 2})
    ended = empty_machine.run("restore", backup)
    assert ended.returncode == 1
    assert "labels: 1 instead of 2" in ended.stderr


def test_restore_that_was_killed_among_the_files_goes_on(backup, empty_machine):
    manifest = json.loads((backup / NAME).read_text())
    (empty_machine.data_dir / "run").mkdir(parents=True)
    (empty_machine.data_dir / "run" / "restoring").write_text(manifest["database"]["sha256"])
    (laid,) = manifest["files"][:1]
    target = empty_machine.data_dir / laid["path"]
    target.parent.mkdir(parents=True)
    shutil.copyfile(backup / "files" / laid["path"], target)
    ended = empty_machine.run("restore", backup)
    assert ended.returncode == 0, ended.stderr
    assert not (empty_machine.data_dir / "run" / "restoring").exists()
