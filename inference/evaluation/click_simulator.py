"""Where a careful person would click next, given the truth.

Source: the evaluation of RITM (Sofiiuk et al., arXiv 2102.06583), which SimpleClick and CFR-ICL
use unchanged.
"""

import numpy as np
import numpy.typing as npt

from inference.click_rule import centre_click
from inference.clicks import PixelClick

OBJECT, IGNORED = 1, -1
"""Values of a truth raster; every other value is background."""


class ClickSimulator:
    """Clicks the middle of the largest error; remembers the pixels it has clicked.

    Args:
        truth: H x W, `OBJECT`, `IGNORED` or anything else.
    """

    def __init__(self, truth: npt.NDArray[np.int8]) -> None:
        self.truth = truth
        self._clicked = np.zeros(truth.shape, np.bool_)

    def next_click(self, prediction: npt.NDArray[np.bool_]) -> PixelClick:
        """The click on the innermost pixel of what is wrong with a prediction (H x W).

        A tie between missing and surplus excludes; a tie between places takes the first in
        row-major order. Where nothing is wrong it excludes at (0, 0), as the reference does.
        """
        considered = self.truth != IGNORED
        wanted = self.truth == OBJECT
        missing, surplus = wanted & ~prediction & considered, ~wanted & prediction & considered
        # Beyond the errors' box nothing is wrong, as beyond the array: depths in it are the same.
        rows, cols = box = box_of(missing | surplus)
        found = centre_click(missing[box], surplus[box], self._clicked[box])
        click = PixelClick(0, 0, include=False)
        if found is not None:
            click = PixelClick(rows.start + found.row, cols.start + found.col, found.include)
        self._clicked[click.row, click.col] = True
        return click


def box_of(mask: npt.NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of the smallest box round what is True; the first pixel where nothing is."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return slice(0, 1), slice(0, 1)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(cols[0]), int(cols[-1]) + 1)
