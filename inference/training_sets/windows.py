"""Square windows cut from training pictures, as the app's window rule would show them."""

from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.training_sets.pack import Source
from inference.training_sets.pictures import IGNORED, Picture, Pixels

Target: TypeAlias = NDArray[np.int8]

UNKNOWN = -1

SHARES: tuple[tuple[float, float, float], ...] = (
    (0.62, 0.20, 0.65),
    (0.20, 0.05, 0.20),
    (0.10, 0.65, 0.90),
    (0.08, 0.90, 1.50),
)
"""How large objects are in their windows: (probability, least, greatest) of the object's longest
side over the window's. The window rule keeps it between 0.3 and 0.8 where it can; small objects
are seen small at first, and those larger than the window are to be cut at its edge. Few of
either: one click does not say how large a thing is, and the wider the choice, the more the
network learns to answer with a small disk."""

GREATEST_ENLARGEMENT = 4
"""Window pixels per native pixel at most, as in the window rule."""
HELD_INSIDE = 0.8
"""Share of the windows that are moved over the picture as far as they fit: images that people
work on are large, so windows past their edge are the exception."""
CLOSEST_VISIBLE_PX = 16
"""A target with fewer pixels in its window is drawn again."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a window lies.

    Attributes:
        col: pixel frame, of the centre.
        row: pixel frame, of the centre.
        side: in native pixels.
        angle: by which it is turned, in radians.
        mirrored: whether u runs backwards.
    """

    col: float
    row: float
    side: float
    angle: float = 0.0
    mirrored: bool = False

    def window_to_pixel(self, size: int) -> NDArray[np.float64]:
        """2 x 3 matrix from (u, v, 1) to (col, row), outer corners at 0, of a `size` px window."""
        factor = self.side / size
        cosine, sine = np.cos(self.angle) * factor, np.sin(self.angle) * factor
        linear = np.array([[cosine, -sine], [sine, cosine]])
        if self.mirrored:
            linear[:, 0] *= -1
        offset = np.array([self.col, self.row]) - linear @ np.array([size / 2, size / 2])
        return np.column_stack([linear, offset])


@dataclass(frozen=True, slots=True, eq=False)
class CutWindow:
    """Pixels S x S x bands (uint8) and the target S x S (1 object, 0 not, -1 unknown)."""

    pixels: Pixels
    target: Target


def draw_share(rng: np.random.Generator) -> float:
    """Longest side of the object over the window's side, by `SHARES`."""
    part = rng.choice(len(SHARES), p=[probability for probability, _, _ in SHARES])
    _, least, greatest = SHARES[part]
    return float(np.exp(rng.uniform(np.log(least), np.log(greatest))))


def draw_placement(
    picture: Picture, target: np.void, *, size: int, rng: np.random.Generator
) -> Placement:
    """A random window of `size` px that shows one object (a row of the picture's table).

    Half of the windows are centred on a place in the object, as after a first click; the rest
    have the object's box at random inside them.
    """
    longest = max(int(target["height"]), int(target["width"]))
    greatest = max(picture.pixels.shape[:2])
    side = float(np.clip(longest / draw_share(rng), size / GREATEST_ENLARGEMENT, greatest))
    if rng.random() < 0.5:
        row, col = draw_place_inside(picture, target, rng)
    else:
        room = max(0.0, side - longest) / 2
        row = float(target["row"] + target["height"] / 2 + rng.uniform(-room, room))
        col = float(target["col"] + target["width"] / 2 + rng.uniform(-room, room))
    if rng.random() < HELD_INSIDE:
        row = hold_inside(row, side, picture.pixels.shape[0])
        col = hold_inside(col, side, picture.pixels.shape[1])
    turned = rng.random() < 0.5
    angle = rng.uniform(0, 2 * np.pi) if turned else rng.integers(4) * np.pi / 2
    return Placement(col, row, side, float(angle), bool(rng.random() < 0.5))


