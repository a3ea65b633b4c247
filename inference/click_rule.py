"""Where the largest error of a mask is, and the click on its middle.

The one rule behind every simulated click: evaluation clicks the middle, training also near it.

Source: the evaluation of RITM (Sofiiuk et al., arXiv 2102.06583; reference code b9b4460, Clicker),
which SimpleClick and CFR-ICL use unchanged.
"""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.clicks import PixelClick

Region: TypeAlias = NDArray[np.bool_]
SquaredDepth: TypeAlias = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class LargestError:
    """The error with the largest inscribed circle.

    Attributes:
        include: whether something is missing; else something is too much.
        depth: H x W, squared depths of all errors of that kind; 0 elsewhere.
        row: of the deepest pixel, the first in row-major order.
        col: of the same pixel.
    """

    include: bool
    depth: SquaredDepth
    row: int
    col: int

    @property
    def greatest(self) -> int:
        """Squared depth of the deepest pixel."""
        return int(self.depth[self.row, self.col])


def squared_depth(region: Region) -> SquaredDepth:
    """Squared Euclidean distance of each pixel of a region to the nearest pixel outside it.

    The array's border counts as outside. OpenCV's distances are off by up to 1e-6 depending on
    where in memory the array lies (5.0.0 as well as 4.x), which moves tied clicks from run to
    run. Squared distances are whole numbers, so rounding makes them exact (up to depths of 1000
    pixels).
    """
    padded = np.pad(region, 1).astype(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    return np.asarray(np.rint(distance.astype(np.float64) ** 2), np.int64)


def largest_error(missing: Region, surplus: Region, clicked: Region) -> LargestError | None:
    """The largest error, or None where nothing is wrong.

    A tie between missing and surplus excludes.

    Args:
        missing: H x W, in the truth but not in the mask.
        surplus: H x W, in the mask but not in the truth.
        clicked: H x W, pixels clicked before; they are clicked no more.
    """
    depth_missing = np.where(clicked, 0, squared_depth(missing))
    depth_surplus = np.where(clicked, 0, squared_depth(surplus))
    include = bool(depth_missing.max() > depth_surplus.max())
    depth = depth_missing if include else depth_surplus
    row, col = divmod(int(np.argmax(depth)), depth.shape[1])
    return LargestError(include, depth, row, col) if depth[row, col] else None


def centre_click(missing: Region, surplus: Region, clicked: Region) -> PixelClick | None:
    """The click on the middle of the largest error; arguments as in `largest_error`."""
    error = largest_error(missing, surplus, clicked)
    return None if error is None else PixelClick(error.row, error.col, error.include)
