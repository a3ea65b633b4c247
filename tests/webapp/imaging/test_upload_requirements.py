"""OWASP ASVS 5.0, V5.2 (file upload and content), one test for each of its six requirements."""

import io
import stat
import zipfile

import pytest

from tests.drawn import bad_rasters
from webapp.errors import BadInput, TooLarge, TooMany
from webapp.imaging.models import Image, Upload
from webapp.imaging.upload_actions import begin_upload
from webapp.imaging.verdict import RasterFiles


@pytest.fixture
def begin(cast, db, data_dir):
    """Announces a file of Ana's."""

    def announce(name="ortho.tif", size_bytes=1000):
        return begin_upload(cast.project, cast.ana, name=name, size_bytes=size_bytes)

    return announce


@pytest.fixture
def bring_in(uploader, tmp_path):
    """Uploads content under the name of a GeoTIFF, and runs its import in the real sandbox."""

    def upload(content):
        path = tmp_path / "ortho.tif"
        path.write_bytes(content)
        return uploader.bring_in(RasterFiles(path, path.name))

    return upload


def zipped(name, content, mode=stat.S_IFREG | 0o644):
    """A zip with one member."""
    member = zipfile.ZipInfo(name)
    member.external_attr = mode << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def files_under(folder):
    return [path for path in folder.rglob("*") if not path.is_dir()]


def test_v5_2_1_only_files_of_a_size_that_can_be_processed_are_taken(begin, settings):
    settings.UPLOAD_MOST_BYTES = 10_000

    begin(size_bytes=10_000)
    with pytest.raises(TooLarge):
        begin(size_bytes=10_001)
    assert Upload.objects.count() == 1


def test_v5_2_2_neither_extension_nor_content_of_something_else_is_taken(begin, bring_in):
    with pytest.raises(BadInput):
        begin(name="ortho.exe")
    assert not Upload.objects.exists()

    program = b"\x7fELF\x02\x01\x01" + bytes(2000)
    assert bring_in(program).state == "refused"


def test_v5_2_3_packed_content_is_measured_before_it_is_unpacked(
    begin, bring_in, tmp_path, data_dir
):
    """Archives are not taken at all; a GeoTIFF says itself to how much it unpacks."""
    with pytest.raises(BadInput):
        begin(name="orthos.zip")
    bomb = zipped("ortho.tif", bytes(50_000_000))
    image = bring_in(bomb)
    assert image.state == "refused"
    assert sum(path.stat().st_size for path in files_under(data_dir / "uploads")) == len(bomb)

    bad_rasters.decompression_bomb(tmp_path / "bomb.tif")
    assert "too large to open" in bring_in((tmp_path / "bomb.tif").read_bytes()).sentence
    assert files_under(data_dir / "cogs") == []


def test_v5_2_4_bytes_and_files_of_a_person_are_limited(begin, cast, settings):
    settings.USER_MOST_BYTES = 3000
    begin(size_bytes=2000)
    with pytest.raises(BadInput, match="is over the"):
        begin(size_bytes=1001)

    settings.USER_MOST_FILES = 3
    layer = cast.project.layers.create(name="shown")
    Image.objects.create(layer=layer, uploaded_by=cast.ana, name="a.tif", size_bytes=10)
    begin(size_bytes=10)
    with pytest.raises(TooMany, match="3 image files"):
        begin(size_bytes=10)
    assert Upload.objects.count() == 2


def test_v5_2_5_archive_with_a_symbolic_link_is_not_taken(bring_in, data_dir):
    image = bring_in(zipped("ortho.tif", "/etc/passwd", mode=stat.S_IFLNK | 0o777))

    assert image.state == "refused"
    assert not any(path.is_symlink() for path in data_dir.rglob("*"))


def test_v5_2_6_image_of_too_many_pixels_is_refused(bring_in, tmp_path, data_dir):
    bad_rasters.absurd_dimensions(tmp_path / "flood.tif")

    image = bring_in((tmp_path / "flood.tif").read_bytes())

    assert (image.state, "over the limit" in image.sentence) == ("refused", True)
    assert files_under(data_dir / "cogs") == []
