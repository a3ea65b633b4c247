"""The stretch of what is seen: from the pixels in the window, and from no others."""

import numpy as np
import pytest

from inference.windows import Grid
from webapp.errors import BadInput
from webapp.imaging.tile_grid import LayerFile, TileGrid
from webapp.imaging.views import parse_view
from webapp.imaging.window_stretch import stretch_of_window

RGB = "red green blue"


ANSWERS = {"band4": "nir", "show": "yes"}


def imported(importer, pixels, **how):
    facts, path = importer.write(importer.draw(pixels, **how), **ANSWERS)
    grid = Grid(facts.left, facts.top, facts.resolution, facts.width, facts.height)
    return TileGrid(grid), LayerFile(str(path), 0, 0, facts.width, facts.height)


def bounds(tile_grid, cols, rows):
    left, top = tile_grid.grid.to_map(cols[0], rows[0])
    right, bottom = tile_grid.grid.to_map(cols[1], rows[1])
    return left, bottom, right, top


def test_bytes_keep_their_balance_between_the_extremes_of_the_bands(importer, photo):
    pixels = photo(height=700, width=900)
    pixels[2] //= 2
    tile_grid, file = imported(importer, pixels, colours=RGB)
    view = parse_view("rgb_1-2-3_p2-98", 3)

    found = stretch_of_window([file], tile_grid, view, bounds(tile_grid, (400, 650), (300, 600)))

    seen = pixels[:, 300:600, 400:650].reshape(3, -1)
    lows, highs = np.percentile(seen, 2, axis=1), np.percentile(seen, 98, axis=1)
    assert found.ranges == ((np.floor(lows.min()), np.ceil(highs.max())),)
    parse_view(f"rgb_1-2-3_{found.text}", 3)


def test_measurements_have_a_range_for_each_band(importer, photo):
    pixels = photo(height=200, width=200).astype(np.uint16) * np.array([10, 20, 3]).reshape(3, 1, 1)
    tile_grid, file = imported(importer, pixels.astype(np.uint16), colours=RGB)
    view = parse_view("rgb_3-2-1_p2-98", 3)

    found = stretch_of_window([file], tile_grid, view, bounds(tile_grid, (20, 180), (20, 180)))

    for (low, high), band in zip(found.ranges, (2, 1, 0), strict=True):
        seen = pixels[band, 20:180, 20:180]
        assert low == np.floor(np.percentile(seen, 2))
        assert high == np.ceil(np.percentile(seen, 98))
    assert parse_view(f"rgb_3-2-1_{found.text}", 3).stretch == found


def test_a_wide_window_is_measured_on_an_overview(importer, photo):
    pixels = photo(height=2000, width=2400)
    tile_grid, file = imported(importer, pixels, colours=RGB)
    view = parse_view("grey_2_p2-98", 3)

    ((low, high),) = stretch_of_window(
        [file], tile_grid, view, bounds(tile_grid, (-500, 3000), (-500, 3000))
    ).ranges

    # Averaging takes the noise away, and with it a little of the spread.
    expected = np.percentile(pixels[1], (2, 98))
    assert abs(low - expected[0]) < 12
    assert abs(high - expected[1]) < 12


def test_hidden_pixels_play_no_part(importer, photo):
    pixels = photo(count=1, height=200, width=200)
    pixels[:, :, :100] = 250
    visible = np.ones((200, 200), bool)
    visible[:, :100] = False
    tile_grid, file = imported(importer, pixels, visible=visible)

    ((_, high),) = stretch_of_window(
        [file], tile_grid, parse_view("grey_1_p2-98", 1), bounds(tile_grid, (0, 200), (0, 200))
    ).ranges

    assert high == np.ceil(np.percentile(pixels[0, :, 100:], 98))


def test_values_that_are_not_numbers_play_no_part(importer):
    heights = np.linspace(10, 11, 10_000, dtype=np.float32).reshape(1, 100, 100)
    heights[0, :, :50] = np.nan
    tile_grid, file = imported(importer, heights)

    found = stretch_of_window(
        [file], tile_grid, parse_view("grey_1_p2-98", 1), bounds(tile_grid, (0, 100), (0, 100))
    )

    expected = np.nanpercentile(heights, (2, 98))
    assert found.ranges[0] == pytest.approx(tuple(expected), abs=1e-4)
    assert parse_view(f"grey_1_{found.text}", 1).stretch == found


def test_the_range_of_an_index_is_that_of_the_index(importer):
    red = np.full((100, 100), 50, np.uint8)
    infrared = np.tile(np.linspace(50, 200, 100).astype(np.uint8), (100, 1))
    tile_grid, file = imported(importer, np.stack([red, red, red, infrared]))

    ((low, high),) = stretch_of_window(
        [file], tile_grid, parse_view("ndvi_4-1_f-0.2to0.8", 4), bounds(tile_grid, (0, 100), (0, 9))
    ).ranges

    index = (infrared[0] - 50.0) / (infrared[0] + 50.0)
    assert (low, high) == pytest.approx(tuple(np.percentile(index, (2, 98))), abs=1e-3)


@pytest.mark.parametrize(
    ("cols", "sentence"), [((-90, -10), "no picture in this window"), ((0, 50), "only one value")]
)
def test_where_nothing_can_be_stretched_the_reason_is_said(cols, sentence, importer):
    pixels = np.full((1, 100, 100), 7, np.uint8)
    pixels[0, :, 60:] = 90
    tile_grid, file = imported(importer, pixels)

    with pytest.raises(BadInput, match=sentence):
        stretch_of_window(
            [file], tile_grid, parse_view("grey_1_p2-98", 1), bounds(tile_grid, cols, (0, 100))
        )


def test_members_ask_for_it_by_the_view_and_the_window(cast, client_of, importer, photo, uploader):
    pixels = photo(height=280, width=300)
    layer = uploader.bring_in(importer.draw(pixels, colours=RGB)).layer
    asked = f"/api/projects/{cast.project.uid}/layers/{layer.uid}/stretch"
    window = {"view": "grey_2_p2-98", "bbox": "500000,3999860,500150,4000000"}

    answer = client_of(cast.vera).get(asked, window)

    low, high = (
        int(end(p))
        for end, p in zip((np.floor, np.ceil), np.percentile(pixels[1], (2, 98)), strict=True)
    )
    assert answer.json() == {"stretch": f"f{low}to{high}"}
    assert client_of(cast.vera).get(asked, window | {"view": "grey_9_p2-98"}).status_code == 422
    assert client_of(cast.vera).get(asked, window | {"bbox": "1,2,3"}).status_code == 422
    assert client_of(cast.stan).get(asked, window).status_code == 404
