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


def reference_click_map(
    places: npt.NDArray[np.float64],
    include: npt.NDArray[np.bool_],
    *,
    shape: tuple[int, int],
    radius_px: int,
    rounds: bool = False,
) -> npt.NDArray[np.float32]:
    """The same disks to the last pixel of the rim, as the published evaluations draw them.

    Args:
        places: K x 2, (row, col), pixel centres at whole numbers. One with both negative is not
            drawn.
        include: K.
        shape: H, W.
        radius_px: of the disks.
        rounds: draw round the nearest pixel, as the compiled variant of the demo programs does.

    Returns:
        2 x H x W, float32, 0 or 1.

    Source: the click maps of RITM and SimpleClick. In single precision as there: after zooming,
        distances of exactly one radius are common, and rounding decides about them.
    """
    disks = np.zeros((2, *shape), np.float32)
    for (row, col), is_include in zip(places, include, strict=True):
        if max(row, col) < 0:
            continue
        at_row, at_col = (np.rint(row), np.rint(col)) if rounds else (row, col)
        first_row, last_row = reach(at_row, radius_px, shape[0])
        first_col, last_col = reach(at_col, radius_px, shape[1])
        down = (np.arange(first_row, last_row) - at_row).astype(np.float32)[:, None]
        across = (np.arange(first_col, last_col) - at_col).astype(np.float32)[None, :]
        part = disks[0 if is_include else 1, first_row:last_row, first_col:last_col]
        part[down * down + across * across <= radius_px**2] = 1
    return disks
