import math
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon

from inference.clicks import WindowClick
from inference.messages import OutlineRules
from inference.prediction.outline import trace
from inference.prediction.previous_mask import PreviousMask, to_8_bit
from inference.prediction.start_mask import mask_from_outline
from inference.windows import Window
from tests.drawn.click_layers import LEFT, RESOLUTION, TOP, grid

EXACT = OutlineRules(keep="all", min_part_px=0, min_hole_px=0, deviation_px=0)
CORNER = 1 / 8  # contours cut a corner of a binary mask by half a pixel either way


def mask_of(inside, *, col=0.0, row=0.0, factor=1.0):
    window = Window(col=col, row=row, factor=factor, size=inside.shape[0])
    return PreviousMask(window, to_8_bit(inside.astype(np.float32)))


def square(first_col, first_row, last_col, last_row, *, size=32):
    inside = np.zeros((size, size), bool)
    inside[first_row:last_row, first_col:last_col] = True
    return inside


def outline_of(mask, rules=EXACT, *, clicks=(), width=1000, height=1000):
    return trace(mask, grid(width, height), clicks, rules, reach_px=3)


@pytest.mark.parametrize("factor", [0.25, 1, 4])
def test_square_of_pixels_has_its_outline_on_the_pixels_edges(factor):
    mask = mask_of(square(8, 4, 20, 28), col=160, row=320, factor=factor)
    geometry = outline_of(mask).geometry
    pixel = RESOLUTION * factor
    left, top = LEFT + 160 * RESOLUTION, TOP - 320 * RESOLUTION
    expected = (left + 8 * pixel, top - 28 * pixel, left + 20 * pixel, top - 4 * pixel)
    assert geometry.bounds == pytest.approx(expected, abs=1e-6)
    assert geometry.area == pytest.approx((12 * 24 - 4 * CORNER) * pixel**2, abs=1e-6)


def test_outline_is_finer_than_the_pixels():
    # The field falls linearly over the columns: 0.5 lies between the centres 10.5 and 11.5.
    columns = np.clip((21.3 - (np.arange(32) + 0.5)) / 20.6, 0, 1)
    mask = PreviousMask(Window(0, 0, 1, 32), to_8_bit(np.tile(columns, (32, 1)).astype(np.float32)))
    right = outline_of(mask).geometry.bounds[2]
    assert (right - LEFT) / RESOLUTION == pytest.approx(11.0, abs=0.08)


def test_hole_is_kept():
    inside = square(4, 4, 28, 28)
    inside[12:18, 12:18] = False
    (part,) = outline_of(mask_of(inside)).geometry.geoms
    assert len(part.interiors) == 1
    hole = Polygon(part.interiors[0])
    assert hole.area == pytest.approx((36 - 4 * CORNER) * RESOLUTION**2)


@pytest.mark.parametrize(("factor", "kept"), [(1, 0), (4, 1)])
def test_holes_are_filled_below_their_least_size_in_native_pixels(factor, kept):
    inside = square(4, 4, 28, 28)
    inside[12:14, 12:14] = False
    rules = EXACT.model_copy(update={"min_hole_px": 9})
    (part,) = outline_of(mask_of(inside, factor=factor), rules).geometry.geoms
    assert len(part.interiors) == kept


def test_filled_holes_are_counted_and_kept_ones_are_not():
    inside = square(4, 4, 28, 28)
    inside[8:10, 8:10] = False
    inside[8:10, 20:22] = False
    inside[18:24, 18:24] = False
    outline = outline_of(mask_of(inside), EXACT.model_copy(update={"min_hole_px": 9}))
    assert outline.holes_filled == 2
    assert sum(len(part.interiors) for part in outline.geometry.geoms) == 1


def test_parts_below_the_least_size_are_counted_apart():
    rules = OutlineRules(keep="clicked", min_part_px=25, deviation_px=0)
    outline = outline_of(two_parts(), rules, clicks=[WindowClick(5.5, 5.5, include=True)])
    assert (outline.parts_left_out, outline.specks_left_out) == (1, 1)
    outline = outline_of(two_parts(), rules.model_copy(update={"keep": "all"}))
    assert (outline.parts_left_out, outline.specks_left_out) == (0, 1)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), least=st.sampled_from([0, 9, 60, 400]))
