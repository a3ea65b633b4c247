"""Noise of many scales over a whole scene: the grain that every drawn surface is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

FloatMap: TypeAlias = npt.NDArray[np.floating]
"""Numbers per pixel; float32 throughout, which numpy's types cannot always prove."""

BoolMap: TypeAlias = npt.NDArray[np.bool_]

COARSE_STEP = 4
"""Fields without fine detail are kept on a grid of every fourth pixel and enlarged on demand."""

COARSE_PAD = 2
"""Coarse cells beyond each edge of the scene, so that interpolation has neighbours there."""

_FIRST_COARSE_OCTAVE = 4
_FINEST_CELL_M = 0.6
_VARIANT_SHIFT_PX = (89, 53)
_VARIANTS = 4


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels, pixel frame, last row and column excluded."""

    row0: int
    row1: int
    col0: int
    col1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.row1 - self.row0, self.col1 - self.col0

    @property
    def slices(self) -> tuple[slice, slice]:
        """What indexes an array of the whole scene."""
        return slice(self.row0, self.row1), slice(self.col0, self.col1)

    @property
    def is_empty(self) -> bool:
        """Whether no pixel lies in it."""
        return self.row1 <= self.row0 or self.col1 <= self.col0

    def within(self, outer: "Box") -> "Box":
        """The same rectangle, counted from the corner of another."""
        return Box(
            self.row0 - outer.row0,
            self.row1 - outer.row0,
            self.col0 - outer.col0,
            self.col1 - outer.col0,
        )

    def grid(self) -> tuple[FloatMap, FloatMap]:
        """(col, row) of the pixel centres, as a row and a column that broadcast."""
        cols = np.arange(self.col0, self.col1, dtype=np.float32)[None, :] + np.float32(0.5)
        rows = np.arange(self.row0, self.row1, dtype=np.float32)[:, None] + np.float32(0.5)
        return cols, rows


def box_around(points: npt.NDArray[np.float32], margin_px: float, shape: tuple[int, int]) -> Box:
    """The box that holds N x 2 points (col, row) and a margin, cut at the scene's edge."""
    low = np.floor(points.min(axis=0) - margin_px).astype(int)
    high = np.ceil(points.max(axis=0) + margin_px).astype(int)
    return Box(
        row0=int(np.clip(low[1], 0, shape[0])),
        row1=int(np.clip(high[1], 0, shape[0])),
        col0=int(np.clip(low[0], 0, shape[1])),
        col1=int(np.clip(high[0], 0, shape[1])),
    )


