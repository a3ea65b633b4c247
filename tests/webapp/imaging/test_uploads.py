import datetime
import errno
import os

import pytest

from tests.drawn.uploads import finished_upload
from webapp.errors import BadInput, Conflict, Locked, NotFound, Unavailable
from webapp.imaging import actions, parts, upload_actions, uploads
from webapp.imaging.models import Image, Layer, Upload
from webapp.jobs.models import Job


def files(cast, *names):
    return [
        finished_upload(cast.project, cast.ana, name, b"bytes of " + name.encode()).uid
        for name in names
    ]


def receive(cast, *names, layer=None):
    return actions.receive_uploads(cast.project, cast.ana, files(cast, *names), layer)


def assert_no_image_was_made(data_dir, *, uploads):
    """And the uploads are still there, each under one name."""
    found = list((data_dir / "uploads").iterdir())
    assert [path.stat().st_nlink for path in found] == [1] * uploads
    assert Upload.objects.count() == uploads
    assert not Image.objects.exists()
    assert not Layer.objects.exists()
    assert not Job.objects.exists()


def on_disk(data_dir):
    return sorted(path.name for path in (data_dir / "uploads").rglob("*") if path.is_file())


def test_files_that_belong_together_make_one_image_each():
    groups = uploads.group_files(
        ["b.prj", "a.tif", "A.TFW", "b.tif", "a.tif.msk", "b.tif.aux.xml", "c.png", "c.pgw"]
    )

    assert {group.raster: set(group.sidecars) for group in groups} == {
        "a.tif": {"A.TFW", "a.tif.msk"},
        "b.tif": {"b.prj", "b.tif.aux.xml"},
        "c.png": {"c.pgw"},
    }


@pytest.mark.parametrize("stray", ["other.tfw", "a.tiff.msk", ".prj"])
def test_stray_file_is_refused_by_its_name_and_no_image_is_made(cast, data_dir, stray):
    with pytest.raises(BadInput, match="nothing was uploaded") as refusal:
        receive(cast, "a.tif", stray)

    assert refusal.value.sentence.startswith(stray)
    assert_no_image_was_made(data_dir, uploads=2)


@pytest.mark.parametrize("name", ["notes.txt", "a.tif.vrt", "a.vrt", "tif", "", "x" * 252 + ".tif"])
def test_file_that_can_be_no_image_is_refused_before_it_comes(cast, data_dir, name):
    with pytest.raises(BadInput, match="not uploaded"):
        files(cast, name)

    assert_no_image_was_made(data_dir, uploads=0)


def test_two_files_of_one_name_are_refused(cast, data_dir):
    with pytest.raises(BadInput, match="same name"):
        receive(cast, "a.tif", "A.tif")

    assert_no_image_was_made(data_dir, uploads=2)


def test_uploads_wait_for_a_job_in_layers_of_their_own(cast, data_dir):
    images = receive(cast, "north.tif", "south.tiff", "north.tfw")

    assert [image.name for image in images] == ["north.tif", "south.tiff"]
    assert [image.state for image in images] == ["checking", "checking"]
    assert [layer.name for layer in cast.project.layers.all()] == ["north", "south"]
    assert [layer.order for layer in cast.project.layers.all()] == [0, 1]
    assert [job.arguments["subject"] for job in Job.objects.order_by("id")] == [
        "north.tif",
        "south.tiff",
    ]
    north = images[0]
    assert north.size_bytes == len(b"bytes of north.tif") + len(b"bytes of north.tfw")
    found = uploads.raster_files(north)
    assert found.main.read_bytes() == b"bytes of north.tif"
    assert [path.read_bytes() for path in found.sidecars] == [b"bytes of north.tfw"]


def test_names_never_reach_the_disk(cast, data_dir):
    evil = "../../etc/pass\x07wd; rm -rf ~ \u202efit.Tif"
    beside = "pass\x07wd; rm -rf ~ \u202efit"
    (image,) = receive(cast, evil, f"{beside}.TFW", f"{beside}.Tif.aux.xml")

    assert on_disk(data_dir) == ["raster.tfw", "raster.tif", "raster.tif.aux.xml"]
    assert [path.name for path in (data_dir / "uploads").iterdir()] == [str(image.uid)]
    assert "/" not in image.name


def test_name_of_255_characters_is_kept(cast, data_dir):
    (image,) = receive(cast, "x" * 251 + ".tif")

    image.refresh_from_db()
    assert len(image.name) == 255
    assert image.name.endswith(".tif")
    assert len(image.layer.name) == 200
    assert uploads.raster_files(image).main.is_file()


def test_name_that_is_only_a_suffix_is_a_raster_too(cast, data_dir):
    (image,) = receive(cast, ".tif")

    assert uploads.raster_files(image).main.name == "raster.tif"