def test_every_part_and_hole_of_the_field_is_kept_or_counted(seed, least):
    mask = PreviousMask(Window(0, 0, 1, 48), to_8_bit(smooth_field(seed)))
    everything = outline_of(mask).geometry.geoms
    rules = OutlineRules(keep="all", min_part_px=least, min_hole_px=least, deviation_px=0)
    outline = outline_of(mask, rules)
    assert len(outline.geometry.geoms) + outline.specks_left_out == len(everything)
    large = [part for part in everything if part.area >= least * RESOLUTION**2 - 1e-6]
    holes = sum(len(part.interiors) for part in large)
    kept = sum(len(part.interiors) for part in outline.geometry.geoms)
    assert kept + outline.holes_filled == holes


def two_parts():
    inside = square(2, 2, 12, 12)
    inside[20:30, 20:30] = True
    inside[25, 5] = True  # a speck
    return mask_of(inside)


def test_only_the_clicked_part_is_kept_and_the_others_are_counted():
    rules = OutlineRules(keep="clicked", min_part_px=25, deviation_px=0)
    outline = outline_of(two_parts(), rules, clicks=[WindowClick(5.5, 5.5, include=True)])
    assert len(outline.geometry.geoms) == 1
    assert outline.geometry.bounds[0] == pytest.approx(LEFT + 2 * RESOLUTION)
    assert outline.parts_left_out == 1


def test_all_keeps_every_part_of_the_least_size():
    rules = OutlineRules(keep="all", min_part_px=25, deviation_px=0)
    outline = outline_of(two_parts(), rules, clicks=[WindowClick(5.5, 5.5, include=True)])
    assert len(outline.geometry.geoms) == 2
    assert outline.parts_left_out == 0


def test_parts_left_out_are_in_the_outline_of_all_parts():
    rules = OutlineRules(keep="clicked", min_part_px=25, min_hole_px=9, deviation_px=0.5)
    clicks = [WindowClick(5.5, 5.5, include=True)]
    inside = square(2, 2, 12, 12)
    inside[20:32, 20:32] = True
    inside[25:27, 25:27] = False
    inside[15, 15] = True  # a speck
    where = {"clicks": clicks, "width": 32, "height": 32}
    outline = outline_of(mask_of(inside), rules, **where)
    both = outline.all_parts
    under_all = outline_of(mask_of(inside), rules.model_copy(update={"keep": "all"}), **where)
    assert replace(both, geometry=None) == replace(under_all, geometry=None)
    assert both.geometry.normalize() == under_all.geometry.normalize()
    assert (outline.specks_left_out, both.specks_left_out) == (1, 1)
    assert (outline.holes_filled, both.holes_filled) == (0, 1)
    assert (outline.is_cut_at_image_edge, both.is_cut_at_image_edge) == (False, True)
    # To the bit, so that nothing moves where all parts are kept.
    assert shapely.to_wkb(both.geometry.geoms[0]) == shapely.to_wkb(outline.geometry.geoms[0])


def test_outline_that_leaves_no_part_out_has_no_other():
    rules = OutlineRules(keep="all", min_part_px=25)
    assert outline_of(two_parts(), rules).all_parts is None


def test_clicked_speck_is_kept():
    rules = OutlineRules(keep="clicked", min_part_px=25, deviation_px=0)
    outline = outline_of(two_parts(), rules, clicks=[WindowClick(5.5, 25.5, include=True)])
    assert outline.geometry.area == pytest.approx(0.5 * RESOLUTION**2)
    assert outline.parts_left_out == 2


def test_click_just_beside_a_part_keeps_it_and_no_other():
    rules = OutlineRules(keep="clicked", deviation_px=0)
    beside = outline_of(two_parts(), rules, clicks=[WindowClick(13.5, 5.5, include=True)])
    assert len(beside.geometry.geoms) == 1
    far = outline_of(two_parts(), rules, clicks=[WindowClick(16.0, 16.0, include=True)])
    assert far.geometry.is_empty


def test_exclude_click_keeps_nothing():
    rules = OutlineRules(keep="clicked", deviation_px=0)
    outline = outline_of(two_parts(), rules, clicks=[WindowClick(5.5, 5.5, include=False)])
    assert outline.geometry.is_empty


