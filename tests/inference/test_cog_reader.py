import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy as copy_raster

from inference.data.cog_reader import BandsMissing, CogReader
from inference.data.open_files import ImageUnreadable, OpenFiles
from inference.messages import ModelInfo
from inference.windows import Window
from tests.drawn.click_layers import draw_layer, layer, write_file


def noise(width, height, *, bands=3, seed=0, dtype=np.uint8):
    random = np.random.default_rng(seed)
    return random.integers(1, 250, (bands, height, width)).astype(dtype)


def read(source, window, *, bands=3):
    return CogReader(source, bands=bands, files=OpenFiles()).read(window)


def test_native_window_is_the_file_pixel_for_pixel(tmp_path):
    pixels = noise(100, 80)
    image = read(draw_layer(tmp_path, pixels), Window(col=16, row=8, factor=1, size=48))
    assert np.allclose(image.pixels, pixels[:, 8:56, 16:64] / 255, atol=1e-6)
    assert image.pixels.dtype == np.float32
    assert image.valid.all()


def test_coarse_window_averages(tmp_path):
    pixels = noise(128, 128)
    image = read(draw_layer(tmp_path, pixels), Window(col=0, row=32, factor=4, size=16))
    blocks = pixels[:, 32:96, 0:64].reshape(3, 16, 4, 16, 4).mean(axis=(2, 4))
    assert np.abs(image.pixels * 255 - blocks).max() <= 0.51  # GDAL rounds averages of bytes


