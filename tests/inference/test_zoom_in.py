import numpy as np
import pytest

from inference.clicks import PixelClick
from inference.prediction.zoom_in import Box, ZoomRules

SHAPE = (600, 800)


def found(first_row, last_row, first_col, last_col):
    probabilities = np.zeros(SHAPE, np.float32)
    probabilities[first_row : last_row + 1, first_col : last_col + 1] = 0.9
    return probabilities


def include(row, col):
    return PixelClick(row, col, include=True)


def test_first_click_sees_the_whole_image():
    assert ZoomRules().next_box(None, None, [include(5, 5)], SHAPE) == Box(0, 599, 0, 799)


def test_whole_image_at_its_own_size_while_clicks_are_skipped():
    rules = ZoomRules(skip_clicks=1)
    assert rules.next_box(None, None, [include(5, 5)], SHAPE) is None
    earlier = found(200, 399, 300, 499)
    box = rules.next_box(None, earlier, [include(250, 350), include(260, 360)], SHAPE)
    assert box is not None


def test_box_is_the_object_enlarged_by_two_fifths():
    box = ZoomRules().next_box(None, found(200, 399, 300, 499), [include(250, 350)], SHAPE)
    # Centre 299.5, half of 1.4 * 200 = 140: 159.5 and 439.5, rounded to even.
    assert box == Box(160, 440, 260, 540)


def test_small_object_gets_two_hundred_pixels():
    box = ZoomRules().next_box(None, found(300, 309, 400, 409), [include(305, 405)], SHAPE)
    # Centre 304.5 and 404.5, half of 200: 204.5, 404.5 and 304.5, 504.5, rounded to even.
    assert box == Box(204, 404, 304, 504)


def test_what_the_border_cuts_off_is_not_added_elsewhere():
    box = ZoomRules().next_box(None, found(0, 9, 790, 799), [include(5, 795)], SHAPE)
    assert box is not None
    assert (box.first_row, box.last_col) == (0, 799)
    assert box.height < 200
    assert box.width < 200


def test_box_reaches_to_clicks_that_the_mask_does_not_cover():
    clicks = [include(250, 350), include(550, 700), PixelClick(10, 10, include=False)]
    box = ZoomRules().next_box(None, found(200, 399, 300, 499), clicks, SHAPE)
    assert box is not None
    assert box.holds(clicks[1])
    assert not box.holds(clicks[2])


def test_box_stays_while_the_wanted_one_overlaps_enough():
    first = ZoomRules().next_box(None, found(200, 399, 300, 499), [include(250, 350)], SHAPE)
    larger = found(200, 449, 300, 519)
    assert ZoomRules().next_box(first, larger, [include(250, 350)], SHAPE) == first


def test_box_is_renewed_when_the_wanted_one_is_elsewhere():
    click = include(390, 490)
    first = ZoomRules().next_box(None, found(200, 399, 300, 499), [click], SHAPE)
    # 151 of 331 rows and of 331 columns are common: 0.21 of the area.
    corner = ZoomRules().next_box(first, found(380, 399, 480, 499), [click], SHAPE)
    assert corner == Box(290, 490, 390, 590)


@pytest.mark.parametrize(("row", "stays"), [(439, True), (440, False)])
def test_click_in_the_last_row_forces_a_new_box(row, stays):
    box = Box(160, 440, 260, 540)
    earlier = found(200, 399, 300, 499)
    after = ZoomRules().next_box(box, earlier, [include(row, 400)], SHAPE)
    assert (after == box) is stays


def test_longest_side_as_target_keeps_the_shape():
    assert ZoomRules(target=400).network_size(Box(0, 299, 0, 599)) == (200, 400)


def test_zooming_from_no_click_on_is_refused():
    with pytest.raises(ValueError, match="skip_clicks"):
        ZoomRules(skip_clicks=0)