def test_empty_mask_gives_an_empty_outline():
    outline = outline_of(mask_of(np.zeros((32, 32), bool)))
    assert isinstance(outline.geometry, MultiPolygon)
    assert outline.geometry.is_empty
    assert not outline.is_cut_at_image_edge


def test_object_ends_exactly_on_the_end_of_the_image():
    # The image ends at column 20.5 of the window; the mask goes on to the window's end.
    mask = mask_of(square(4, 4, 32, 28), col=79.5, row=100)
    outline = outline_of(mask, width=100, height=1000)
    assert outline.is_cut_at_image_edge
    assert outline.geometry.bounds[2] == pytest.approx(LEFT + 100 * RESOLUTION, abs=1e-6)


def test_object_that_leaves_the_window_ends_exactly_on_its_edge():
    outline = outline_of(mask_of(square(4, 0, 32, 28), col=160, row=160))
    assert not outline.is_cut_at_image_edge
    expected = (
        LEFT + 164 * RESOLUTION,
        TOP - 188 * RESOLUTION,
        LEFT + 192 * RESOLUTION,
        TOP - 160 * RESOLUTION,
    )
    assert outline.geometry.bounds == pytest.approx(expected, abs=1e-6)


def test_window_beyond_the_image_gives_nothing():
    outline = outline_of(mask_of(square(0, 0, 32, 32), col=5000, row=0))
    assert outline.geometry.is_empty


def smooth_field(seed, *, size=48):
    """A field of blobs and holes with values on both sides of 0.5."""
    random = np.random.default_rng(seed)
    coarse = random.random((8, 8)).astype(np.float32)
    places = np.linspace(0, 7, size)
    low = np.clip(places.astype(int), 0, 6)
    part = (places - low)[:, None]
    rows = coarse[low] * (1 - part) + coarse[low + 1] * part
    return (rows[:, low].T * (1 - part) + rows[:, low + 1].T * part).T.astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), deviation=st.sampled_from([0.0, 0.5, 2.0]))
def test_outline_is_valid_and_strays_no_further_than_stated(seed, deviation):
    mask = PreviousMask(Window(0, 0, 1, 48), to_8_bit(smooth_field(seed)))
    rules = EXACT.model_copy(update={"deviation_px": deviation})
    exact, simplified = outline_of(mask), outline_of(mask, rules)
    assert exact.geometry.is_valid
    assert simplified.geometry.is_valid
    assert exact.repair_share == 0
    if simplified.repair_share == 0 and not exact.geometry.is_empty:
        distance = shapely.hausdorff_distance(exact.geometry, simplified.geometry)
        assert distance <= deviation * RESOLUTION + 1e-6


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_outline_holds_what_is_above_a_half_and_nothing_else(seed):
    values = to_8_bit(smooth_field(seed))
    geometry = outline_of(PreviousMask(Window(0, 0, 1, 48), values)).geometry
    rows, cols = np.mgrid[:48, :48] + 0.5
    inside = shapely.contains_xy(geometry, LEFT + cols * RESOLUTION, TOP - rows * RESOLUTION)
    assert np.array_equal(inside, values > 127)


@pytest.mark.parametrize("noise_seed", range(5))
def test_noise_gives_a_valid_outline(noise_seed):
    random = np.random.default_rng(noise_seed)
    mask = PreviousMask(Window(0, 0, 1, 64), random.integers(0, 256, (64, 64), dtype=np.uint8))
    rules = OutlineRules(keep="all", min_part_px=0, min_hole_px=0, deviation_px=2)
    outline = outline_of(mask, rules)
    assert outline.geometry.is_valid
    assert all(isinstance(part, Polygon) for part in outline.geometry.geoms)
    assert math.isfinite(outline.repair_share)


def test_mask_made_from_an_outline_has_that_outline():
    mask = mask_of(square(8, 4, 20, 28), col=160, row=320)
    geometry = outline_of(mask).geometry
    again = mask_from_outline(geometry, grid(1000, 1000), mask.window)
    assert np.array_equal(again.values, mask.values)


def test_mask_made_from_an_outline_leaves_its_holes_out():
    inside = square(4, 4, 28, 28)
    inside[12:18, 12:18] = False
    mask = mask_of(inside, col=64, row=32, factor=2)
    again = mask_from_outline(outline_of(mask).geometry, grid(1000, 1000), mask.window)
    assert np.array_equal(again.values, mask.values)
