"""Lines in a drawn scene: where roads, tracks and creeks run, and how far from them a pixel is."""

import cv2
import numpy as np
import numpy.typing as npt

from inference.scenes.noise import COARSE_PAD, COARSE_STEP, Box, FloatMap, box_around
from inference.scenes.terrain import Terrain


def place_at(terrain: Terrain, along: float, inland_m: float) -> FloatMap:
    """(col, row) in pixels: a share `along` of the scene's height, so far from the water line."""
    row = int(np.clip(along, 0, 1) * (terrain.inland_m.shape[0] - 1))
    across = np.minimum.accumulate(terrain.inland_m[row, ::-1])[::-1]
    col = float(np.searchsorted(across, inland_m))
    if inland_m > across[-1]:
        # Beyond the right-hand edge the belts go on at the mean slope of the row.
        slope = max(float(across[-1] - across[0]) / len(across), 0.5)
        col += float(inland_m - across[-1]) / slope
    return (np.array([col, row], np.float32) - COARSE_PAD) * COARSE_STEP


def smooth_path(points: FloatMap, rounds: int = 4) -> FloatMap:
    """A polyline with its corners cut, `rounds` times (Chaikin 1974); ends stay."""
    path = points.astype(np.float32)
    for _ in range(rounds):
        first = path[:-1] * np.float32(0.75) + path[1:] * np.float32(0.25)
        second = path[:-1] * np.float32(0.25) + path[1:] * np.float32(0.75)
        inner = np.stack([first, second], axis=1).reshape(-1, 2)
        path = np.concatenate([path[:1], inner, path[-1:]])
    return path


def wander(
    rng: np.random.Generator, start: FloatMap, end: FloatMap, *, bend: float, steps: int = 7
) -> FloatMap:
    """A smooth path between two places whose middle strays by about `bend` of its length."""
    t = np.linspace(0, 1, steps, dtype=np.float32)[:, None]
    straight = start + (end - start) * t
    length = float(np.hypot(*(end - start)))
    side = np.array([-(end - start)[1], (end - start)[0]], np.float32) / max(length, 1e-3)
    stray = np.cumsum(rng.normal(0, 1, steps)).astype(np.float32)
    stray -= stray[0] + (stray[-1] - stray[0]) * t[:, 0]
    return smooth_path(straight + side * (stray * np.float32(bend * length / steps**0.5))[:, None])


def distance_to_path(
    path: FloatMap, reach_px: float, shape: tuple[int, int]
) -> tuple[Box, FloatMap]:
    """Pixels to a polyline (N x 2: col, row), in the box that lies within `reach_px` of it."""
    box = box_around(path, reach_px, shape)
    if box.is_empty:
        return box, np.zeros(box.shape, np.float32)
    canvas = np.full(box.shape, 255, np.uint8)
    cv2.polylines(canvas, [_fixed_point(path, box)], False, 0, 1, cv2.LINE_8, _SHIFT)
    if canvas.all():
        return box, np.full(box.shape, reach_px, np.float32)
    distance = cv2.distanceTransform(canvas, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # The centre line is drawn on whole pixels: blurring takes its stairs out of the edges.
    smooth: FloatMap = cv2.GaussianBlur(distance, (0, 0), 1.2)
    return box, smooth


def stroke(path: FloatMap, width_px: float, shape: tuple[int, int]) -> tuple[Box, FloatMap]:
    """Opacity (0 to 1) of a line of even width with clean edges, in the box round it."""
    box = box_around(path, width_px + 3, shape)
    ink = np.zeros(box.shape, np.uint8)
    if not box.is_empty:
        width = max(1, round(width_px))
        cv2.polylines(ink, [_fixed_point(path, box)], False, 255, width, cv2.LINE_AA, _SHIFT)
    return box, ink.astype(np.float32) / np.float32(255)


_SHIFT = 4


def _fixed_point(path: FloatMap, box: Box) -> npt.NDArray[np.int32]:
    # OpenCV puts integer coordinates at pixel centres, hence the half.
    local = path - np.array([box.col0 + 0.5, box.row0 + 0.5], np.float32)
    fixed: npt.NDArray[np.int32] = np.round(local * 2**_SHIFT).astype(np.int32)
    return fixed


def around(box: Box, centre: FloatMap, heading: float) -> tuple[FloatMap, FloatMap]:
    """Pixel offsets from a centre, along and across a heading (radians)."""
    cols, rows = box.grid()
    dx, dy = cols - np.float32(centre[0]), rows - np.float32(centre[1])
    cos, sin = np.float32(np.cos(heading)), np.float32(np.sin(heading))
    return dx * cos + dy * sin, dy * cos - dx * sin
