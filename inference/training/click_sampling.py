"""Clicks that a person might make, drawn from the errors of a mask.

A click is a pixel here: (row, col) of an S x S window, its centre at +0.5.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

FloatMap: TypeAlias = NDArray[np.float32]

THRESHOLD = 0.49
"""Probability above which a pixel counts as object when errors are looked for."""

INTERIOR = 0.5
"""Random clicks fall where the distance to the error's edge exceeds this share of its greatest."""


@dataclass(frozen=True, slots=True)
class PixelClick:
    """A click at the centre of a pixel."""

    row: int
    col: int
    include: bool


def squared_distances(region: NDArray[np.bool_], clicked: NDArray[np.bool_]) -> FloatMap:
    """Squared distance of each pixel of `region` to its outside; 0 at pixels clicked before.

    The window's edge counts as outside. Squared distances between pixels are whole numbers, so
    rounded ones tie where they should.
    """
    padded = np.pad(region.astype(np.uint8), 1)
    found = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    return np.where(clicked, np.float32(0), np.rint(found * found)).astype(np.float32)


def next_click(
    probability: FloatMap,
    target: NDArray[np.int8],
    clicked: NDArray[np.bool_],
    rng: np.random.Generator | None = None,
) -> PixelClick | None:
    """The next click on a mask, or None where no error is left.

    The larger error is the one with the larger inscribed circle; a click includes only if what is
    missing is strictly larger than what is too much.

    Args:
        probability: S x S, the mask so far.
        target: S x S: 1 object, 0 not, -1 unknown (no error there).
        clicked: S x S, pixels clicked before.
        rng: draws a place from the interior of the error; without it the click falls on the
            first pixel of greatest distance.

    Source: method of the RITM reference code b9b4460 (get_next_points; Clicker).
    """
    covered = probability > THRESHOLD
    missing = squared_distances((target == 1) & (probability < THRESHOLD), clicked)
    too_much = squared_distances((target == 0) & covered, clicked)
    include = bool(missing.max() > too_much.max())
    distance = missing if include else too_much
    greatest = float(distance.max())
    if greatest == 0:
        return None
    if rng is None:
        places = np.flatnonzero(distance == greatest)[:1]
    else:
        places = np.flatnonzero(distance > INTERIOR**2 * greatest)
    chosen = places[0] if rng is None else places[rng.integers(len(places))]
    row, col = np.unravel_index(chosen, distance.shape)
    return PixelClick(int(row), int(col), include)


def disk_offsets(radius_px: int) -> NDArray[np.intp]:
    """(row, col) offsets, K x 2, of the pixels within `radius_px` of a pixel's centre."""
    rows, cols = np.mgrid[-radius_px : radius_px + 1, -radius_px : radius_px + 1]
    inside = rows**2 + cols**2 <= radius_px**2
    return np.column_stack([rows[inside], cols[inside]])


class ClickBoard:
    """The click maps of a batch, and which pixels were clicked.

    Attributes:
        maps: B x 2 x S x S, float32, 0 or 1: disks of the including and the excluding clicks.
        clicked: B x S x S.
    """

    def __init__(self, batch: int, size: int, radius_px: int) -> None:
        self.maps = np.zeros((batch, 2, size, size), np.float32)
        self.clicked = np.zeros((batch, size, size), bool)
        self.offsets = disk_offsets(radius_px)

    def place(self, index: int, click: PixelClick) -> None:
        """Add a click to sample `index`."""
        size = self.clicked.shape[-1]
        rows, cols = (self.offsets + np.array([click.row, click.col])).T
        inside = (rows >= 0) & (rows < size) & (cols >= 0) & (cols < size)
        self.maps[index, 0 if click.include else 1, rows[inside], cols[inside]] = 1
        self.clicked[index, click.row, click.col] = True
