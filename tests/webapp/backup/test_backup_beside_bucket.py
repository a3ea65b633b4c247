"""A backup while the COGs live in a bucket: they stay there, and are looked at."""

import os

import pytest
from django.core.management import call_command

from webapp.backup.manifest import Manifest
from webapp.backup.saving import make_backup
from webapp.errors import Unavailable


@pytest.fixture
def in_bucket(images, bucket, settings, data_dir):
    """The bucket, with the COGs of both images and none on the disk."""
    bucket.take_in(data_dir)
    for image in images:
        (data_dir / image.cog_path).unlink()
    settings.OBJECTS = bucket.bucket
    return bucket


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backup"


def key(image):
    return f"maps/segmap/{image.cog_path}"


def as_variables(bucket):
    return {"SEGMAP_OBJECTS": bucket.address, "SEGMAP_S3_ENDPOINT": bucket.endpoint}


def test_backup_leaves_the_cogs_and_says_where_they_are(in_bucket, folder, capsys):
    call_command("backup", folder)
    made = Manifest.read(folder)
    assert made.cogs_in == in_bucket.bucket.address
    assert made.missing == []
    assert {file.path.split("/")[0] for file in made.files} == {"uploads"}
    said = capsys.readouterr()
    assert f"The COGs stay in {in_bucket.bucket.address}" in said.out
    assert "missing" not in said.err


def test_cogs_that_are_gone_or_cut_short_are_named(in_bucket, images, folder, capsys):
    in_bucket.remove(key(images[0]))
    in_bucket.put(key(images[1]), in_bucket.content(key(images[1]))[:-1])
    call_command("backup", folder)
    assert Manifest.read(folder).missing == [image.cog_path for image in images]
    assert f"{images[0].cog_path} is missing or damaged" in capsys.readouterr().err


def test_backup_without_its_bucket_leaves_the_earlier_one(in_bucket, folder):
    first = make_backup(folder, told=lambda words, done, total: None)
    with in_bucket.server.away(), pytest.raises(Unavailable, match="does not answer"):
        make_backup(folder, told=lambda words, done, total: None)
    assert Manifest.read(folder) == first
    assert (folder / first.database.path).exists()


def test_restore_names_what_the_bucket_lacks(in_bucket, images, folder, empty_machine, monkeypatch):
    call_command("backup", folder)
    in_bucket.remove(key(images[1]))
    for name, value in as_variables(in_bucket.bucket).items():
        monkeypatch.setitem(os.environ, name, value)
    ended = empty_machine.run("restore", folder)
    assert ended.returncode == 0, ended.stderr
    assert "2 images with 4 files" in ended.stdout
    assert f"{images[1].cog_path} is missing or damaged in the bucket" in ended.stderr
    assert images[0].cog_path not in ended.stderr


def test_restore_without_a_bucket_is_refused(in_bucket, folder, empty_machine):
    call_command("backup", folder)
    ended = empty_machine.run("restore", folder)
    assert ended.returncode == 1
    assert f"stayed in {in_bucket.bucket.address}" in ended.stderr
    assert not empty_machine.database.exists()


def test_restore_while_the_bucket_is_away_touches_nothing(
    in_bucket, folder, empty_machine, monkeypatch
):
    call_command("backup", folder)
    for name, value in as_variables(in_bucket.bucket).items():
        monkeypatch.setitem(os.environ, name, value)
    with in_bucket.server.away():
        ended = empty_machine.run("restore", folder)
    assert ended.returncode == 1
    assert "does not answer" in ended.stderr
    assert not list((empty_machine.data_dir / "uploads").iterdir())
