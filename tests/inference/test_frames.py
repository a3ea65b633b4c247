"""The frames of real rasters: pixel, window and map, there and back."""

import numpy as np
import pytest
import rasterio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine
from rasterio.warp import reproject

from inference.data.local_layer import open_local_layer
from inference.prediction.question import grid_of
from inference.windows import Grid, Window

TOLERANCE_PX = 1e-6
# A busy machine draws slowly; that says nothing about what is drawn.
patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

grids = st.builds(
    Grid,
    left=st.floats(-1e7, 1e7),
    top=st.floats(-1e7, 1e7),
    resolution=st.sampled_from([0.02, 0.1, 0.3, 0.6, 1.0, 10.0, 30.0, 1.96850393700787]),
    width=st.integers(1, 1_000_000),
    height=st.integers(1, 1_000_000),
)
windows = st.builds(
    Window.around,
    st.floats(-1000, 1_000_000),
    st.floats(-1000, 1_000_000),
    factor=st.sampled_from([2.0**power for power in range(-2, 9)]),
    size=st.sampled_from([64, 160, 256, 448]),
)
shares = st.floats(0, 1)


@patiently
@given(grid=grids, across=shares, down=shares)
def test_pixel_goes_to_the_map_and_back(grid, across, down):
    col, row = across * grid.width, down * grid.height
    assert grid.to_pixel(*grid.to_map(col, row)) == pytest.approx((col, row), abs=TOLERANCE_PX)


@patiently
@given(window=windows, across=shares, down=shares)
def test_window_pixel_goes_to_the_image_and_back(window, across, down):
    u, v = across * window.size, down * window.size
    back = window.to_window(*window.to_pixel(u, v))
    assert back == pytest.approx((u, v), abs=TOLERANCE_PX)


@patiently
@given(window=windows, grid=grids, across=shares, down=shares)
def test_window_pixel_goes_to_the_map_and_back(window, grid, across, down):
    u, v = across * window.size, down * window.size
    col, row = grid.to_pixel(*grid.to_map(*window.to_pixel(u, v)))
    back = window.to_window(col, row)
    assert back == pytest.approx((u, v), abs=TOLERANCE_PX / min(1, window.factor))


@patiently
@given(
    col=st.floats(-1000, 1_000_000),
    row=st.floats(-1000, 1_000_000),
    power=st.integers(-2, 8),
    size=st.sampled_from([64, 160, 256, 448]),
)
def test_window_round_a_place_has_it_within_half_a_step_of_its_centre(col, row, power, size):
    window = Window.around(col, row, factor=2.0**power, size=size)
    u, v = window.to_window(col, row)
    assert max(abs(u - size / 2), abs(v - size / 2)) <= 8 + TOLERANCE_PX
    assert window.col % (16 * window.factor) == 0
    assert window.row % (16 * window.factor) == 0


def write_raster(path, transform, *, crs, width=200, height=150, dtype="uint8"):
    """A GeoTIFF of zeros that takes no room, however large it is."""
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=3, dtype=dtype, crs=crs,
        transform=transform, tiled=True, SPARSE_OK=True, BIGTIFF="IF_SAFER",
    ):  # fmt: skip
        pass


RASTERS = {
    "north": ("EPSG:26910", Affine(0.6, 0, 723_000.6, 0, -0.6, 3_822_000.2), {}),
    "southern hemisphere": ("EPSG:32718", Affine(0.3, 0, 280_000.1, 0, -0.3, 8_664_000.7), {}),
    "south of a false northing": ("EPSG:2193", Affine(0.1, 0, 1_748_735, 0, -0.1, -5_427_916), {}),
    "feet": ("EPSG:2229", Affine(1.0, 0, 6_441_001.3, 0, -1.0, 1_840_010.9), {}),
    "16 bit": ("EPSG:32633", Affine(10, 0, 499_980, 0, -10, 5_300_040), {"dtype": "uint16"}),
    "huge": (
        "EPSG:25832", Affine(0.02, 0, 600_000.01, 0, -0.02, 5_700_000.03),
        {"width": 400_000, "height": 300_000},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RASTERS)
def test_grid_of_a_file_is_gdals_transform(tmp_path, name):
    crs, transform, options = RASTERS[name]
    path = tmp_path / "raster.tif"
    write_raster(path, transform, crs=crs, **options)
    grid = grid_of(open_local_layer(path).source)
    random = np.random.default_rng(0)
    for share in random.random((100, 2)):
        col, row = share * (grid.width, grid.height)
        x_map, y_map = transform @ (col, row)
        assert grid.to_map(col, row) == pytest.approx((x_map, y_map), abs=1e-6 * grid.resolution)
        assert grid.to_pixel(x_map, y_map) == pytest.approx((col, row), abs=TOLERANCE_PX)


def north_up(turned, width, height):
    """The straight grid of 0.5 round a turned one: transform, width, height."""
    corners = [turned @ corner for corner in ((0, 0), (width, 0), (0, height), (width, height))]
    xs, ys = zip(*corners, strict=True)
    left, top = np.floor(min(xs)), np.ceil(max(ys))
    size = (np.ceil((max(xs) - left) / 0.5), np.ceil((top - min(ys)) / 0.5))
    return Affine(0.5, 0, left, 0, -0.5, top), int(size[0]), int(size[1])


@pytest.mark.parametrize("angle", [7, 33, 90, 181])
def test_place_of_a_turned_raster_is_found_again_after_the_warp(tmp_path, angle):
    turned = (
        Affine.translation(500_000, 4_000_000) @ Affine.rotation(angle) @ Affine.scale(0.5, -0.5)
    )
    height, width, row, col = 120, 90, 40, 60
    pixels = np.full((height, width), 40, np.float32)
    pixels[row, col] = 250
    straight, straight_width, straight_height = north_up(turned, width, height)
    warped = np.zeros((straight_height, straight_width), np.float32)
    reproject(
        pixels, warped, src_transform=turned, src_crs="EPSG:32610", dst_transform=straight,
        dst_crs="EPSG:32610", resampling=rasterio.enums.Resampling.bilinear,
    )  # fmt: skip
    path = tmp_path / "warped.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=straight_width, height=straight_height, count=1,
        dtype="float32", crs="EPSG:32610", transform=straight,
    ) as out:  # fmt: skip
        out.write(warped, 1)
    grid = grid_of(open_local_layer(path).source)
    bright = np.clip(warped - 45, 0, None)
    rows, cols = np.mgrid[:straight_height, :straight_width] + 0.5
    found = (cols * bright).sum() / bright.sum(), (rows * bright).sum() / bright.sum()
    place = turned @ (col + 0.5, row + 0.5)
    assert grid.to_pixel(*place) == pytest.approx(found, abs=0.25)
    assert ~turned @ grid.to_map(*grid.to_pixel(*place)) == pytest.approx(
        (col + 0.5, row + 0.5), abs=TOLERANCE_PX
    )