def test_coarse_window_of_a_cog_with_overviews_averages(tmp_path):
    rows, cols = np.mgrid[:512, :512]
    pixels = np.stack([rows // 4, cols // 4, (rows + cols) // 8]).astype(np.uint8)
    write_file(tmp_path / "plain.tif", pixels)
    copy_raster(tmp_path / "plain.tif", tmp_path / "cog.tif", driver="COG", blocksize=128)
    with rasterio.open(tmp_path / "cog.tif") as cog:
        assert cog.overviews(1)
    source = layer(
        [
            write_file(tmp_path / "other.tif", pixels).model_copy(
                update={"path": str(tmp_path / "cog.tif")}
            )
        ],
        width=512,
        height=512,
    )
    image = read(source, Window(col=128, row=64, factor=4, size=64))
    blocks = pixels[:, 64:320, 128:384].reshape(3, 64, 4, 64, 4).mean(axis=(2, 4))
    assert np.abs(image.pixels * 255 - blocks).max() <= 1.01


def test_fine_window_interpolates_between_pixel_centres(tmp_path):
    ramp = np.tile(np.arange(0, 200, 2, dtype=np.uint8), (3, 80, 1))  # 100 columns
    image = read(draw_layer(tmp_path, ramp), Window(col=20, row=20, factor=0.25, size=64))
    # Window column u has its centre at native column 20 + (u + 0.5) / 4; the ramp holds 2 c at
    # the centre c + 0.5.
    expected = 2 * (20 + (np.arange(64) + 0.5) / 4 - 0.5)
    assert np.allclose(image.pixels[0, 10] * 255, expected, atol=0.1)


def test_outside_of_the_image_is_filled_with_the_mean_and_not_valid(tmp_path):
    pixels = noise(100, 80)
    image = read(draw_layer(tmp_path, pixels), Window(col=-16, row=-32, factor=1, size=64))
    assert not image.valid[:32].any()
    assert not image.valid[:, :16].any()
    assert image.valid[32:, 16:].all()
    mean = pixels[:, :32, :48].mean(axis=(1, 2)) / 255
    assert np.allclose(image.pixels[:, 0, 0], mean, atol=1e-4)


def test_window_beside_the_image_is_all_invalid(tmp_path):
    image = read(draw_layer(tmp_path, noise(100, 80)), Window(col=400, row=0, factor=1, size=32))
    assert not image.valid.any()
    assert np.isfinite(image.pixels).all()


@pytest.mark.parametrize("end", [1, 3, 4])
def test_coarse_pixels_that_the_image_covers_in_part_are_valid(tmp_path, end):
    pixels = noise(40 + end, 64)
    image = read(draw_layer(tmp_path, pixels), Window(col=0, row=0, factor=4, size=16))
    assert image.valid[:, :11].all()
    assert not image.valid[:, 11:].any()


def test_nodata_is_filled_and_not_valid(tmp_path):
    pixels = noise(64, 64)
    pixels[:, 10:20, 10:20] = 0
    image = read(draw_layer(tmp_path, pixels, nodata=0), Window(col=0, row=0, factor=1, size=64))
    assert not image.valid[10:20, 10:20].any()
    assert image.valid.sum() == 64 * 64 - 100
    assert image.pixels[0, 15, 15] == pytest.approx(image.pixels[0][image.valid].mean(), abs=1e-4)


def test_masked_pixels_are_not_valid(tmp_path):
    mask = np.full((64, 64), 255, np.uint8)
    mask[:, 40:] = 0
    source = draw_layer(tmp_path, noise(64, 64), mask=mask)
    image = read(source, Window(col=0, row=0, factor=1, size=64))
    assert image.valid[:, :40].all()
    assert not image.valid[:, 40:].any()


def test_values_that_are_no_numbers_are_not_valid(tmp_path):
    pixels = noise(64, 64, dtype=np.float32)
    pixels[1, 5, 5] = np.nan
    image = read(draw_layer(tmp_path, pixels), Window(col=0, row=0, factor=1, size=64))
    assert not image.valid[5, 5]
    assert np.isfinite(image.pixels).all()


def test_window_runs_from_one_file_into_its_neighbour(tmp_path):
    pixels = noise(100, 64)
    west = write_file(tmp_path / "west.tif", pixels[:, :, :50])
    east = write_file(tmp_path / "east.tif", pixels[:, :, 50:], col=50)
    source = layer([west, east], width=100, height=64)
    image = read(source, Window(col=32, row=16, factor=1, size=32))
    assert np.allclose(image.pixels, pixels[:, 16:48, 32:64] / 255, atol=1e-6)


def test_topmost_file_is_seen_where_files_overlap(tmp_path):
    top, below = noise(40, 64, seed=1), noise(60, 64, seed=2)
    source = layer(
        [write_file(tmp_path / "top.tif", top, col=20), write_file(tmp_path / "below.tif", below)],
        width=60,
        height=64,
    )
    image = read(source, Window(col=0, row=0, factor=1, size=32))
    assert np.allclose(image.pixels[:, :, 20:], top[:, :32, :12] / 255, atol=1e-6)
    assert np.allclose(image.pixels[:, :, :20], below[:, :32, :20] / 255, atol=1e-6)


def test_hole_of_the_topmost_file_shows_what_is_below(tmp_path):
    top, below = noise(64, 64, seed=1), noise(64, 64, seed=2)
    top[:, 20:30, 20:30] = 0
    source = layer(
        [
            write_file(tmp_path / "top.tif", top, nodata=0),
            write_file(tmp_path / "below.tif", below),
        ],
        width=64,
        height=64,
    )
    image = read(source, Window(col=0, row=0, factor=1, size=64))
    assert image.valid.all()
    assert np.allclose(image.pixels[:, 25, 25], below[:, 25, 25] / 255, atol=1e-6)


def test_values_are_scaled_by_the_layers_range(tmp_path):
    pixels = noise(32, 32, dtype=np.uint16)
    pixels[:, 0, 0] = 1000
    source = draw_layer(tmp_path, pixels)
    source = layer(source.files, width=32, height=32, low=50, high=150)
    image = read(source, Window(col=0, row=0, factor=1, size=32))
    assert np.allclose(image.pixels, np.clip((pixels - 50.0) / 100, 0, 1), atol=1e-6)


def test_one_band_is_seen_three_times(tmp_path):
    pixels = noise(32, 32, bands=1)
    file = write_file(tmp_path / "grey.tif", pixels)
    source = layer([file], width=32, height=32, bands=(1, 1, 1))
    image = read(source, Window(col=0, row=0, factor=1, size=32))
    assert np.allclose(image.pixels, np.repeat(pixels, 3, axis=0) / 255, atol=1e-6)


def test_network_of_three_bands_sees_the_first_three(tmp_path):
    pixels = noise(32, 32, bands=4)
    file = write_file(tmp_path / "naip.tif", pixels)
    source = layer([file], width=32, height=32, bands=(1, 2, 3, 4))
    window = Window(col=0, row=0, factor=1, size=32)
    assert read(source, window).pixels.shape[0] == 3
    assert np.allclose(read(source, window, bands=4).pixels[3], pixels[3] / 255, atol=1e-6)


def test_model_gets_the_bands_that_it_was_trained_on(tmp_path):
    pixels = noise(32, 32, bands=4)
    file = write_file(tmp_path / "naip.tif", pixels)
    source = layer([file], width=32, height=32, bands=(1, 2, 3, 4))
    model = ModelInfo(
        name="m", architecture="a", sha256="c" * 64, size=32, bands=3, picture_bands=[4, 1, 2]
    )
    window = Window(col=0, row=0, factor=1, size=32)
    seen = CogReader.for_model(source, model, files=OpenFiles()).read(window).pixels
    np.testing.assert_allclose(seen, pixels[[3, 0, 1]] / 255, atol=1e-6)
    three = draw_layer(tmp_path, noise(32, 32))
    with pytest.raises(BandsMissing, match="needs 4 bands"):
        CogReader.for_model(three, model, files=OpenFiles())


def test_network_of_four_bands_refuses_a_layer_of_three(tmp_path):
    with pytest.raises(BandsMissing, match="needs 4 bands"):
        CogReader(draw_layer(tmp_path, noise(32, 32)), bands=4, files=OpenFiles())


def test_missing_file_is_named(tmp_path):
    source = draw_layer(tmp_path, noise(32, 32), name="gone")
    (tmp_path / "gone.tif").unlink()
    with pytest.raises(ImageUnreadable, match=r"gone\.tif"):
        read(source, Window(col=0, row=0, factor=1, size=32))


def test_truncated_file_is_named(tmp_path):
    source = draw_layer(tmp_path, noise(512, 512), name="short")
    path = tmp_path / "short.tif"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ImageUnreadable, match=r"short\.tif"):
        read(source, Window(col=0, row=448, factor=1, size=64))


def test_no_driver_but_geotiff_is_tried(tmp_path):
    secret = write_file(tmp_path / "secret.tif", noise(32, 32))
    virtual = tmp_path / "virtual.tif"
    copy_raster(secret.path, tmp_path / "virtual.vrt", driver="VRT")
    (tmp_path / "virtual.vrt").rename(virtual)
    source = layer([secret.model_copy(update={"path": str(virtual)})], width=32, height=32)
    with pytest.raises(ImageUnreadable):
        read(source, Window(col=0, row=0, factor=1, size=32))


def test_replaced_file_is_opened_anew(tmp_path):
    files = OpenFiles()
    window = Window(col=0, row=0, factor=1, size=32)
    for seed in (1, 2):
        pixels = noise(32 + seed, 32, seed=seed)
        source = draw_layer(tmp_path, pixels)
        image = CogReader(source, bands=3, files=files).read(window)
        assert np.allclose(image.pixels, pixels[:, :32, :32] / 255, atol=1e-6)


def test_only_the_files_used_last_stay_open(tmp_path):
    files = OpenFiles(limit=2)
    sources = [draw_layer(tmp_path, noise(32, 32), name=f"file{i}") for i in range(4)]
    opened = [files.dataset(source.files[0]) for source in sources]
    assert [dataset.closed for dataset in opened] == [True, True, False, False]
