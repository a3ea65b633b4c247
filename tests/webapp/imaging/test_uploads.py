import datetime
import errno
from collections import namedtuple

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile

from webapp.errors import BadInput, NotFound, Unavailable
from webapp.imaging import actions, uploads
from webapp.imaging.models import Image, Layer
from webapp.jobs.models import Job

DiskUsage = namedtuple("DiskUsage", "total used free")


def files(*names):
    return [SimpleUploadedFile(name, b"bytes of " + name.encode()) for name in names]


def receive(cast, *uploaded, layer=None):
    return actions.receive_uploads(cast.project, cast.ana, uploaded, layer)


def assert_nothing_was_kept(data_dir):
    assert list((data_dir / "uploads").iterdir()) == []
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


@pytest.mark.parametrize("stray", ["notes.txt", "other.tfw", "a.tiff.msk", "a.tif.vrt", ".prj"])
def test_stray_file_is_refused_by_its_name_and_nothing_is_kept(cast, data_dir, stray):
    with pytest.raises(BadInput, match="nothing was uploaded") as refusal:
        receive(cast, *files("a.tif", stray))

    assert refusal.value.sentence.startswith(stray)
    assert_nothing_was_kept(data_dir)


def test_two_files_of_one_name_are_refused(cast, data_dir):
    with pytest.raises(BadInput, match="same name"):
        receive(cast, *files("a.tif", "A.tif"))

    assert_nothing_was_kept(data_dir)


def test_uploads_wait_for_a_job_in_layers_of_their_own(cast, data_dir):
    images = receive(cast, *files("north.tif", "south.tiff", "north.tfw"))

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
    (image,) = receive(cast, *files(evil, f"{beside}.TFW", f"{beside}.Tif.aux.xml"))

    assert on_disk(data_dir) == ["raster.tfw", "raster.tif", "raster.tif.aux.xml"]
    assert [path.name for path in (data_dir / "uploads").iterdir()] == [str(image.uid)]
    assert "/" not in image.name


def test_name_of_300_characters_is_cut_but_keeps_its_suffix(cast, data_dir):
    (image,) = receive(cast, *files("x" * 296 + ".tif"))

    image.refresh_from_db()
    assert len(image.name) == 255
    assert image.name.endswith(".tif")
    assert len(image.layer.name) == 200
    assert uploads.raster_files(image).main.is_file()


def test_name_that_is_only_a_suffix_is_a_raster_too(cast, data_dir):
    (image,) = receive(cast, *files(".tif"))

    assert uploads.raster_files(image).main.name == "raster.tif"


def test_full_disk_refuses_before_anything_is_kept(cast, data_dir, monkeypatch):
    usage = DiskUsage(10**12, 10**12 - 1_500_000_000, 1_500_000_000)
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda _: usage)

    with pytest.raises(BadInput, match=r"1\.5 GB left.*nothing was uploaded"):
        receive(cast, *files("a.tif"))

    assert_nothing_was_kept(data_dir)


class FailingUpload(SimpleUploadedFile):
    """A file whose second piece does not fit the disk."""

    def chunks(self, chunk_size=None):
        yield b"the first piece"
        raise OSError(errno.ENOSPC, "No space left on device")


def test_failing_write_keeps_none_of_the_files(cast, data_dir):
    with pytest.raises(Unavailable, match=r"No space left on device.*nothing was uploaded"):
        receive(cast, *files("first.tif"), FailingUpload("second.tif", b""))

    assert_nothing_was_kept(data_dir)


def test_upload_to_a_layer_that_was_removed_meanwhile_keeps_nothing(cast, data_dir):
    layer = Layer.objects.create(project=cast.project, name="gone")
    Layer.objects.all().delete()

    with pytest.raises(NotFound, match="layer is gone"):
        receive(cast, *files("a.tif"), layer=layer)

    assert_nothing_was_kept(data_dir)


def test_large_upload_is_moved_and_not_copied(data_dir, settings):
    with TemporaryUploadedFile("a.tif", "image/tiff", 5, None) as upload:
        upload.write(b"bytes")
        upload.seek(0)
        inode = (data_dir / "uploads" / upload.temporary_file_path()).stat().st_ino

        uploads.keep(upload, data_dir / "uploads" / "kept")

    kept = data_dir / "uploads" / "kept"
    assert kept.read_bytes() == b"bytes"
    assert kept.stat().st_ino == inode
    assert on_disk(data_dir) == ["kept"]


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
    (image,) = receive(cast, *files("m_3411911_sw_10_060_20200524.tif"))

    assert image.layer.captured_on == datetime.date(2020, 5, 24)
