"""The outline of a large object at native pixels, where its window could show it only coarsely.

A click that settles in a window of factor > 1 is followed by passes over native tiles along the
boundary. Each tile is fed the settled mask and the clicks that lie in it, and sees nothing of the
other tiles, so that their order changes nothing. Their masks are drawn into the settled one, near
its boundary only, and the outline is the contour of that mosaic. The mask that a next click starts
from stays the settled one: what a click finds must not depend on how far the tiles came.

Most tiles hold no click, and networks are trained with at least one. So a tile without an include
click gets one where it is deepest inside the settled mask, and one without an exclude click gets
one where it is deepest outside: of the choices tried (neither, the first, both) the best one.

Tiles lie on a fixed lattice of the layer, so that later clicks meet windows whose features are
kept already.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from inference.clicks import WindowClick
from inference.prediction.previous_mask import CERTAIN, PreviousMask, resampled
from inference.prediction.window_rule import clicked_parts
from inference.windows import SNAP_PX, Window

BAND_PX = 2.0
"""Only what lies this near to the settled boundary, in pixels of its window, can change."""
FULL_BAND_PX = 1.0
"""Up to here the tile alone counts; between the two it fades into the settled mask."""

CORE_SHARE = 0.6
"""The middle of a tile that is its own, as a share of its side; the rest is context."""
LARGEST_MOSAIC_PX = 4096
"""Masks longer than this stay as they are: their mosaic would take too much memory."""


@dataclass(frozen=True, slots=True, eq=False)
class NativeRefinement:
    """The native tiles of one click, as a value: run `next_tile`, `record` its mask.

    Attributes:
        settled: the mask that is refined.
        valid: in its window, where the image has data, S x S.
        canvas: the native window that holds all parts of it.
        waiting: tiles that are still to be run.
        tiles: masks of those that were.
        share: of the boundary, how much lies in the tiles, done and waiting: 0..1.
    """

    settled: PreviousMask
    valid: npt.NDArray[np.bool_]
    canvas: Window
    waiting: tuple[Window, ...]
    tiles: tuple[PreviousMask, ...] = ()
    share: float = 0.0

    @classmethod
    def plan(
        cls,
        settled: PreviousMask,
        valid: npt.NDArray[np.bool_],
        *,
        threshold: float,
        include: Sequence[tuple[float, float]],
        newest: tuple[float, float],
        reach_px: int,
        most_tiles: int,
    ) -> "NativeRefinement | None":
        """The refinement of a settled mask; None where there is nothing to gain.

        Args:
            settled: the last mask of the click.
            valid: in its window, where the image has data, S x S.
            threshold: probability at the boundary.
            include: (col, row) of the include clicks; parts they do not touch are not refined.
                None given: every part is.
            newest: (col, row) of the newest click: where the boundary is longer than the tiles
                allowed, those nearest to it are refined.
            reach_px: a click touches parts up to this many window pixels away.
            most_tiles: no more than these.
        """
        window = settled.window
        if window.factor <= 1 or most_tiles < 1:
            return None
        inside = settled.inside(threshold)
        parts = clicked_parts(inside, window, include, radius_px=reach_px)
        canvas = canvas_round(inside, window)  # parts without a click are counted by the outline
        cracks = boundary_cracks(parts, window)
        if canvas is None or not len(cracks):
            return None
        step = core_side(window.size)
        cells, lengths = np.unique(np.floor(cracks / step), axis=0, return_counts=True)
        distances = np.hypot(*((cells + 0.5) * step - newest).T)
        order = np.lexsort((cells[:, 0], cells[:, 1], distances))[:most_tiles]
        waiting = tuple(tile_at(cells[index], step, window.size) for index in order)
        share = float(lengths[order].sum() / lengths.sum())
        return cls(settled, valid, canvas, waiting, share=share)

    def next_tile(self) -> PreviousMask | None:
        """What the next pass is fed, in the tile that it looks at; None when all are done."""
        return self.settled.carried_to(self.waiting[0]) if self.waiting else None

    def clicks_for(
        self, fed: PreviousMask, clicks: Sequence[WindowClick], *, threshold: float
    ) -> tuple[WindowClick, ...]:
        """The clicks of a tile, in its window frame, with the stand-ins that it needs."""
        data = self.valid.astype(np.uint8) * CERTAIN
        there = resampled(data, self.settled.window, fed.window, border=cv2.BORDER_CONSTANT)
        return with_stand_ins(clicks, fed, there == CERTAIN, threshold=threshold)

    def record(self, mask: PreviousMask) -> "NativeRefinement":
        """The refinement after the pass over `next_tile`, which found this mask."""
        return replace(self, waiting=self.waiting[1:], tiles=(*self.tiles, mask))

    def mosaic(self, *, threshold: float) -> PreviousMask:
        """The settled mask in native pixels, with the tiles drawn into it near its boundary."""
        window, canvas = self.settled.window, self.canvas
        values = resampled(self.settled.values, window, canvas, border=cv2.BORDER_REPLICATE)
        left, top, right, bottom = box_in(canvas, window)
        values[:top], values[bottom:] = 0, 0
        values[:, :left], values[:, right:] = 0, 0
        distance = boundary_distance(self.settled.inside(threshold))
        core = core_weights(window.size)
        # One order, whatever the order of the passes was.
        for tile in sorted(self.tiles, key=lambda t: (t.window.row, t.window.col)):
            away = resampled(distance, window, tile.window, border=cv2.BORDER_REPLICATE)
            band = np.clip((BAND_PX - away) / (BAND_PX - FULL_BAND_PX), 0, 1)
            blend(values, canvas, tile, core * band)
        return PreviousMask(canvas, values)


def with_stand_ins(
    clicks: Sequence[WindowClick],
    fed: PreviousMask,
    valid: npt.NDArray[np.bool_],
    *,
    threshold: float,
) -> tuple[WindowClick, ...]:
    """The clicks of a tile, and one stand-in for each polarity that none of them in it has.

    Args:
        clicks: in the tile's window frame; some may lie outside.
        fed: the settled mask in the tile.
        valid: where the tile has data; a click on the fill beyond the image would mislead.
        threshold: probability at its boundary.
    """
    size = fed.window.size
    here = {click.include for click in clicks if 0 <= click.u < size and 0 <= click.v < size}
    inside = fed.inside(threshold)
    stand_ins = []
    for include, side in ((True, inside & valid), (False, ~inside & valid)):
        if include not in here and side.any():
            # The rim of zeros keeps the deepest place away from the tile's edge.
            depth = cv2.distanceTransform(
                np.pad(side.astype(np.uint8), 1), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
            )[1:-1, 1:-1]
            row, col = np.unravel_index(int(depth.argmax()), depth.shape)
            stand_ins.append(WindowClick(float(col) + 0.5, float(row) + 0.5, include=include))
    return (*clicks, *stand_ins)


def canvas_round(inside: npt.NDArray[np.bool_], window: Window) -> Window | None:
    """The native window that holds a mask and what its boundary may move by; None if too large."""
    if not inside.any():
        return None
    rows, cols = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    rim = BAND_PX + 1
    left, top = window.to_pixel(float(cols[0]) - rim, float(rows[0]) - rim)
    right, bottom = window.to_pixel(float(cols[-1]) + 1 + rim, float(rows[-1]) + 1 + rim)
    side = int(np.ceil(max(right - left, bottom - top)))
    if side > LARGEST_MOSAIC_PX:
        return None
    return Window(col=float(np.floor(left)), row=float(np.floor(top)), factor=1, size=side)


def boundary_cracks(parts: npt.NDArray[np.bool_], window: Window) -> npt.NDArray[np.float64]:
    """(col, row) of the middle of each edge between a pixel inside and one outside: n x 2."""
    down, across = np.nonzero(parts[1:] != parts[:-1]), np.nonzero(parts[:, 1:] != parts[:, :-1])
    u = np.concatenate([down[1] + 0.5, across[1] + 1.0])
    v = np.concatenate([down[0] + 1.0, across[0] + 0.5])
    return np.column_stack([window.col + u * window.factor, window.row + v * window.factor])


def boundary_distance(inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Distance of each pixel's centre from the mask's boundary, in pixels, S x S."""
    mask = inside.astype(np.uint8)
    within = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    beyond = cv2.distanceTransform(1 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # Either counts from the nearest centre on the other side, half a pixel past the boundary.
    return np.asarray(np.maximum(within, beyond) - 0.5, np.float32)


def core_side(size: int) -> int:
    """Side of a tile's own middle, which is the lattice's step."""
    return max(1, int(CORE_SHARE * size) // SNAP_PX) * SNAP_PX


def tile_at(cell: npt.NDArray[np.float64], step: int, size: int) -> Window:
    """The native window whose middle is a cell (column, row) of the lattice."""
    rim = (size - step) / 2
    return Window(
        col=float(cell[0] * step - rim), row=float(cell[1] * step - rim), factor=1, size=size
    )


def core_weights(size: int) -> npt.NDArray[np.float32]:
    """How much a tile counts, S x S: 1 in its middle, 0 in the outer quarter of its rim."""
    rim = (size - core_side(size)) / 2
    to_edge = np.minimum(np.arange(size) + 0.5, size - np.arange(size) - 0.5)
    ramp = np.clip((to_edge - rim / 4) / (rim * 3 / 4), 0, 1).astype(np.float32)
    return np.asarray(ramp[:, None] * ramp, np.float32)


def box_in(canvas: Window, window: Window) -> tuple[int, int, int, int]:
    """The indices of a native canvas (left, top, right, bottom; ends past) that a window covers."""
    left, top = canvas.to_window(window.col, window.row)
    right, bottom = canvas.to_window(window.col + window.side, window.row + window.side)
    low, high = 0, canvas.size
    return (
        int(np.clip(round(left), low, high)),
        int(np.clip(round(top), low, high)),
        int(np.clip(round(right), low, high)),
        int(np.clip(round(bottom), low, high)),
    )


def blend(
    values: npt.NDArray[np.uint8],
    canvas: Window,
    tile: PreviousMask,
    weights: npt.NDArray[np.float32],
) -> None:
    """Draw a tile into a canvas where it lies in it; weight 1 replaces, weight 0 leaves."""
    left, top, right, bottom = box_in(canvas, tile.window)
    if left >= right or top >= bottom:
        return
    first_col = int(canvas.col + left - tile.window.col)
    first_row = int(canvas.row + top - tile.window.row)
    rows = slice(first_row, first_row + bottom - top)
    cols = slice(first_col, first_col + right - left)
    under = values[top:bottom, left:right].astype(np.float32)
    moved = under + weights[rows, cols] * (tile.values[rows, cols] - under)
    values[top:bottom, left:right] = np.rint(np.clip(moved, 0, CERTAIN)).astype(np.uint8)
