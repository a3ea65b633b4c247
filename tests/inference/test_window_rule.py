import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.prediction.window_rule import (
    Extent,
    clicked_extent,
    first_factor,
    first_window,
    is_inside,
    next_window,
    window_for_clicks,
    window_round_outline,
)
from inference.windows import Grid, Window

GRID = Grid(left=0, top=0, resolution=0.6, width=4000, height=3000)


def box(window, left, top, right, bottom):
    """The extent of a mask given in the window frame."""
    return Extent(*window.to_pixel(left, top), *window.to_pixel(right, bottom))


def ask(window, mask, *, clicks=None, grid=GRID, may_shrink=True):
    places = [window.centre] if clicks is None else clicks
    return next_window(window, mask, places, grid, may_shrink=may_shrink)


def test_first_window_is_native_and_has_the_click_near_its_centre():
    window = first_window((1000, 700), size=256)
    assert window.factor == 1
    assert abs(window.centre[0] - 1000) <= 8
    assert abs(window.centre[1] - 700) <= 8


@pytest.mark.parametrize(
    ("typical_px", "factor"),
    [
        (None, 1),
        (0.35 * 256, 1),
        (0.35 * 256 * 1.4, 1),
        (0.35 * 256 * 1.42, 2),
        (0.35 * 256 / 1.4, 1),
        (0.35 * 256 / 1.42, 0.5),
        (0.35 * 256 * 8, 8),
        (0.35 * 256 * 64, 8),
        (1, 0.25),
    ],
)
def test_first_window_is_of_the_power_of_two_that_fits_a_typical_object_best(typical_px, factor):
    assert first_factor(typical_px, size=256) == factor
    window = first_window((1000, 700), size=256, typical_px=typical_px)
    assert (window.factor, window.side) == (factor, 256 * factor)
    assert is_inside(window, (1000, 700))


def test_larger_network_sees_a_typical_object_finer():
    assert first_factor(300, size=448) == first_factor(300, size=224) / 2


def test_window_stays_when_the_mask_fits_it():
    window = first_window((1000, 700), size=256)
    assert ask(window, box(window, 60, 80, 190, 200)) == window


def test_window_stays_when_nothing_was_found():
    window = first_window((1000, 700), size=256)
    assert ask(window, None) == window


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom"),
    [(20, 60, 200, 200), (60, 20, 200, 200), (60, 60, 240, 200), (60, 60, 200, 240)],
)
def test_mask_near_any_edge_makes_the_window_grow(left, top, right, bottom):
    window = first_window((1000, 700), size=256)
    grown = ask(window, box(window, left, top, right, bottom))
    assert grown.factor == 2
    mask = box(window, left, top, right, bottom)
    assert is_inside(grown, (mask.left, mask.top))
    assert is_inside(grown, (mask.right, mask.bottom))


def test_window_moves_to_a_small_whole_mask_near_its_edge():
    window = first_window((1000, 700), size=256)
    mask = box(window, 10, 100, 90, 180)
    moved = ask(window, mask, clicks=[mask.centre])
    assert moved.factor == 1
    assert abs(moved.centre[0] - mask.centre[0]) <= 8


def test_small_mask_that_the_edge_cuts_makes_the_window_grow():
    window = first_window((1000, 700), size=256)
    mask = box(window, 0, 100, 80, 180)
    assert ask(window, mask, clicks=[mask.centre]).factor == 2


def test_window_does_not_grow_over_the_end_of_the_image():
    small = Grid(left=0, top=0, resolution=0.6, width=200, height=200)
    window = Window(col=-16, row=-16, factor=1, size=256)
    assert ask(window, box(window, 16, 16, 216, 216), grid=small) == window


def test_window_halves_for_a_small_mask_down_to_a_quarter():
    window = first_window((1000, 700), size=256)
    factors = []
    for _ in range(4):
        window = ask(window, Extent(990, 690, 1005, 705))
        factors.append(window.factor)
    assert factors == [0.5, 0.25, 0.25, 0.25]


def test_grown_window_does_not_shrink():
    window = first_window((1000, 700), size=256)
    assert ask(window, Extent(990, 690, 1005, 705), may_shrink=False) == window


def test_window_does_not_shrink_away_from_a_click():
    window = first_window((1000, 700), size=256)
    far = window.to_pixel(10, 10)
    assert ask(window, Extent(990, 690, 1005, 705), clicks=[(1000, 700), far]) == window


def test_click_outside_moves_the_window_when_all_fits():
    window = first_window((1000, 700), size=256)
    clicks = [(1000, 700), (1000 + 150, 700)]
    moved = window_for_clicks(window, clicks, Extent(980, 680, 1020, 720))
    assert moved.factor == 1
    assert moved != window
    assert all(is_inside(moved, place) for place in clicks)


def test_click_far_outside_makes_the_window_grow():
    window = first_window((1000, 700), size=256)
    clicks = [(1000, 700), (2000, 700)]
    grown = window_for_clicks(window, clicks, None)
    assert grown.factor == 8
    assert all(is_inside(grown, place) for place in clicks)


@pytest.mark.parametrize("side", [10, 100, 130, 700, 5000])
def test_outline_to_refine_fills_about_half_of_its_window(side):
    window = window_round_outline(Extent(1000, 700, 1000 + side, 700 + side / 2), size=256)
    assert side / window.side <= 0.71
    assert side / window.side > 0.35 or window.factor == 0.25


@given(
    left=st.floats(0, 200),
    top=st.floats(0, 200),
    width=st.floats(1, 255),
    height=st.floats(1, 255),
    power=st.integers(-2, 5),
)
def test_next_window_always_holds_the_clicks_and_comes_to_rest(left, top, width, height, power):
    window = Window.around(2000, 1500, factor=2.0**power, size=256)
    mask = box(window, left, top, min(256, left + width), min(256, top + height))
    clicks = [mask.centre]
    grown = False
    for _ in range(12):
        after = ask(window, mask, clicks=clicks, may_shrink=not grown)
        assert all(is_inside(after, place) for place in clicks)
        if after == window:
            break
        grown = grown or after.factor > window.factor
        window = after
    else:
        pytest.fail("the window kept changing for one and the same mask")


def test_extent_ignores_parts_without_a_click():
    window = Window(col=100, row=200, factor=2, size=64)
    inside = np.zeros((64, 64), bool)
    inside[20:30, 10:40] = True
    inside[60:, 60:] = True
    place = window.to_pixel(12.5, 25.5)
    assert clicked_extent(inside, window, [place], radius_px=2) == Extent(120, 240, 180, 260)


def test_extent_takes_every_part_when_nothing_is_included():
    window = Window(col=0, row=0, factor=1, size=64)
    inside = np.zeros((64, 64), bool)
    inside[20:30, 10:40] = True
    inside[60:, 60:] = True
    assert clicked_extent(inside, window, [], radius_px=2) == Extent(10, 20, 64, 64)


def test_extent_of_a_mask_away_from_the_click_is_none():
    inside = np.zeros((64, 64), bool)
    inside[0:5, 0:5] = True
    window = Window(col=0, row=0, factor=1, size=64)
    assert clicked_extent(inside, window, [(40.0, 40.0)], radius_px=3) is None
