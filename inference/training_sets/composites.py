"""Composites: a piece of one picture pasted over another in a known shape.

Hand-drawn labels are good to two or three pixels; the truth of a composite is exact, and so it
teaches edges.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.training_sets.augmentation import blur
from inference.training_sets.pictures import Pixels
from inference.training_sets.windows import UNKNOWN, CutWindow, Target


def ragged_blob(size: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """One connected patch with an irregular outline, size x size."""
    coarse = blur(rng.standard_normal((size, size), np.float32), size * rng.uniform(0.04, 0.15))
    fine = blur(rng.standard_normal((size, size), np.float32), size * 0.015)
    row, col = rng.uniform(0.3, 0.7, 2) * size
    rows, cols = np.mgrid[:size, :size]
    radius = size * rng.uniform(0.08, 0.4)
    distance = np.hypot(rows - row, cols - col) / radius
    field = 1 - distance + 0.5 * coarse / coarse.std() + rng.uniform(0, 0.2) * fine / fine.std()
    _, labels = cv2.connectedComponents((field > 0).astype(np.uint8), connectivity=4)
    counts = np.bincount(labels.ravel())
    counts[0] = 0
    return np.asarray(labels == counts.argmax()) if counts.max() else np.zeros((size, size), bool)


def polygon(size: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """A polygon of 3 to 9 corners, star-shaped about its centre, size x size."""
    corners = int(rng.integers(3, 10))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = size * rng.uniform(0.08, 0.4) * rng.uniform(0.5, 1.2, corners)
    centre = rng.uniform(0.3, 0.7, 2) * size
    points = centre + np.column_stack([np.cos(angles), np.sin(angles)]) * radii[:, None]
    drawn = np.zeros((size, size), np.uint8)
    cv2.fillPoly(drawn, [np.round(points).astype(np.int32)], 1)
    return np.asarray(drawn > 0)


def draw_shape(outline: Target, rng: np.random.Generator) -> NDArray[np.bool_]:
    """The shape to paste: a blob, a polygon, or `outline`, a real object's target."""
    kind = rng.integers(3)
    if kind == 0:
        return ragged_blob(len(outline), rng)
    if kind == 1:
        return polygon(len(outline), rng)
    return np.asarray(outline == 1)


def shifted(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """The same window (S x S x 3), moved round by at least a quarter of its side and turned."""
    size = len(pixels)
    by = rng.integers(size // 4, 3 * size // 4, 2)
    return np.rot90(np.roll(pixels, by, axis=(0, 1)), int(rng.integers(4))).copy()


def composite(
    ground: CutWindow, patch: Pixels, shape: NDArray[np.bool_], rng: np.random.Generator
) -> CutWindow:
    """`patch` pasted over `ground` inside `shape` (all S x S).

    The patch's mean colour is drawn towards the ground's, so that texture and edge count and not
    colour alone; the edge is softened by a third of a pixel to one pixel.
    """
    below = ground.pixels.astype(np.float32)
    above = patch.astype(np.float32)
    above += rng.uniform(0, 0.85) * (below.mean(axis=(0, 1)) - above.mean(axis=(0, 1)))
    alpha = blur(shape.astype(np.float32), float(rng.uniform(0.33, 1.0)))[:, :, None]
    mixed = np.clip(below + alpha * (above - below), 0, 255).astype(np.uint8)
    outside = ground.target == UNKNOWN
    target = np.where(outside, UNKNOWN, shape).astype(np.int8)
    return CutWindow(mixed, target)
