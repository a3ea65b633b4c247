import io
from itertools import product

import morecantile
import numpy as np
import pytest
import rasterio
from PIL import Image
from pyproj import CRS
from rasterio.windows import Window
from rio_tiler.io import Reader

from inference.windows import Grid
from webapp.imaging.rendering import page_format
from webapp.imaging.tile_grid import TILE_PX, LayerFile, TileGrid
from webapp.imaging.tiles import read_tile, render_tile
from webapp.imaging.verdict import BandStatistics
from webapp.imaging.views import parse_view

RGB = "red green blue"
FULL = (BandStatistics(0, 0, 0, 255, 255, 255),) * 4
NATURAL = parse_view("rgb_1-2-3_f0to255", 3)


@pytest.fixture
def layer(importer, photo):
    """A layer of one file of an odd size, 1203 x 777, with a hole in its mask."""
    pixels = photo(height=777, width=1203)
    visible = np.ones((777, 1203), bool)
    visible[600:620, 100:300] = False
    return import_layer(importer, pixels, visible=visible)


def import_layer(importer, pixels, **how):
    facts, path = importer.write(importer.draw(pixels, colours=RGB, **how))
    grid = Grid(facts.left, facts.top, facts.resolution, facts.width, facts.height)
    return TileGrid(grid), LayerFile(str(path), 0, 0, facts.width, facts.height)