def hold_inside(centre: float, side: float, length: int) -> float:
    """The centre nearest to `centre` at which a window of `side` lies within 0..`length`.

    The middle, where the window is too large for that.
    """
    if side >= length:
        return length / 2
    return float(np.clip(centre, side / 2, length - side / 2))


def draw_place_inside(
    picture: Picture, target: np.void, rng: np.random.Generator
) -> tuple[float, float]:
    """(row, col) of a random pixel of the object, at its centre."""
    top, left = int(target["row"]), int(target["col"])
    numbered = picture.maps[target["map"]]
    box = numbered[top : top + int(target["height"]), left : left + int(target["width"])]
    rows, cols = np.nonzero(box == target["number"])
    chosen = rng.integers(len(rows))
    return top + float(rows[chosen]) + 0.5, left + float(cols[chosen]) + 0.5


def cut_window(
    source: Source, index: int, target: np.void, placement: Placement, *, size: int
) -> CutWindow:
    """The window of `size` px at `placement` over picture `index`, for one of its objects.

    Shrunk windows are read from the pyramid (average resampling, as from a COG's overviews).
    What lies outside the picture has the mean of what is inside and is unknown in the target.
    """
    picture, levels = source.pictures[index], source.pyramids[index]
    to_pixel = placement.window_to_pixel(size)
    level = int(np.clip(np.floor(np.log2(max(1.0, placement.side / size))), 0, len(levels) - 1))
    step = 2**level
    corners = to_pixel @ np.array([[0, size, 0, size], [0, 0, size, size], [1, 1, 1, 1]])
    shape = np.array(levels[level].shape[:2])[::-1]  # cols, rows of the level
    first = np.clip(np.floor(corners.min(axis=1) / step).astype(int) - 2, 0, shape - 1)
    last = np.clip(np.ceil(corners.max(axis=1) / step).astype(int) + 2, first + 1, shape)
    part = levels[level][first[1] : last[1], first[0] : last[0]]

    native = picture.maps[target["map"]][
        first[1] * step : last[1] * step, first[0] * step : last[0] * step
    ]
    covers = (native == target["number"]).astype(np.uint8) * 255
    known = (native != IGNORED).astype(np.uint8) * 255
    if step > 1:
        part_size = (part.shape[1], part.shape[0])
        covers = cv2.resize(covers, part_size, interpolation=cv2.INTER_AREA)
        known = cv2.resize(known, part_size, interpolation=cv2.INTER_AREA)

    matrix = centred(to_pixel, step, first)
    mean = [float(m) for m in part.reshape(-1, part.shape[2]).mean(axis=0)]
    pixels = warp(part, matrix, size, outside=mean)
    target_map = (warp(covers, matrix, size, outside=[0.0]) > 127).astype(np.int8)
    target_map[warp(known, matrix, size, outside=[0.0]) < 128] = UNKNOWN
    return CutWindow(pixels.reshape(size, size, -1), target_map)


def centred(
    to_pixel: NDArray[np.float64], step: int, first: NDArray[np.int_]
) -> NDArray[np.float64]:
    """The window-to-part matrix for OpenCV, which puts whole numbers at pixel centres.

    Args:
        to_pixel: window to native pixel frame, outer corners at 0.
        step: native pixels per pixel of the part.
        first: (col, row) of the part in pixels of its level.
    """
    matrix = to_pixel / step
    matrix[:, 2] += matrix[:, :2] @ np.array([0.5, 0.5]) - 0.5 - first
    return matrix


def warp(
    part: NDArray[np.uint8], matrix: NDArray[np.float64], size: int, *, outside: list[float]
) -> NDArray[np.uint8]:
    """`part` seen through a window-to-part matrix, bilinear, `outside` beyond its edge."""
    warped = cv2.warpAffine(
        part,
        matrix,
        (size, size),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=outside,
    )
    return np.asarray(warped, np.uint8)
