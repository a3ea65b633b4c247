import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio

from webapp.imaging.answers import Answers
from webapp.imaging.opening import refuse_other_drivers
from webapp.imaging.sandbox import INSPECT_LIMITS, WRITE_LIMITS, run_inspect, run_write_cog
from webapp.imaging.verdict import RasterFiles, RasterRefused

REPOSITORY = Path(__file__).parents[3]
RGB = "red green blue"
SECRET = 199


def vrt_over(secret, path):
    path.write_text(
        f"""<VRTDataset rasterXSize="80" rasterYSize="60"><VRTRasterBand dataType="Byte" band="1">
        <SimpleSource><SourceFilename>{secret}</SourceFilename><SourceBand>1</SourceBand>
        </SimpleSource></VRTRasterBand></VRTDataset>"""
    )


@pytest.fixture
def secret(importer):
    """Someone else's raster."""
    pixels = np.full((1, 60, 80), SECRET, np.uint8)
    return importer.draw(pixels, name="secret.tif").main


def test_good_file_is_shown_and_written_in_the_child(importer, photo, tmp_path):
    pixels = photo()
    files = importer.draw(pixels, colours=RGB)

    assert run_inspect(files, Answers()).state == "shown"
    shares = []
    out = tmp_path / "out.tif"
    facts = run_write_cog(files, Answers(), None, out, on_progress=shares.append)

    with rasterio.open(out) as dataset:
        np.testing.assert_array_equal(dataset.read(), pixels)
    assert facts.footprint_wkb
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_vrt_named_tif_is_refused_and_reads_nothing(tmp_path, secret):
    vrt_over(secret, tmp_path / "photo.tif")
    with rasterio.open(tmp_path / "photo.tif") as opened:  # what plain opening would do
        assert (opened.read() == SECRET).all()

    verdict = run_inspect(RasterFiles(tmp_path / "photo.tif", "photo.tif"), Answers())

    assert verdict.state == "refused"
    assert verdict.facts is None
    assert "points to other files" in verdict.sentence


def test_mask_that_is_a_vrt_is_refused(importer, photo, tmp_path, secret):
    files = importer.draw(photo(), colours=RGB)
    mask = tmp_path / "drawn.tif.msk"
    vrt_over(secret, mask)

    verdict = run_inspect(dataclasses.replace(files, sidecars=(mask,)), Answers())

    assert verdict.state == "refused"
    assert "mask" in verdict.sentence


def test_overviews_that_a_file_names_elsewhere_are_not_read(importer, photo, tmp_path, secret):
    files = importer.draw(photo(count=1), tiled=True)
    with rasterio.open(files.main, "r+") as dataset:
        dataset.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=str(secret))

    out = tmp_path / "out.tif"
    run_write_cog(files, Answers(), None, out, on_progress=[].append)

    with rasterio.open(out) as dataset:
        assert dataset.tags(ns="OVERVIEWS") == {}
        assert not (dataset.read() == SECRET).all()


def test_world_file_that_was_not_uploaded_is_not_read(importer, photo, tmp_path):
    files = importer.draw(photo(), colours=RGB, crs=None, transform=None)
    world = tmp_path / "drawn.tfw"
    world.write_text("0.5\n0\n0\n-0.5\n500000\n4000000\n")

    alone = run_inspect(files, Answers(crs="EPSG:26910"))
    together = run_inspect(dataclasses.replace(files, sidecars=(world,)), Answers(crs="EPSG:26910"))

    assert alone.state == "question"
    assert together.state == "shown"
    assert together.facts.pixel_size == (0.5, 0.5)


def test_mask_beside_the_file_is_used_where_it_was_uploaded(importer, photo, tmp_path):
    files = importer.draw(photo(), colours=RGB)
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False),
        rasterio.open(files.main, "r+") as dataset,
    ):
        dataset.write_mask(np.arange(60 * 80).reshape(60, 80) > 1000)
    mask = tmp_path / "drawn.tif.msk"
    assert mask.exists()

    assert not run_inspect(files, Answers()).facts.has_mask
    assert run_inspect(dataclasses.replace(files, sidecars=(mask,)), Answers()).facts.has_mask


def test_this_process_would_refuse_to_open_uploads():
    with pytest.raises(RuntimeError, match="VRT"):
        refuse_other_drivers()


def test_huge_sparse_file_is_refused_without_memory_for_it(tmp_path):
    path = tmp_path / "sparse.tif"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=60_000,
        height=60_000,
        count=1,
        dtype="int32",
        sparse_ok=True,
        blockysize=4096,
        bigtiff="YES",
    ):
        pass
    assert path.stat().st_size < 100_000

    limits = dataclasses.replace(INSPECT_LIMITS, memory_bytes=2**30)
    verdict = run_inspect(RasterFiles(path, "sparse.tif"), Answers(), limits=limits)

    assert verdict.state == "refused"
    assert "empty" in verdict.sentence


