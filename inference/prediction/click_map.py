from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from inference.clicks import WindowClick


def click_map(
    clicks: Iterable[WindowClick], *, size: int, radius_px: int
) -> npt.NDArray[np.float32]:
    """Disks around the clicks: include in channel 0, exclude in channel 1.

    A pixel belongs to a disk when its centre (at +0.5) is at most `radius_px` from the click. A
    disk that lies partly outside the window is drawn as far as it reaches in.

    Returns:
        2 x size x size, float32, 0 or 1.

    Source: the disks of RITM and SimpleClick, there with pixel centres at integers.
    """
    disks = np.zeros((2, size, size), np.float32)
    for click in clicks:
        first_row, last_row = reach(click.v, radius_px, size)
        first_col, last_col = reach(click.u, radius_px, size)
        rows = np.arange(first_row, last_row)[:, None] + 0.5 - click.v
        cols = np.arange(first_col, last_col)[None, :] + 0.5 - click.u
        part = disks[0 if click.include else 1, first_row:last_row, first_col:last_col]
        part[rows**2 + cols**2 <= radius_px**2] = 1
    return disks


def reach(place: float, radius_px: int, size: int) -> tuple[int, int]:
    """First and past-the-last index that a disk can touch along one axis."""
    first = int(np.floor(place)) - radius_px - 1
    return min(max(first, 0), size), min(max(first + 2 * radius_px + 3, 0), size)
