import numpy as np
import pytest

from inference.clicks import PixelClick
from inference.evaluation.methods import InteractiveMethod, TimedNetwork
from inference.evaluation.objects import LabelledPicture, Target
from inference.evaluation.old_outlines import old_mask_of, outline_of
from inference.evaluation.picture_reader import picture_grid
from inference.evaluation.simulation import Frame
from tests.drawn.click_layers import GROUND, PLANT, ColourNetwork

HEIGHT, WIDTH = 90, 140


def picture_with(box):
    """A picture with one plant of a box (first row, first col, height, width)."""
    top, left, height, width = box
    numbered = np.zeros((HEIGHT, WIDTH), np.uint16)
    numbered[top : top + height, left : left + width] = 1
    pixels = np.where(numbered[:, :, None] == 1, PLANT, GROUND).astype(np.uint8)
    target = Target("field", "a", 1, "plant", height * width, False, box)
    return LabelledPicture(pixels, numbered, (target,)), target


@pytest.mark.parametrize(
    "box", [(30, 40, 20, 50), (0, 0, 12, 30), (60, 100, 30, 40), (5, 120, 80, 20)]
)
def test_old_mask_is_wrong_but_overlaps_and_is_the_same_again(box):
    picture, target = picture_with(box)
    truth = picture.numbered == 1
    old = old_mask_of(picture, target)
    assert old.shape == truth.shape
    assert 0.2 < np.count_nonzero(old & truth) / np.count_nonzero(old | truth) < 1
    assert np.array_equal(old, old_mask_of(picture, target))


def test_outline_covers_the_pixels_of_its_mask():
    picture, target = picture_with((30, 40, 20, 50))
    old = old_mask_of(picture, target)
    grid = picture_grid(HEIGHT, WIDTH)
    drawn = Frame(0, 0, WIDTH, HEIGHT).draw(outline_of(old, grid), grid)
    assert np.array_equal(drawn, old)


def test_attempt_begins_with_the_old_mask_and_goes_on_from_it():
    picture, target = picture_with((30, 40, 20, 50))
    truth, old = picture.numbered == 1, old_mask_of(picture, target)
    attempt = InteractiveMethod(TimedNetwork(ColourNetwork()), 64, edits=True).begin(
        picture, target
    )
    assert np.array_equal(attempt.start, old)
    assert attempt.draft.start_outline is not None
    mended = attempt.add(PixelClick(40, 65, include=True)).mask
    assert np.count_nonzero(mended != truth) < 0.1 * np.count_nonzero(old != truth)


def test_without_edits_an_attempt_begins_with_nothing():
    picture, target = picture_with((30, 40, 20, 50))
    attempt = InteractiveMethod(TimedNetwork(ColourNetwork()), 64).begin(picture, target)
    assert not attempt.start.any()