class NoiseFields:
    """Gaussian noise of unit variance, one field per octave, the same for every box asked.

    Octave k varies over 0.6 m x 2^k on the ground, whatever the resolution. Variants of one
    octave are independent at that octave's scale.
    """

    def __init__(self, *, seed: int, shape: tuple[int, int], resolution_m: float) -> None:
        self.shape = shape
        self.resolution_m = resolution_m
        self._seed = seed
        self._fields: dict[tuple[int, int], FloatMap] = {}

    @property
    def coarse_shape(self) -> tuple[int, int]:
        """Rows and columns of the coarse grid, its margin included."""
        return _coarse_length(self.shape[0]), _coarse_length(self.shape[1])

    def octave(self, k: int, box: Box, variant: int = 0) -> FloatMap:
        """Octave k over a box. Fine octaves are views: do not write into them."""
        if k >= _FIRST_COARSE_OCTAVE:
            return enlarge(self.coarse(k, variant), box)
        if (k, 0) not in self._fields:
            reach = tuple(
                length + shift * _VARIANTS
                for length, shift in zip(self.shape, _VARIANT_SHIFT_PX, strict=True)
            )
            self._fields[k, 0] = self._draw(k, 0, (reach[0], reach[1]), self.resolution_m)
        rows = variant % _VARIANTS * _VARIANT_SHIFT_PX[0]
        cols = variant % _VARIANTS * _VARIANT_SHIFT_PX[1]
        field = self._fields[k, 0]
        return field[box.row0 + rows : box.row1 + rows, box.col0 + cols : box.col1 + cols]

    def coarse(self, k: int, variant: int = 0) -> FloatMap:
        """Octave k on the coarse grid, margin included."""
        if (k, variant) not in self._fields:
            cell_m = self.resolution_m * COARSE_STEP
            self._fields[k, variant] = self._draw(k, variant, self.coarse_shape, cell_m)
        return self._fields[k, variant]

    def mix(self, box: Box, amplitudes: Mapping[int, float], variant: int = 0) -> FloatMap:
        """Sum of octaves, each times its amplitude, over a box."""
        total = np.zeros(box.shape, np.float32)
        for k, amplitude in amplitudes.items():
            total += self.octave(k, box, variant) * np.float32(amplitude)
        return total

    def mix_coarse(self, amplitudes: Mapping[int, float], variant: int = 0) -> FloatMap:
        """Sum of octaves on the coarse grid."""
        total = np.zeros(self.coarse_shape, np.float32)
        for k, amplitude in amplitudes.items():
            total += self.coarse(k, variant) * np.float32(amplitude)
        return total

    def _draw(self, k: int, variant: int, shape: tuple[int, int], pixel_m: float) -> FloatMap:
        rng = np.random.default_rng([self._seed, 17, k, variant])
        scale = max(_FINEST_CELL_M * 2**k / pixel_m, 1.0)
        # Two spare nodes a side, and a random shift, so that octaves share no grid lines.
        nodes = [int(np.ceil(length / scale)) + 5 for length in shape]
        lattice = rng.standard_normal((nodes[0], nodes[1]), dtype=np.float32)
        shift = rng.uniform(1.0, 2.0, size=2) * scale
        if scale == 1.0:
            return np.ascontiguousarray(lattice[: shape[0], : shape[1]])
        size = (round(nodes[1] * scale), round(nodes[0] * scale))
        if max(size) > 3 * max(shape):
            # A lattice far coarser than the scene: cut it to what the scene sees.
            lattice = lattice[:6, :6]
            size = (round(lattice.shape[1] * scale), round(lattice.shape[0] * scale))
        field = cv2.resize(lattice, size, interpolation=cv2.INTER_CUBIC)
        row, col = int(shift[0]), int(shift[1])
        field = field[row : row + shape[0], col : col + shape[1]]
        # Cubic interpolation of unit white noise keeps this share of its variance.
        return np.ascontiguousarray(field / np.float32(0.78))


def _coarse_length(length: int) -> int:
    return -(-length // COARSE_STEP) + 2 * COARSE_PAD


def without_margin(field: FloatMap) -> FloatMap:
    """The part of a coarse field that lies on the scene."""
    return field[COARSE_PAD:-COARSE_PAD, COARSE_PAD:-COARSE_PAD]


def enlarge(field: FloatMap, box: Box) -> FloatMap:
    """A coarse field over a box of full pixels, interpolated linearly."""
    row0 = box.row0 // COARSE_STEP
    row1 = -(-box.row1 // COARSE_STEP) + 2 * COARSE_PAD
    col0 = box.col0 // COARSE_STEP
    col1 = -(-box.col1 // COARSE_STEP) + 2 * COARSE_PAD
    part = field[row0:row1, col0:col1]
    size = (part.shape[1] * COARSE_STEP, part.shape[0] * COARSE_STEP)
    full: FloatMap = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)
    top = box.row0 - (row0 - COARSE_PAD) * COARSE_STEP
    left = box.col0 - (col0 - COARSE_PAD) * COARSE_STEP
    height, width = box.shape
    return full[top : top + height, left : left + width]


def smoothstep(low: float, high: float, values: FloatMap) -> FloatMap:
    """0 below `low`, 1 above `high`, a smooth rise between; `low` > `high` falls instead."""
    t = np.clip((values - np.float32(low)) / np.float32(high - low), 0, 1)
    smooth: FloatMap = t * t * (3 - 2 * t)
    return smooth


def blend(first: npt.ArrayLike, second: npt.ArrayLike, share: FloatMap) -> FloatMap:
    """Colours (4 bands) between two, H x W x 4, by an H x W share of the second."""
    a = np.asarray(first, np.float32)
    b = np.asarray(second, np.float32)
    mixed: FloatMap = a + (b - a) * share[..., None]
    return mixed


def rgbn(red: float, green: float, blue: float, infrared: float) -> FloatMap:
    """A colour of the four bands, in 8-bit values."""
    return np.array([red, green, blue, infrared], np.float32)
