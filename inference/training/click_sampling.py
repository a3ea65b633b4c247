"""Clicks that a person might make, drawn from the errors of a mask.

A click is a pixel here: (row, col) of an S x S window, its centre at +0.5.
"""

import math
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inference.click_rule import LargestError, largest_error
from inference.clicks import PixelClick

FloatMap: TypeAlias = NDArray[np.float32]

THRESHOLD = 0.49
"""Probability above which a pixel counts as object when errors are looked for."""


@dataclass(frozen=True, slots=True)
class Habit:
    """Where about the deepest pixel of the largest error a click falls, at random.

    Attributes:
        deeper_than: only where the error is deeper than this share of its greatest depth.
        rim_px: only where it is at most so deep.
        reach_px: only so far from the deepest pixel ...
        reach: ... and this many greatest depths more.
    """

    deeper_than: float = 0.0
    rim_px: float = math.inf
    reach_px: float = 0.0
    reach: float = 0.0


CENTRE = Habit()
INTERIOR = Habit(deeper_than=0.5, reach=math.inf)
"""As RITM draws its clicks: in any error of that kind that is deep enough."""
JITTERED = Habit(reach_px=6.0)
NEAR_BOUNDARY = Habit(rim_px=3.0, reach=2.0)

Habits: TypeAlias = tuple[tuple[float, Habit], ...]
"""(share of the clicks, where they fall): people do not click centres."""

HABITS: Habits = ((0.40, CENTRE), (0.40, INTERIOR), (0.15, JITTERED), (0.05, NEAR_BOUNDARY))
"""People point well inside a thing, and mostly well inside what is wrong. More clicks near
boundaries taught worse answers: with 0.20 of the first ones IoU@1 fell from 0.44 to 0.34, and with
0.20 of the later ones (the fourth run of the default weights) objects under 400 px took 1.2 clicks
more to 0.85 than before, and clicks near boundaries no fewer."""


def draw_habits(count: int, rng: np.random.Generator | None) -> list[Habit]:
    """A habit for each of `count` clicks; without a generator all fall on centres."""
    if rng is None:
        return [CENTRE] * count
    drawn = rng.choice(len(HABITS), count, p=[share for share, _ in HABITS])
    return [HABITS[index][1] for index in drawn]


def next_click(
    probability: FloatMap,
    target: NDArray[np.int8],
    clicked: NDArray[np.bool_],
    habit: Habit = CENTRE,
    rng: np.random.Generator | None = None,
) -> PixelClick | None:
    """The next click on a mask, or None where no error is left.

    Args:
        probability: S x S, the mask so far.
        target: S x S: 1 object, 0 not, -1 unknown (no error there).
        clicked: S x S, pixels clicked before.
        habit: where about the deepest pixel of the largest error it falls.
        rng: draws the place; needed for every habit but `CENTRE`.

    Source: method of the RITM reference code b9b4460 (get_next_points).
    """
    missing = (target == 1) & (probability < THRESHOLD)
    error = largest_error(missing, (target == 0) & (probability > THRESHOLD), clicked)
    if error is None:
        return None
    if rng is None or habit == CENTRE:
        return PixelClick(error.row, error.col, error.include)
    rows, cols = np.nonzero(places_for(habit, error))
    if not len(rows):
        return PixelClick(error.row, error.col, error.include)
    chosen = rng.integers(len(rows))
    return PixelClick(int(rows[chosen]), int(cols[chosen]), error.include)


def places_for(habit: Habit, error: LargestError) -> NDArray[np.bool_]:
    """S x S: where a click of that habit may fall."""
    height, width = error.depth.shape
    rows, cols = np.arange(height)[:, None], np.arange(width)
    away = (rows - error.row) ** 2 + (cols - error.col) ** 2
    reach = habit.reach_px + (habit.reach * math.sqrt(error.greatest) if habit.reach else 0.0)
    deep = error.depth > habit.deeper_than**2 * error.greatest
    return np.asarray(deep & (error.depth <= habit.rim_px**2) & (away <= reach**2))


def disk_offsets(radius_px: int) -> NDArray[np.intp]:
    """(row, col) offsets, K x 2, of the pixels within `radius_px` of a pixel's centre."""
    rows, cols = np.mgrid[-radius_px : radius_px + 1, -radius_px : radius_px + 1]
    inside = rows**2 + cols**2 <= radius_px**2
    return np.column_stack([rows[inside], cols[inside]])


class Clicker(Protocol):
    """Clicks on a batch of masks, on whatever device they are."""

    @property
    def maps(self) -> Tensor:
        """B x 2 x S x S, 0 or 1: disks of the including and the excluding clicks."""

    def add(self, previous: Tensor, habits: list[Habit], rng: np.random.Generator | None) -> None:
        """One click for each sample that still has an error.

        Args:
            previous: B x 1 x S x S, probabilities.
            habits: one per sample.
            rng: draws places.
        """


class BoardClicker:
    """Clicks computed on the CPU, one sample after the other.

    Attributes:
        board: B x 2 x S x S, float32, 0 or 1.
        clicked: B x S x S.
    """

    def __init__(self, targets: Tensor, radius_px: int) -> None:
        batch, size, _ = targets.shape
        self.targets = targets.numpy()
        self.board = np.zeros((batch, 2, size, size), np.float32)
        self.clicked = np.zeros((batch, size, size), bool)
        self.offsets = disk_offsets(radius_px)

    @property
    def maps(self) -> Tensor:
        """B x 2 x S x S; a copy, as backward passes still need the maps of earlier clicks."""
        return torch.from_numpy(self.board.copy())

    def add(self, previous: Tensor, habits: list[Habit], rng: np.random.Generator | None) -> None:
        """See `Clicker`."""
        probabilities = previous[:, 0].numpy()
        for index, (target, habit) in enumerate(zip(self.targets, habits, strict=True)):
            click = next_click(probabilities[index], target, self.clicked[index], habit, rng)
            if click is not None:
                self.place(index, click)

    def place(self, index: int, click: PixelClick) -> None:
        """Add a click to sample `index`."""
        size = self.clicked.shape[-1]
        rows, cols = (self.offsets + np.array([click.row, click.col])).T
        inside = (rows >= 0) & (rows < size) & (cols >= 0) & (cols < size)
        self.board[index, 0 if click.include else 1, rows[inside], cols[inside]] = 1
        self.clicked[index, click.row, click.col] = True
