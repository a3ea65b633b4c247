"""Outlines of drawn patches: where they lie, how large they are, how their edges run."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np

from inference.scenes.noise import BoolMap, Box, FloatMap, NoiseFields, box_around

Edge: TypeAlias = Literal["lobed", "ragged", "drifting", "angular"]

# Displacement of an outline, metres by octave: small octaves fray it, large ones bend it.
_EDGE_NOISE: dict[Edge, dict[int, float]] = {
    "lobed": {1: 0.25, 2: 0.75, 3: 1.5, 4: 2.2, 5: 2.6},
    "ragged": {1: 0.9, 2: 1.5, 3: 2.0, 4: 2.6, 5: 3.4},
    "drifting": {1: 0.6, 2: 1.2, 3: 1.9, 4: 2.6, 5: 5.0},
    "angular": {1: 0.3, 2: 0.7, 3: 0.8, 4: 1.2},
}


# How far slow noise moves an outline, as a share of its largest radius.
_BEND = 0.28


@dataclass(frozen=True, slots=True)
class Outline:
    """One patch's shape inside a box.

    Attributes:
        box: the part of the scene it may touch.
        inside_px: H x W float32, about the distance from the edge in pixels, positive inside.
        mask: H x W bool, what counts as the patch: `inside_px` > 0 without single-pixel specks.
    """

    box: Box
    inside_px: FloatMap
    mask: BoolMap

    def alpha(self, softness_px: float) -> FloatMap:
        """Opacity: 1/2 at the edge, rising over `softness_px`; agrees with the mask."""
        soft = np.clip(self.inside_px / np.float32(softness_px) + np.float32(0.5), 0, 1)
        opacity: FloatMap = np.where(self.mask, np.maximum(soft, 0.5), np.minimum(soft, 0.49))
        return opacity


@dataclass(frozen=True, slots=True)
class Growth:
    """How the patches of one class grow.

    Attributes:
        radius_m: median radius and the sigma of its logarithm.
        lobes: fewest and most rounded parts that one patch is grown from.
        stretch: how many times longer than wide, at most.
        edge: character of the outline.
        satellites: most clumps strewn around one patch.
        gaps: share of the patch that stays open, in holes.
    """

    radius_m: tuple[float, float]
    lobes: tuple[int, int]
    stretch: float
    edge: Edge
    satellites: int
    gaps: float


def grow_outline(
    noise: NoiseFields,
    rng: np.random.Generator,
    growth: Growth,
    centre: tuple[float, float],
    direction: tuple[float, float],
    largest_m: float,
) -> Outline:
    """Draw one patch around `centre` (col, row), drawn out along `direction` (unit vector)."""
    radius_m = growth.radius_m[0] * np.exp(growth.radius_m[1] * rng.standard_normal())
    radius = min(max(radius_m, 4.0), largest_m) / noise.resolution_m
    stretch = 1 + (growth.stretch - 1) * rng.random()
    turn = rng.normal(0, 0.35)
    along = _turned(direction, turn)
    centres, radii = _lobes(rng, growth, np.array(centre), radius, stretch, along)
    # The plane bends by up to two and a half sigma, the edge noise adds a few metres.
    reach = float(radii.max()) * (1 + 2.5 * _BEND) * stretch + 12 / noise.resolution_m
    box = box_around(centres.astype(np.float32), reach, noise.shape)
    if box.is_empty:
        return Outline(box, np.zeros(box.shape, np.float32), np.zeros(box.shape, bool))
    variant = int(rng.integers(4))
    inside = _lobe_field(noise, box, centres, radii, stretch, along, variant)
    # Small patches keep their shape: the noise may not outgrow the radius.
    size = min(1.0, radius * noise.resolution_m / 14)
    for k, amplitude_m in _EDGE_NOISE[growth.edge].items():
        amplitude = amplitude_m / noise.resolution_m * (size if k > 1 else size**0.3)
        inside += noise.octave(k, box, variant) * np.float32(amplitude)
    if growth.gaps > 0:
        inside = np.minimum(inside, _gap_field(noise, box, growth.gaps, variant))
    mask = cv2.medianBlur((inside > 0).astype(np.uint8), 3) > 0
    return Outline(box, inside, mask)


def _turned(direction: tuple[float, float], angle: float) -> tuple[float, float]:
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    return direction[0] * cos - direction[1] * sin, direction[0] * sin + direction[1] * cos


def _lobes(
    rng: np.random.Generator,
    growth: Growth,
    centre: FloatMap,
    radius: float,
    stretch: float,
    along: tuple[float, float],
) -> tuple[FloatMap, FloatMap]:
    """Centres (N x 2) and radii (N) in pixels: a walk of large lobes, then satellites."""
    count = int(rng.integers(growth.lobes[0], growth.lobes[1] + 1))
    centres, radii = [], []
    place = centre
    for _ in range(count):
        centres.append(place)
        radii.append(radius * rng.uniform(0.55, 1.0))
        step = _turned(along, rng.normal(0, 0.9))
        sign = 1 if rng.random() < 0.7 else -1
        place = place + np.array(step) * radius * rng.uniform(0.6, 1.2) * sign
    for _ in range(int(rng.integers(0, growth.satellites + 1))):
        angle = rng.uniform(0, 2 * np.pi)
        away = radius * (0.9 + stretch * abs(rng.normal(0.2, 0.3)))
        base = centres[int(rng.integers(count))]
        centres.append(base + away * np.array([np.cos(angle), np.sin(angle)]))
        radii.append(min(radius * 0.3, radius * float(np.exp(rng.normal(-2.2, 0.5)))) + 1.5)
    return np.array(centres, np.float32), np.array(radii, np.float32)


def _lobe_field(
    noise: NoiseFields,
    box: Box,
    centres: FloatMap,
    radii: FloatMap,
    stretch: float,
    along: tuple[float, float],
    variant: int,
) -> FloatMap:
    """Distance to the edge of the union of the lobes, in a plane bent by slow noise."""
    bend = float(radii.max()) * _BEND
    cols, rows = box.grid()
    x = cols + noise.octave(5, box, variant) * np.float32(bend * 0.5)
    x = x + noise.octave(6, box, variant) * np.float32(bend)
    y = rows + noise.octave(5, box, (variant + 1) % 4) * np.float32(bend * 0.5)
    y = y + noise.octave(6, box, (variant + 1) % 4) * np.float32(bend)
    lengthwise = (x * along[0] + y * along[1]) / np.float32(stretch)
    sideways = y * along[0] - x * along[1]
    inside = np.full(box.shape, -1e3, np.float32)
    for (col, row), radius in zip(centres, radii, strict=True):
        du = lengthwise - np.float32((col * along[0] + row * along[1]) / stretch)
        dv = sideways - np.float32(row * along[0] - col * along[1])
        np.maximum(inside, radius - np.sqrt(du * du + dv * dv), out=inside)
    return inside


def _gap_field(noise: NoiseFields, box: Box, gaps: float, variant: int) -> FloatMap:
    """Negative in the openings of a patch, which cover about a share `gaps` of it."""
    field = noise.mix(box, {2: 0.3, 3: 0.6, 4: 0.65, 5: 0.4}, variant=(variant + 2) % 4)
    # Quantile of the mix (sigma about 1.0), by a logistic stand-in for the normal curve.
    level = float(np.log(gaps / (1 - gaps))) / 1.7
    return (field - np.float32(level)) * np.float32(3.0 / noise.resolution_m)


def choose_places(
    rng: np.random.Generator, suitability: FloatMap, count: int, step: int
) -> FloatMap:
    """`count` places (col, row), N x 2, drawn in proportion to a coarse map of `step` pixels."""
    weights = np.clip(suitability, 0, None).astype(np.float64).ravel()
    if count == 0 or weights.sum() <= 0:
        return np.zeros((0, 2), np.float32)
    picked = rng.choice(weights.size, size=count, p=weights / weights.sum())
    rows, cols = np.divmod(picked, suitability.shape[1])
    places = np.stack([cols, rows], axis=1) + rng.random((count, 2))
    return (places * step).astype(np.float32)