def test_file_over_the_limit_is_refused_before_it_is_read(importer, photo):
    limits = dataclasses.replace(INSPECT_LIMITS, unpacked_bytes=1000)

    verdict = run_inspect(importer.draw(photo(), colours=RGB), Answers(), limits=limits)

    assert verdict.state == "refused"
    assert "limit" in verdict.sentence


def test_file_cut_short_says_how_much_is_there(importer, photo):
    files = importer.draw(photo(height=400, width=400), colours=RGB)
    whole = files.main.read_bytes()
    files.main.write_bytes(whole[: len(whole) * 6 // 10])

    verdict = run_inspect(files, Answers())

    assert verdict.state == "refused"
    assert "ends after 60 %" in verdict.sentence or "ends after 59 %" in verdict.sentence


def test_child_that_takes_too_long_becomes_a_refusal(importer, photo):
    limits = dataclasses.replace(INSPECT_LIMITS, wall_s=0.01)

    verdict = run_inspect(importer.draw(photo(), colours=RGB), Answers(), limits=limits)

    assert verdict.state == "refused"
    assert "too long" in verdict.sentence


def test_child_without_memory_becomes_a_refusal(importer, photo):
    limits = dataclasses.replace(INSPECT_LIMITS, memory_bytes=2**27)

    verdict = run_inspect(importer.draw(photo(), colours=RGB), Answers(), limits=limits)

    assert verdict.state == "refused"


def test_cancelled_write_leaves_nothing(importer, photo, tmp_path):
    files = importer.draw(photo(height=1200, width=1200), colours=RGB)
    folder = tmp_path / "cogs"
    folder.mkdir()

    class Cancelled(Exception):
        pass

    def cancel(share):
        raise Cancelled

    with pytest.raises(Cancelled):
        run_write_cog(files, Answers(), None, folder / "out.tif", on_progress=cancel)
    assert list(folder.iterdir()) == []


def test_open_question_is_no_reason_to_guess(importer, photo, tmp_path):
    files = importer.draw(photo(6))

    with pytest.raises(RasterRefused, match="bands"):
        run_write_cog(files, Answers(), None, tmp_path / "o.tif", on_progress=[].append)


def test_text_and_unknown_bytes_are_refused(tmp_path):
    path = tmp_path / "notes.tif"
    path.write_bytes(b"\x00" * 100)

    verdict = run_inspect(RasterFiles(path, "notes.tif"), Answers())

    assert verdict.state == "refused"
    assert "GeoTIFF" in verdict.sentence


def test_erdas_image_is_shown(photo, tmp_path):
    path = tmp_path / "a.img"
    profile = {"width": 80, "height": 60, "count": 3, "dtype": "uint8"}
    transform = rasterio.Affine(0.5, 0, 500_000, 0, -0.5, 4_000_000)
    with rasterio.open(
        path, "w", driver="HFA", crs="EPSG:26910", transform=transform, **profile
    ) as dataset:
        dataset.write(photo())

    verdict = run_inspect(RasterFiles(path, "a.img"), Answers(bands="1,2,3"))

    assert verdict.state == "shown"
    assert verdict.facts.driver == "HFA"


def test_child_does_not_load_django():
    code = (
        "import sys, webapp.imaging.first_open, webapp.imaging.cog;"
        "sys.exit('django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY).returncode == 0


@pytest.mark.parametrize(
    ("driver", "name"), [("PNG", "a.png"), ("JPEG", "a.jpg"), ("JP2OpenJPEG", "a.jp2")]
)
def test_plain_picture_with_a_world_file_is_placed(photo, tmp_path, driver, name):
    path = tmp_path / name
    with rasterio.open(
        path, "w", driver=driver, width=80, height=60, count=3, dtype="uint8"
    ) as dataset:
        dataset.write(photo())
    world = tmp_path / "a.wld"
    world.write_text("0.5\n0\n0\n-0.5\n500000.25\n3999999.75\n")

    answers = Answers(crs="EPSG:26910", bands="1,2,3")
    verdict = run_inspect(RasterFiles(path, name, (world,)), answers)

    assert verdict.state == "shown"
    assert verdict.facts.driver == driver


def test_file_that_grows_too_large_says_so_and_blames_no_disk(importer, photo, tmp_path):
    files = importer.draw(photo(height=400, width=400), colours=RGB)
    limits = dataclasses.replace(WRITE_LIMITS, file_bytes=20_000)

    with pytest.raises(RasterRefused, match="grows too large"):
        run_write_cog(
            files, Answers(), None, tmp_path / "o.tif", on_progress=[].append, limits=limits
        )
    assert not (tmp_path / "o.tif").exists()
