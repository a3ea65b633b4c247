"""Where to look: which window the next pass sees. Pure geometry in the pixel frame.

A window follows from the draft alone (its clicks and masks), never from what the page shows, so
a replay gives the same windows and the zoom of the map changes nothing.

Limits are shares of the window's side: they were set by the design and are to be measured.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.windows import Grid, Window

NEAR_EDGE = 0.1
SMALL = 0.3
MOVABLE = 0.5
"""A mask up to this long fits a window of the same factor well, so the window moves to it."""

FILLED = 0.5
"""A start outline is given a window of which it fills about this much (0.35 to 0.71: factors are
powers of two)."""

TYPICAL = 0.35
"""A typical object is given a first window of which it fills about this much. Of 192 real objects
whose length was known, shares of 0.3 to 0.35 gave the best first masks (docs/decisions/0002)."""

FINEST_FACTOR = 0.25
COARSEST_FIRST_FACTOR = 8
"""A first window reads no more than 8 x 8 native pixels per pixel: what is larger than that is
reached by growing."""

CUT_PX = 1.5
"""A mask that comes this near to the window's edge, in window pixels, is taken as cut there."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A box in the pixel frame."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def longest(self) -> float:
        """Its longer side, in native pixels."""
        return max(self.right - self.left, self.bottom - self.top)

    @property
    def centre(self) -> tuple[float, float]:
        """(col, row)."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def joined(self, places: Iterable[tuple[float, float]]) -> "Extent":
        """The smallest box around this one and some (col, row) places."""
        cols, rows = zip((self.left, self.top), (self.right, self.bottom), *places, strict=True)
        return Extent(min(cols), min(rows), max(cols), max(rows))


def first_window(
    place: tuple[float, float], *, size: int, typical_px: float | None = None
) -> Window:
    """The window of a draft's first pass, round the click.

    Args:
        place: (col, row) of the click.
        size: side of the network's windows.
        typical_px: longest side of a typical object, native pixels, which the window is made to
            fit; None: native pixels.
    """
    return Window.around(*place, factor=first_factor(typical_px, size=size), size=size)


def first_factor(typical_px: float | None, *, size: int) -> float:
    """The power of two at which a typical object fills nearest to `TYPICAL` of the window's side.

    Nearest as a ratio, as factors are; within `FINEST_FACTOR` and `COARSEST_FIRST_FACTOR`.
    """
    if typical_px is None:
        return 1
    power = round(math.log2(typical_px / (TYPICAL * size)))
    return min(max(2.0**power, FINEST_FACTOR), COARSEST_FIRST_FACTOR)


def window_round_outline(outline: Extent, *, size: int) -> Window:
    """The window for refining an outline: it fills about half of it."""
    factor = outline.longest / (FILLED * size)
    power = round(math.log2(max(factor, FINEST_FACTOR)))
    return Window.around(*outline.centre, factor=2.0**power, size=size)


def window_for_clicks(
    window: Window, clicks: Sequence[tuple[float, float]], mask: Extent | None
) -> Window:
    """The same window, or one that all clicks lie in; asked before a click's first pass.

    It moves where clicks and mask fit into the same factor, else it grows.
    """
    if all(is_inside(window, place) for place in clicks):
        return window
    start = mask or Extent(*clicks[0], *clicks[0])
    wanted = start.joined(clicks)
    factor = window.factor
    while wanted.longest > (1 - 2 * NEAR_EDGE) * window.size * factor:
        factor *= 2
    return Window.around(*wanted.centre, factor=factor, size=window.size)


def next_window(
    window: Window,
    mask: Extent | None,
    clicks: Sequence[tuple[float, float]],
    grid: Grid,
    *,
    may_shrink: bool,
) -> Window:
    """The window of the next pass: the same one where nothing speaks against it.

    Args:
        window: the one the mask was predicted in.
        mask: extent of the parts that were clicked; None where nothing was found.
        clicks: all places (col, row), whatever their polarity.
        grid: the layer; where it ends there is nothing to grow to.
        may_shrink: False at a first click, and once the window has grown within this click.
    """
    if mask is None:
        return window
    if is_near_edge(window, mask, grid, NEAR_EDGE * window.side):
        cut = is_near_edge(window, mask, grid, CUT_PX * window.factor)
        wanted = mask.joined(clicks)
        fits = not cut and wanted.longest <= MOVABLE * window.side
        factor = window.factor if fits else window.factor * 2
        return holding(Window.around(*mask.centre, factor=factor, size=window.size), clicks)
    if may_shrink and mask.longest < SMALL * window.side and window.factor > FINEST_FACTOR:
        smaller = Window.around(*mask.centre, factor=window.factor / 2, size=window.size)
        if all(is_inside(smaller, place) for place in clicks):
            return smaller
    return window


def holding(window: Window, places: Sequence[tuple[float, float]]) -> Window:
    """The window, shifted as little as needed for the places to lie in it (if they fit)."""
    cols, rows = zip(*places, strict=True)
    step = window.size * window.factor / 16
    shift_col = shift(window.col, window.side, min(cols) - step, max(cols) + step)
    shift_row = shift(window.row, window.side, min(rows) - step, max(rows) + step)
    if not shift_col and not shift_row:
        return window
    col, row = window.centre
    return Window.around(col + shift_col, row + shift_row, factor=window.factor, size=window.size)


def shift(start: float, length: float, low: float, high: float) -> float:
    """How far [start, start + length] must move to hold [low, high]."""
    if low < start:
        return low - start
    return max(0.0, high - start - length)


def is_inside(window: Window, place: tuple[float, float]) -> bool:
    """Whether a (col, row) place lies in a window."""
    u, v = window.to_window(*place)
    return 0 <= u < window.size and 0 <= v < window.size


def is_near_edge(window: Window, mask: Extent, grid: Grid, margin: float) -> bool:
    """Whether a mask comes within `margin` native pixels of an edge where the layer goes on."""
    right, bottom = window.col + window.side, window.row + window.side
    return (
        (window.col > 0 and mask.left < window.col + margin)
        or (window.row > 0 and mask.top < window.row + margin)
        or (right < grid.width and mask.right > right - margin)
        or (bottom < grid.height and mask.bottom > bottom - margin)
    )


def clicked_parts(
    inside: npt.NDArray[np.bool_],
    window: Window,
    include: Sequence[tuple[float, float]],
    *,
    radius_px: int,
) -> npt.NDArray[np.bool_]:
    """The parts of a mask that lie within `radius_px` of an include click.

    Without include clicks (a label is being refined by excludes alone) every part counts.

    Args:
        inside: S x S mask in the window frame.
        window: where it lies.
        include: (col, row) of the include clicks.
        radius_px: in window pixels.
    """
    if not include:
        return inside
    count, labels = cv2.connectedComponents(inside.astype(np.uint8), connectivity=8)
    is_clicked = np.zeros(count, bool)
    for place in include:
        u, v = window.to_window(*place)
        rows = slice(max(0, int(v) - radius_px), max(0, int(v) + radius_px + 1))
        cols = slice(max(0, int(u) - radius_px), max(0, int(u) + radius_px + 1))
        is_clicked[np.unique(labels[rows, cols])] = True
    is_clicked[0] = False
    return np.asarray(is_clicked[labels], bool)


def clicked_extent(
    inside: npt.NDArray[np.bool_],
    window: Window,
    include: Sequence[tuple[float, float]],
    *,
    radius_px: int,
) -> Extent | None:
    """The box round the `clicked_parts` of a mask; None where there are none.

    Specks elsewhere don't count: a window must not grow because of a false alarm in its corner.
    """
    parts = clicked_parts(inside, window, include, radius_px=radius_px)
    if not parts.any():
        return None
    rows, cols = np.flatnonzero(parts.any(axis=1)), np.flatnonzero(parts.any(axis=0))
    left, top = window.to_pixel(float(cols[0]), float(rows[0]))
    right, bottom = window.to_pixel(float(cols[-1] + 1), float(rows[-1] + 1))
    return Extent(left, top, right, bottom)
