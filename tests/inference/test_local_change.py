import numpy as np
import pytest

from inference.clicks import WindowClick
from inference.prediction.local_change import change_locally
from inference.prediction.previous_mask import PreviousMask
from inference.windows import Window

SIZE = 64
HERE = Window(0, 0, 1, SIZE)


def mask(*boxes, window=HERE, inside=220, outside=30):
    """A mask of boxes (first row, first col, last row, last col; window frame)."""
    values = np.full((window.size, window.size), outside, np.uint8)
    for top, left, bottom, right in boxes:
        values[top:bottom, left:right] = inside
    return PreviousMask(window, values)


def changed(found, before, row, col, *, include=True):
    click = WindowClick(col + 0.5, row + 0.5, include)
    return change_locally(found, before, click, threshold=0.5, reach_px=3)


def test_piece_under_the_click_is_added_and_another_is_not():
    before = mask((10, 10, 20, 20))
    found = mask((10, 10, 20, 30), (40, 40, 50, 50))
    after = changed(found, before, 15, 25)
    assert np.array_equal(after.inside(0.5), mask((10, 10, 20, 30)).inside(0.5))


def test_piece_under_the_click_is_taken_away_and_another_stays():
    before = mask((10, 10, 20, 30), (40, 40, 50, 50))
    found = mask((10, 10, 20, 20))
    after = changed(found, before, 15, 25, include=False)
    assert np.array_equal(after.inside(0.5), mask((10, 10, 20, 20), (40, 40, 50, 50)).inside(0.5))


def test_far_from_the_click_probabilities_stay_to_the_bit():
    before = mask((10, 10, 20, 20), outside=17)
    after = changed(mask((10, 10, 20, 30), outside=60), before, 15, 25)
    assert np.array_equal(after.values[40:], before.values[40:])


@pytest.mark.parametrize(("first_col", "counts"), [(23, True), (27, False)])
def test_another_piece_counts_as_far_as_the_clicks_disk_reaches(first_col, counts):
    before = mask((10, 10, 20, 20))
    found = mask((10, 10, 20, 20), (30, 15, 40, 21), (30, first_col, 40, 40))
    after = changed(found, before, 35, 20).inside(0.5)
    assert after[35, 18]
    assert after[35, 38] == counts


def test_click_that_changed_nothing_near_it_leaves_what_was_found():
    found = mask((10, 10, 20, 20), (40, 40, 50, 50))
    assert changed(found, mask((10, 10, 20, 20)), 15, 15) is found


def test_what_the_mask_before_did_not_see_is_taken_as_found():
    before = mask((10, 10, 20, 20), window=Window(0, 0, 1, 32))
    found = mask((10, 10, 20, 30), (40, 40, 50, 50))
    assert changed(found, before, 15, 25).inside(0.5)[45, 45]


def test_mask_before_is_compared_in_the_window_of_the_newest_pass():
    before = mask((20, 20, 40, 40), window=Window(0, 0, 0.5, 2 * SIZE))  # Half as coarse.
    found = mask((10, 10, 20, 30), (40, 40, 50, 50))
    after = changed(found, before, 15, 25).inside(0.5)
    assert after[15, 25]
    assert not after[45, 45]