def tile_numbers(tile_grid, z):
    side = TILE_PX * tile_grid.factor(z)
    cols, rows = -(-tile_grid.grid.width // side), -(-tile_grid.grid.height // side)
    return product(range(cols), range(rows))


def test_native_tiles_are_the_files_own_pixels(layer):
    tile_grid, file = layer
    seen = 0
    with rasterio.open(file.path) as dataset:
        for x, y in tile_numbers(tile_grid, tile_grid.native_zoom):
            values, visible = read_tile(
                [file], tile_grid, tile_grid.native_zoom, x, y, bands=[1, 2, 3]
            )
            window = Window(x * 512, y * 512, 512, 512).intersection(Window(0, 0, 1203, 777))
            rows, cols = int(window.height), int(window.width)
            expected = dataset.read(window=window)
            mask = dataset.read_masks(1, window=window) != 0
            np.testing.assert_array_equal(values[:, :rows, :cols][:, mask], expected[:, mask])
            np.testing.assert_array_equal(visible[:rows, :cols], mask)
            assert not visible[rows:].any()
            assert not visible[:, cols:].any()
            seen += mask.sum()
    assert seen == 1203 * 777 - 20 * 200


def test_native_tiles_are_those_of_a_tile_matrix_set(layer):
    tile_grid, file = layer
    grid, zoom = tile_grid.grid, tile_grid.native_zoom
    span = 512 * grid.resolution * 2**zoom
    scheme = morecantile.TileMatrixSet.custom(
        [grid.left, grid.top - span, grid.left + span, grid.top],
        CRS.from_epsg(26910),
        tile_width=512,
        tile_height=512,
        maxzoom=zoom,
    )
    with Reader(str(file.path), tms=scheme) as reader:
        for x, y in tile_numbers(tile_grid, zoom):
            values, visible = read_tile([file], tile_grid, zoom, x, y, bands=[1, 2, 3])
            theirs = reader.tile(x, y, zoom, tilesize=512, indexes=(1, 2, 3))
            np.testing.assert_array_equal(visible, theirs.mask != 0)
            np.testing.assert_array_equal(values[:, visible], theirs.data[:, visible])


def test_coarser_tiles_are_the_overviews(layer):
    tile_grid, file = layer
    with rasterio.open(file.path, overview_level=0) as overview:
        expected, mask = overview.read(), overview.read_masks(1) != 0
    values, visible = read_tile([file], tile_grid, tile_grid.native_zoom - 1, 0, 0, bands=[1, 2, 3])

    height, width = mask[:512, :512].shape
    inner = np.s_[: height - 2, : min(width, 512) - 2]
    assert (visible[inner] == mask[:512, :512][inner]).mean() > 0.999
    both = visible[inner] & mask[:512, :512][inner]
    difference = np.abs(
        values[(slice(None), *inner)].astype(int) - expected[:, :512, :512][(slice(None), *inner)]
    )
    assert difference[:, both].max() <= 12  # odd sizes: the overview's pixels are 2.0017 wide


def test_coarsest_level_is_one_tile_that_holds_the_whole_layer(layer):
    tile_grid, file = layer
    _, visible = read_tile([file], tile_grid, 0, 0, 0, bands=[1])

    assert list(tile_numbers(tile_grid, 0)) == [(0, 0)]
    rows, cols = np.nonzero(visible)
    assert cols.max() + 1 == round(1203 / tile_grid.factor(0))
    assert rows.max() + 1 == round(777 / tile_grid.factor(0))


@pytest.mark.parametrize(
    ("width", "height", "zooms"),
    [(1, 1, 1), (512, 512, 1), (513, 10, 2), (1024, 1024, 2), (1025, 3, 3), (66_000, 9, 9)],
)
def test_pyramid_ends_with_the_first_level_that_fits_one_tile(width, height, zooms):
    tile_grid = TileGrid(Grid(0, 0, 0.5, width, height))

    assert len(tile_grid.resolutions) == zooms
    assert tile_grid.resolutions[-1] == 0.5
    assert list(tile_numbers(tile_grid, 0)) == [(0, 0)]


@pytest.mark.parametrize(
    ("z", "x", "y"), [(-1, 0, 0), (3, 0, 0), (2, 3, 0), (2, 0, 2), (2, -1, 0), (0, 1, 0)]
)
def test_nothing_is_rendered_outside(layer, z, x, y):
    tile_grid, file = layer
    assert tile_grid.native_zoom == 2

    tile = render_tile([file], tile_grid, NATURAL, z, x, y, statistics=FULL, asked="webp")

    assert tile is None


def decoded(tile):
    return np.asarray(Image.open(io.BytesIO(tile.content)))


def test_png_tile_shows_the_pixels_and_hides_the_mask(layer):
    tile_grid, file = layer
    tile = render_tile([file], tile_grid, NATURAL, 2, 0, 1, statistics=FULL, asked="png")

    picture = decoded(tile)
    assert tile.media_type == "image/png"
    with rasterio.open(file.path) as dataset:
        window = Window(0, 512, 512, 265)
        np.testing.assert_array_equal(
            picture[:265, :, 3] != 0, dataset.read_masks(1, window=window) != 0
        )
        opaque = picture[:265, :, 3] != 0
        expected = np.moveaxis(dataset.read(window=window), 0, -1)
        np.testing.assert_array_equal(picture[:265][opaque][:, :3], expected[opaque])
    assert (picture[265:, :, 3] == 0).all()


def test_webp_tile_keeps_a_sharp_mask(layer):
    tile_grid, file = layer
    tile = render_tile([file], tile_grid, NATURAL, 2, 0, 1, statistics=FULL, asked="webp")

    alpha = decoded(tile)[..., 3]
    assert tile.media_type == "image/webp"
    assert set(np.unique(alpha)) == {0, 255}
    assert (alpha[600 - 512 : 620 - 512, 100:300] == 0).all()


def test_opaque_tile_asked_as_jpeg_is_jpeg_and_an_edge_tile_is_not(layer):
    tile_grid, file = layer
    inner = render_tile([file], tile_grid, NATURAL, 2, 1, 0, statistics=FULL, asked="jpg")
    edge = render_tile([file], tile_grid, NATURAL, 2, 2, 0, statistics=FULL, asked="jpg")

    assert inner.media_type == "image/jpeg"
    assert edge.media_type == "image/webp"
    assert (decoded(edge)[:, 1203 - 1024 :, 3] == 0).all()


def test_page_asks_for_webp_where_there_is_a_mask():
    assert page_format(has_mask=True) == "webp"
    assert page_format(has_mask=False) == "jpg"


def test_nan_is_transparent(importer):
    pixels = np.linspace(0, 1, 3 * 90 * 70, dtype=np.float32).reshape(3, 90, 70)
    pixels[:, 10:20, 30:40] = np.nan
    tile_grid, file = import_layer(importer, pixels)

    view = parse_view("rgb_1-2-3_f0to1", 3)
    tile = render_tile([file], tile_grid, view, 0, 0, 0, statistics=FULL, asked="png")

    np.testing.assert_array_equal(decoded(tile)[:90, :70, 3] == 0, np.isnan(pixels[0]))


def test_topmost_file_wins_and_holes_show_the_one_below(importer, photo):
    below = photo(height=300, width=300, seed=1)
    above = photo(height=200, width=200, seed=2)
    visible = np.ones((200, 200), bool)
    visible[50:60, 50:60] = False
    _, low = importer.write(importer.draw(below, name="low.tif", colours=RGB))
    _, high = importer.write(importer.draw(above, name="high.tif", colours=RGB, visible=visible))
    files = [LayerFile(str(high), 100, 150, 200, 200), LayerFile(str(low), 0, 0, 300, 300)]
    tile_grid = TileGrid(Grid(0, 0, 0.5, 300, 350))

    values, seen = read_tile(files, tile_grid, 0, 0, 0, bands=[1, 2, 3])

    expected = np.zeros((3, 350, 300), np.uint8)
    expected[:, :300] = below
    np.copyto(expected[:, 150:, 100:], above, where=visible)
    covered = np.zeros((350, 300), bool)
    covered[:300] = True
    covered[150:, 100:] |= visible
    np.testing.assert_array_equal(seen[:350, :300], covered)
    np.testing.assert_array_equal(values[:, :350, :300][:, covered], expected[:, covered])


def test_file_without_the_band_counts_as_not_there(importer, photo):
    tile_grid, file = import_layer(importer, photo())

    _, visible = read_tile([file], tile_grid, 0, 0, 0, bands=[4])

    assert not visible.any()


def test_tiles_of_a_local_grid_render(importer, photo):
    files = importer.draw(photo(), colours=RGB, crs=None, transform=None)
    facts, path = importer.write(files, crs="local")
    tile_grid = TileGrid(Grid(facts.left, facts.top, facts.resolution, facts.width, facts.height))
    file = LayerFile(str(path), 0, 0, facts.width, facts.height)

    tile = render_tile([file], tile_grid, NATURAL, 0, 0, 0, statistics=FULL, asked="png")

    assert (decoded(tile)[..., 3] != 0).sum() == facts.width * facts.height