def test_full_disk_refuses_before_anything_comes(cast, data_dir, monkeypatch):
    monkeypatch.setattr(uploads, "free_bytes", lambda: 1_500_000_000)

    with pytest.raises(BadInput, match=r"1\.5 GB left.*nothing was uploaded"):
        files(cast, "a.tif")

    assert_no_image_was_made(data_dir, uploads=0)


def test_disk_that_fails_makes_no_image_and_keeps_the_uploads(cast, data_dir, monkeypatch):
    uids = files(cast, "first.tif", "second.tif")
    flush = parts.flush

    def failing(path):
        if path.name == str(uids[1]):
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(path)

    monkeypatch.setattr(parts, "flush", failing)
    with pytest.raises(Unavailable, match="No space left on device"):
        actions.receive_uploads(cast.project, cast.ana, uids, None)

    assert_no_image_was_made(data_dir, uploads=2)


def test_upload_to_a_layer_that_was_removed_meanwhile_makes_no_image(cast, data_dir):
    layer = Layer.objects.create(project=cast.project, name="gone")
    Layer.objects.all().delete()

    with pytest.raises(NotFound, match="layer is gone"):
        receive(cast, "a.tif", layer=layer)

    assert_no_image_was_made(data_dir, uploads=1)


def test_upload_becomes_an_image_without_being_copied(cast, data_dir):
    (uid,) = files(cast, "a.tif")
    inode = parts.path_of(uid).stat().st_ino

    (image,) = actions.receive_uploads(cast.project, cast.ana, [uid], None)

    kept = uploads.folder_of(image) / "raster.tif"
    assert kept.stat().st_ino == inode
    assert kept.stat().st_nlink == 1
    assert not Upload.objects.exists()


def test_images_asked_for_again_are_the_same_images(cast, data_dir):
    uids = files(cast, "a.tif", "a.tfw", "b.tif")
    made = actions.receive_uploads(cast.project, cast.ana, uids, None)

    again = actions.receive_uploads(cast.project, cast.ana, uids, None)

    assert [image.uid for image in again] == [image.uid for image in made]
    assert Image.objects.count() == Job.objects.count() == 2


def test_what_a_killed_attempt_left_is_in_nobodys_way(cast, data_dir):
    (uid,) = files(cast, "a.tif")
    left = data_dir / "uploads" / str(uid)
    left.mkdir()
    (left / "raster.tif").hardlink_to(parts.path_of(uid))
    (left / "raster.prj").write_text("of another attempt")

    (image,) = actions.receive_uploads(cast.project, cast.ana, [uid], None)

    assert on_disk(data_dir) == ["raster.tif"]
    assert uploads.raster_files(image).main.read_bytes() == b"bytes of a.tif"


def test_file_that_is_not_whole_makes_no_image(cast, data_dir):
    uids = files(cast, "a.tif", "a.tfw")
    os.truncate(parts.path_of(uids[0]), 7)

    with pytest.raises(Conflict, match=r"a\.tif ends after 50 %"):
        actions.receive_uploads(cast.project, cast.ana, uids, None)

    assert_no_image_was_made(data_dir, uploads=2)


def test_file_that_is_being_written_makes_no_image(cast, data_dir):
    uids = files(cast, "a.tif")

    with parts.locked(uids), pytest.raises(Locked):
        actions.receive_uploads(cast.project, cast.ana, uids, None)

    assert_no_image_was_made(data_dir, uploads=1)


def age(path, days):
    then = path.stat().st_mtime - days * 86_400
    os.utime(path, (then, then))


def test_sweep_takes_what_expired_and_what_no_row_knows(cast, data_dir, settings):
    fresh, old, busy = files(cast, "fresh.tif", "old.tif", "busy.tif")
    (image,) = receive(cast, "image.tif")
    stray = data_dir / "uploads" / f"{image.job.uid}.part"
    stray.touch()
    left = data_dir / "uploads" / str(image.job.uid)
    left.mkdir()
    for uid in (old, busy):
        age(parts.path_of(uid), settings.UPLOAD_DAYS)
    for path in (stray, left, uploads.folder_of(image)):
        age(path, 2)

    with parts.locked([busy]):
        upload_actions.sweep_uploads()

    assert {path.stem for path in (data_dir / "uploads").iterdir()} == {
        str(fresh),
        str(busy),
        str(image.uid),
    }
    assert {upload.uid for upload in Upload.objects.all()} == {fresh, busy}


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("m_3411911_sw_10_060_20200524.tif", datetime.date(2020, 5, 24)),
        ("M_3412037_NW_10_1_20140602_20141112.TIF", datetime.date(2014, 6, 2)),
        ("m_3411911_sw_10_060_20201324.tif", None),  # there is no month 13
        ("ortho_20200524.tif", None),
    ],
)
def test_naip_name_tells_the_day_of_the_survey(name, day):
    assert uploads.survey_date(name) == day


def test_layer_takes_the_day_from_its_first_file(cast, data_dir):
    (image,) = receive(cast, "m_3411911_sw_10_060_20200524.tif")

    assert image.layer.captured_on == datetime.date(2020, 5, 24)
