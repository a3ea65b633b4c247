"""Where simulated clicks fall."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.clicks import PixelClick
from inference.training.click_sampling import (
    INTERIOR,
    JITTERED,
    NEAR_BOUNDARY,
    BoardClicker,
    disk_offsets,
    next_click,
)

SHARED = Path(os.environ.get("SEGMAP_SHARED", Path(__file__).parents[3] / "shared"))
SIMULATOR = SHARED / "reference" / "parity" / "click_simulator.npz"

NOTHING = np.zeros((32, 32), np.float32)
UNCLICKED = np.zeros((32, 32), bool)


def square(top: int, left: int, side: int) -> np.ndarray:
    target = np.zeros((32, 32), np.int8)
    target[top : top + side, left : left + side] = 1
    return target


def test_the_first_click_is_the_centre_of_the_object():
    assert next_click(NOTHING, square(4, 10, 9), UNCLICKED) == PixelClick(8, 14, include=True)


def test_the_larger_error_is_clicked_with_its_own_sign():
    target = square(2, 2, 5)
    covered = square(15, 15, 11).astype(np.float32)
    assert next_click(covered, target, UNCLICKED) == PixelClick(20, 20, include=False)
    assert next_click(square(25, 25, 3).astype(np.float32), target, UNCLICKED) == PixelClick(
        4, 4, include=True
    )


def test_two_errors_of_one_size_are_answered_by_excluding():
    click = next_click(square(20, 20, 5).astype(np.float32), square(2, 2, 5), UNCLICKED)
    assert click == PixelClick(22, 22, include=False)


def test_random_clicks_keep_to_the_interior_of_the_error():
    target = square(8, 8, 15)
    rng = np.random.default_rng(4)
    clicks = [next_click(NOTHING, target, UNCLICKED, INTERIOR, rng) for _ in range(200)]
    # The greatest distance is 8, so every click is more than 4 from the outside: 4 px in.
    assert {(c.row, c.col) for c in clicks} > {(15, 15)}
    assert all(12 <= c.row <= 18 and 12 <= c.col <= 18 and c.include for c in clicks)
    assert len({(c.row, c.col) for c in clicks}) > 30


def test_jittered_clicks_keep_near_the_middle_of_the_error():
    target = square(2, 2, 27)
    rng = np.random.default_rng(5)
    clicks = [next_click(NOTHING, target, UNCLICKED, JITTERED, rng) for _ in range(200)]
    away = [np.hypot(c.row - 15, c.col - 15) for c in clicks]
    assert max(away) <= 6
    assert np.mean(away) > 3


def test_clicks_near_the_boundary_lie_in_the_error_that_is_largest():
    target = square(2, 2, 13) | square(24, 24, 5)
    rng = np.random.default_rng(6)
    clicks = [next_click(NOTHING, target, UNCLICKED, NEAR_BOUNDARY, rng) for _ in range(200)]
    depths = [min(c.row - 1, 15 - c.row, c.col - 1, 15 - c.col) for c in clicks]
    assert min(depths) >= 1
    assert max(depths) <= 3


def test_an_error_clicked_everywhere_but_in_its_middle_is_clicked_there():
    target = square(10, 10, 9)
    clicked = target == 1
    clicked[14, 14] = False
    rng = np.random.default_rng(7)
    assert next_click(NOTHING, target, clicked, NEAR_BOUNDARY, rng) == PixelClick(14, 14, True)


def test_a_clicked_pixel_is_not_clicked_again():
    clicked = UNCLICKED.copy()
    clicked[8, 14] = True
    click = next_click(NOTHING, square(4, 10, 9), clicked)
    assert (click.row, click.col) != (8, 14)


def test_unknown_pixels_are_no_error():
    target = square(4, 10, 9)
    target[target == 1] = -1
    assert next_click(NOTHING, target, UNCLICKED) is None
    assert next_click(np.ones((32, 32), np.float32), np.abs(target) * 0 - 1, UNCLICKED) is None


def test_a_right_mask_needs_no_click():
    target = square(4, 10, 9)
    assert next_click(target.astype(np.float32), target, UNCLICKED) is None


@pytest.mark.skipif(
    not SIMULATOR.is_file(), reason="the recorded clicks of the shared data are not here"
)
def test_centre_clicks_equal_those_of_the_authors_simulator():
    recorded = np.load(SIMULATOR)
    compared = 0
    for truth, predictions, clicks in zip(
        recorded["truth"], recorded["predictions"], recorded["clicks_fresh"], strict=True
    ):
        target = np.where(truth == -1, -1, truth == 1).astype(np.int8)
        for prediction, (row, col, include) in zip(predictions, clicks, strict=True):
            ours = next_click(prediction.astype(np.float32), target, np.zeros(target.shape, bool))
            if ours is None:  # the authors' simulator then answers with a negative (0, 0)
                assert (row, col, include) == (0, 0, 0)
            else:
                assert (ours.row, ours.col, ours.include) == (row, col, bool(include))
                compared += 1
    assert compared > 1000


def test_a_disk_covers_the_pixels_within_its_radius():
    assert len(disk_offsets(3)) == 29
    board = BoardClicker(torch.zeros(2, 16, 16, dtype=torch.int8), 3)
    board.place(1, PixelClick(8, 5, include=True))
    board.place(1, PixelClick(0, 15, include=False))
    assert board.board[0].sum() == 0
    assert board.board[1, 0].sum() == 29
    assert board.board[1, 0, 8, 2:9].all()
    assert board.board[1, 1].sum() == 11  # the quarter that lies in the window
    assert board.clicked[1].sum() == 2
