"""What a backup is made of, what stays out, and what it does when it cannot go on."""

import shutil
import sqlite3
import stat
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from tests.drawn.labelled_project import draw_label
from tests.drawn.stored_images import files_of, store_image
from tests.drawn.uploads import finished_upload
from webapp.backup.manifest import Manifest
from webapp.backup.saving import make_backup
from webapp.errors import BadInput, Conflict, Unavailable
from webapp.imaging.actions import remove_image
from webapp.imaging.kept_files import files_stay, sweep_unnamed
from webapp.imaging.models import Image, ImageState


def quiet(words, done, total):
    pass


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "backup"


def test_backup_is_readable_by_its_owner_alone(images, folder):
    make_backup(folder, told=quiet)
    for path in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_secrets_sessions_exports_and_unfinished_uploads_stay_out(images, cast, client_of, folder):
    finished_upload(cast.project, cast.ana, "half.tif", b"x" * 100)
    session = client_of(cast.ana).cookies["segmap_session"].value
    (settings.DATA_DIR / "secret_key").write_text("a secret of this server")
    (settings.DATA_DIR / "exports" / "one").mkdir()
    (settings.DATA_DIR / "exports" / "one" / "labels.gpkg").write_text("an export")
    made = make_backup(folder, told=quiet)
    expected = {str(path) for image in images for path in files_of(image)}
    assert {file.path for file in made.files} == expected
    assert made.contents.unfinished_uploads == 1
    with closing(sqlite3.connect(folder / made.database.path)) as saved:
        assert saved.execute("SELECT COUNT(*) FROM django_session").fetchone() == (0,)
    for path in folder.rglob("*"):
        if path.is_file():
            assert session.encode() not in path.read_bytes()
            assert b"a secret of this server" not in path.read_bytes()


def test_second_backup_copies_only_what_is_new(images, cast, folder):
    first = make_backup(folder, told=quiet)
    copies = {path: (folder / "files" / path).stat().st_ino for path in names(first)}
    added = store_image(images[0].layer, cast.ana, seed=3)
    draw_label(cast, cast.ana)
    copied = []
    second = make_backup(folder, told=lambda words, done, total: copied.append((words, total)))
    assert names(second) == names(first) | {str(path) for path in files_of(added)}
    assert {path: (folder / "files" / path).stat().st_ino for path in copies} == copies
    new_bytes = sum((settings.DATA_DIR / path).stat().st_size for path in files_of(added))
    assert ("copying files", new_bytes) in copied
    assert [path.name for path in folder.glob("database-*")] == [second.database.path]
    assert second.contents.labels == first.contents.labels + 1


def test_files_of_removed_images_leave_the_backup_with_the_next_one(images, cast, folder):
    make_backup(folder, told=quiet)
    remove_image(cast.project, images[1])
    made = make_backup(folder, told=quiet)
    there = {str(path.relative_to(folder / "files")) for path in (folder / "files").rglob("*.t*")}
    assert there == names(made) == {str(path) for path in files_of(images[0])}


def test_image_removed_during_a_backup_keeps_its_files_until_it_ends(images, cast, folder):
    def told(words, done, total):
        if words == "copying files" and Image.objects.filter(pk=images[1].pk).exists():
            remove_image(cast.project, images[1])

    made = make_backup(folder, told=told)
    cog = settings.DATA_DIR / images[1].cog_path
    assert set(map(str, files_of(images[1]))) <= names(made)
    assert made.missing == []
    assert cog.exists()
    sweep_unnamed()
    assert not cog.exists()


def test_sweeper_leaves_files_that_somebody_holds(images, cast):
    cog = settings.DATA_DIR / images[1].cog_path
    Image.objects.filter(pk=images[1].pk).delete()
    with files_stay():
        sweep_unnamed()
        assert cog.exists()
    sweep_unnamed()
    assert not cog.exists()
    assert (settings.DATA_DIR / images[0].cog_path).exists()


def test_missing_and_damaged_files_are_named_and_the_rest_is_saved(images, folder):
    (settings.DATA_DIR / images[0].cog_path).unlink()
    damaged = settings.DATA_DIR / images[1].cog_path
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    made = make_backup(folder, told=quiet)
    assert made.missing == [images[0].cog_path, images[1].cog_path]
    assert images[0].cog_path not in names(made)
    again = make_backup(folder, told=quiet)
    assert again.missing == made.missing


def test_images_that_wait_for_an_answer_are_saved_with_their_files(images, cast, folder):
    waiting = store_image(images[0].layer, cast.ana, seed=4, state=ImageState.QUESTION)
    made = make_backup(folder, told=quiet)
    assert set(map(str, files_of(waiting))) <= names(made)


def test_failed_backup_leaves_the_earlier_one_whole(images, cast, folder, monkeypatch):
    first = make_backup(folder, told=quiet)
    added = store_image(images[0].layer, cast.ana, seed=3)
    source = settings.DATA_DIR / added.cog_path

    def told(words, done, total):
        # As a disk that fails in mid-copy: a file cannot be read any more.
        if words == "copying files":
            source.unlink(missing_ok=True)

    with pytest.raises(Unavailable, match="was not made"):
        make_backup(folder, told=told)
    assert Manifest.read(folder) == first
    assert (folder / first.database.path).exists()
    assert len(list(folder.glob("database-*"))) == 1


def test_full_disk_leaves_no_half_backup(images, cast, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        with pytest.raises(Unavailable, match="Make room"):
            make_backup(disk / "backup", told=quiet)
        with pytest.raises(BadInput, match="no whole backup"):
            Manifest.read(disk / "backup")
        assert [path for path in disk.rglob("*") if path.is_file()] == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_folder_with_something_else_is_left_alone(images, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.txt").write_text("years of work")
    with pytest.raises(BadInput, match="something else"):
        make_backup(tmp_path / "thesis", told=quiet)
    with pytest.raises(BadInput, match="is a file"):
        make_backup(tmp_path / "thesis" / "chapter1.txt", told=quiet)
    with pytest.raises(BadInput, match="in the data folder"):
        make_backup(settings.DATA_DIR / "backup", told=quiet)
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter1.txt"]


def test_two_backups_do_not_go_to_one_folder_at_a_time(images, folder):
    def told(words, done, total):
        if words == "copying files":
            with pytest.raises(Conflict, match="Another backup"):
                make_backup(folder, told=quiet)

    make_backup(folder, told=told)
    shutil.rmtree(folder)


def names(made: Manifest) -> set[str]:
    return {file.path for file in made.files}
