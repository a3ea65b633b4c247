"""Every bad image of docs/bad-input.md, uploaded and brought in with the real sandbox."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bad_input import sentences
from tests.drawn import bad_rasters
from tests.drawn.uploads import finished_upload
from webapp.errors import BadInput
from webapp.imaging import actions
from webapp.imaging.models import Image, Layer, Upload
from webapp.imaging.uploads import folder_of, raster_files
from webapp.imaging.verdict import RasterFiles
from webapp.jobs.models import Job

CASES = {
    "Not a raster": (bad_rasters.no_raster, "refused"),
    "Cut short": (bad_rasters.truncated, "refused"),
    "One pixel": (bad_rasters.one_pixel, "ready"),
    "No coordinate system": (bad_rasters.no_crs, "question"),
    "Turned grid": (bad_rasters.rotated, "ready"),
    "Sheared grid": (bad_rasters.sheared, "ready"),
    "Pixels without an end": (bad_rasters.endless, "refused"),
    "Every pixel empty": (bad_rasters.all_nodata, "refused"),
    "Absurd dimensions in a tiny file": (bad_rasters.absurd_dimensions, "refused"),
    "Decompression bomb": (bad_rasters.decompression_bomb, "refused"),
    "VRT that names another file": (bad_rasters.vrt, "refused"),
    "Description of a map server": (bad_rasters.web_map, "refused"),
    "Complex numbers": (bad_rasters.complex_numbers, "refused"),
    "64-bit fractions": (bad_rasters.doubles, "ready"),
    "64-bit whole numbers": (bad_rasters.long_integers, "ready"),
    "500 bands": (bad_rasters.bands_500, "question"),
}
BY_OTHER_TESTS = {
    "Two files of one name",
    "Disk full while the COG is written",
}
SENTENCES = sentences("Images")


def test_document_and_tests_name_the_same_images():
    assert set(SENTENCES) == {*CASES, *BY_OTHER_TESTS}


@pytest.mark.parametrize("case", CASES)
def test_bad_image_is_told_as_the_document_says(case, cast, uploader, tmp_path, data_dir):
    draw, state = CASES[case]
    path = tmp_path / "ortho.tif"
    draw(path)
    bytes_sent = path.read_bytes()

    image = uploader.bring_in(RasterFiles(path, path.name))

    assert (image.state, image.sentence) == (state, SENTENCES[case])
    assert image.job.state == "done"
    assert raster_files(image).main.read_bytes() == bytes_sent
    if state != "ready":
        assert not image.layer.project.crs_wkt
        assert not image.layer.version
        assert list((data_dir / "cogs").iterdir()) == []
        actions.remove_image(cast.project, image)
        assert not Layer.objects.exists()
        assert not folder_of(image).exists()


def test_two_files_of_one_name_at_once_are_refused(cast, data_dir):
    uids = [finished_upload(cast.project, cast.ana, "ortho.tif", b"all of it").uid for _ in "ab"]

    with pytest.raises(BadInput) as refused:
        actions.receive_uploads(cast.project, cast.ana, uids, None)

    assert refused.value.sentence == SENTENCES["Two files of one name"]
    assert not Image.objects.exists()
    assert not Job.objects.exists()
    assert Upload.objects.count() == 2


def test_name_that_is_there_already_makes_a_second_image_and_keeps_the_first(
    uploader, tmp_path, data_dir
):
    path = tmp_path / "ortho.tif"
    bad_rasters.write_raster(path, bad_rasters.ground(seed=1))
    first = uploader.bring_in(RasterFiles(path, path.name))
    bad_rasters.write_raster(path, bad_rasters.ground(seed=2))
    second = uploader.bring_in(RasterFiles(path, path.name))

    assert (first.state, second.state) == ("ready", "ready")
    assert first.layer != second.layer
    assert first.cog_path != second.cog_path
    assert (data_dir / first.cog_path).is_file()


def test_disk_of_any_size_holds_a_whole_cog_or_none(tmp_path):
    """A disk that fills up at the last bytes, too: GDAL loses these without an error."""
    namespace = ["unshare", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*namespace, "true"]).returncode:
        pytest.skip("this system mounts no small disk without root")
    done = subprocess.run(
        [*namespace, sys.executable, "-m", "tests.small_disk", tmp_path],
        cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE,
        check=True,
    )

    outcomes = json.loads(done.stdout)
    refused = SENTENCES["Disk full while the COG is written"] + " [0]"
    assert set(outcomes.values()) == {"whole", refused}
