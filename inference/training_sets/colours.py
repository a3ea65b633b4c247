"""Class ids from label pictures that are painted in colours."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
"""Red, green, blue."""

TOLERANCE = 64.0
"""Greatest distance, in 8-bit RGB, at which a colour still counts as the nearest class's. Pure
colours are 255 or more apart, so nothing is claimed by two; published labels hold colours off by a
few steps, and lossy copies by some tens at edges."""


def classes_of_colours(
    painted: NDArray[np.uint8], colours: Mapping[int, Colour], *, unknown: int
) -> NDArray[np.uint8]:
    """Class ids, H x W, of an H x W x 3 label picture: the nearest colour's.

    Args:
        painted: red, green, blue.
        colours: of each class id.
        unknown: id of pixels farther than `TOLERANCE` from every colour.
    """
    # A label picture holds few different colours: each is looked up once.
    red, green, blue = (painted[:, :, band].astype(np.uint32) for band in range(3))
    packed = red << 16 | green << 8 | blue
    found, where = np.unique(packed, return_inverse=True)
    seen = np.stack([found >> 16, (found >> 8) & 255, found & 255], axis=1).astype(np.float64)
    ids = np.array(list(colours), np.uint8)
    known = np.array([colours[int(i)] for i in ids], np.float64)
    away = np.linalg.norm(seen[:, None] - known[None], axis=2)  # colours seen x classes
    nearest = np.where(away.min(axis=1) <= TOLERANCE, ids[away.argmin(axis=1)], unknown)
    return np.asarray(nearest[where].reshape(packed.shape), np.uint8)
