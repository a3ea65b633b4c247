"""Which part of an image the reference shows to its network.

Source: the ZoomIn transform of RITM's reference code (Sofiiuk et al., arXiv 2102.06583), with the
settings of SimpleClick's evaluation. Everything is in pixel indices, bounds are inclusive.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.clicks import PixelClick

BoolMap = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Box:
    """Part of an image; both ends belong to it."""

    first_row: int
    last_row: int
    first_col: int
    last_col: int

    @classmethod
    def whole(cls, shape: tuple[int, int]) -> "Box":
        """All of an image of that height and width."""
        return cls(0, shape[0] - 1, 0, shape[1] - 1)

    @classmethod
    def around(cls, region: BoolMap) -> "Box":
        """The bounding box of a region that is not empty."""
        rows = np.flatnonzero(region.any(axis=1))
        cols = np.flatnonzero(region.any(axis=0))
        return cls(int(rows[0]), int(rows[-1]), int(cols[0]), int(cols[-1]))

    @property
    def height(self) -> int:
        """Rows."""
        return self.last_row - self.first_row + 1

    @property
    def width(self) -> int:
        """Columns."""
        return self.last_col - self.first_col + 1

    @property
    def slices(self) -> tuple[slice, slice]:
        """To cut it out of an array [row, col]."""
        return (
            slice(self.first_row, self.last_row + 1),
            slice(self.first_col, self.last_col + 1),
        )

    def holds(self, click: PixelClick) -> bool:
        """Whether a click needs no other box; the last row and column do not count as inside."""
        return (
            self.first_row <= click.row < self.last_row
            and self.first_col <= click.col < self.last_col
        )

    def overlap(self, other: "Box") -> float:
        """Rows' times columns' intersection over union, each measured along its axis."""
        rows = interval_iou(self.first_row, self.last_row, other.first_row, other.last_row)
        cols = interval_iou(self.first_col, self.last_col, other.first_col, other.last_col)
        return rows * cols

    def expanded(self, ratio: float, *, smallest_px: int, shape: tuple[int, int]) -> "Box":
        """Larger by `ratio`, at least `smallest_px` a side, then cut at the image's border.

        What the border cuts off is not added at the other side.
        """
        rows = expanded_interval(self.first_row, self.last_row, ratio, smallest_px, shape[0])
        cols = expanded_interval(self.first_col, self.last_col, ratio, smallest_px, shape[1])
        return Box(*rows, *cols)


def interval_iou(first: int, last: int, other_first: int, other_last: int) -> float:
    """Intersection over union of two runs of pixels."""
    common = max(0, min(last, other_last) - max(first, other_first) + 1)
    return common / (max(1, max(last, other_last) - min(first, other_first) + 1))


def expanded_interval(
    first: int, last: int, ratio: float, smallest: int, side: int
) -> tuple[int, int]:
    """One axis of `Box.expanded`; halves are rounded to even."""
    centre = 0.5 * (first + last)
    length = max(ratio * (last - first + 1), smallest)
    return max(0, round(centre - 0.5 * length)), min(side - 1, round(centre + 0.5 * length))


@dataclass(frozen=True, slots=True)
class ZoomRules:
    """When and how far to zoom.

    Attributes:
        target: height and width that a box is resized to (its shape is not kept), or the length
            of the longest side (its shape is kept).
        skip_clicks: with so many clicks or fewer the whole image is shown at its own size. -1
            never does: then the whole image counts as the box that is wanted at first.
        expansion: sides of the box to sides of the object.
        smallest_px: least side of a box before the border cuts it.
        renewal: a box is replaced when its overlap with the one that is wanted falls below.
        threshold: the object is where the last probability lies above.
    """

    target: tuple[int, int] | int = (448, 448)
    skip_clicks: int = -1
    expansion: float = 1.4
    smallest_px: int = 200
    renewal: float = 0.5
    threshold: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what the published settings never use."""
        # With 0 the authors' code predicts a first click twice when the object is small.
        if self.skip_clicks == 0:
            raise ValueError("skip_clicks is -1 (zoom from the first click on) or at least 1")

    def next_box(
        self,
        current: Box | None,
        earlier: npt.NDArray[np.float32] | None,
        clicks: Sequence[PixelClick],
        shape: tuple[int, int],
    ) -> Box | None:
        """The box for the next pass; None shows the whole image at its own size.

        Args:
            current: of the pass before; None at an image's first.
            earlier: probabilities of the pass before, H x W; None at an image's first.
            clicks: all of them.
            shape: height and width of the image.
        """
        if len(clicks) <= self.skip_clicks:
            return None
        wanted = self._wanted(earlier, clicks, shape)
        if wanted is None:
            if self.skip_clicks > 0:
                return None
            wanted = Box.whole(shape)
        if (
            current is None
            or any(click.include and not current.holds(click) for click in clicks)
            or wanted.overlap(current) < self.renewal
        ):
            return wanted
        return current

    def _wanted(
        self,
        earlier: npt.NDArray[np.float32] | None,
        clicks: Sequence[PixelClick],
        shape: tuple[int, int],
    ) -> Box | None:
        """Round the object found so far and the clicks on it; None where there is none yet."""
        if earlier is None or not (region := earlier > self.threshold).any():
            return None
        for click in clicks:
            if click.include:
                region[click.row, click.col] = True
        return Box.around(region).expanded(
            self.expansion, smallest_px=self.smallest_px, shape=shape
        )

    def network_size(self, box: Box) -> tuple[int, int]:
        """Height and width at which a box is shown."""
        if isinstance(self.target, tuple):
            return self.target
        scale = self.target / max(box.height, box.width)
        return round(box.height * scale), round(box.width * scale)
