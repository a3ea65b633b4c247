"""Fresh water and rock of a drawn scene: ponds, a creek, outcrops and sea stacks."""

import cv2
import numpy as np

from inference.scenes.canvas import Canvas, Owner
from inference.scenes.noise import (
    COARSE_PAD,
    COARSE_STEP,
    Box,
    FloatMap,
    blend,
    enlarge,
    rgbn,
    smoothstep,
    without_margin,
)
from inference.scenes.patches import Growth, Outline, choose_places, grow_outline
from inference.scenes.paths import distance_to_path, place_at, smooth_path

POND_CLEAR = rgbn(44, 56, 54, 22)
POND_GREEN = rgbn(66, 78, 52, 48)
REEDS = rgbn(74, 82, 54, 138)
MUD = rgbn(108, 98, 82, 96)
ROCK_PALE = rgbn(162, 149, 128, 156)
ROCK_DARK = rgbn(108, 97, 82, 106)


def lay_water(canvas: Canvas, rng: np.random.Generator, share: float) -> list[tuple[Outline, str]]:
    """Outlines and kinds of the fresh waters; nothing is painted yet."""
    waters: list[tuple[Outline, str]] = []
    if share > 0.3 or rng.random() < 0.4:
        waters.append((_creek(canvas, rng), "creek"))
    low = canvas.terrain.moisture + smoothstep(0.2, 0.9, canvas.terrain.moisture)
    low = np.where(canvas.terrain.inland_m > 130 * canvas.terrain.depth_scale, low, 0)
    growth = Growth((15, 0.5), (1, 3), 2.2, "drifting", 0, 0.0)
    largest_m = 0.1 * min(canvas.shape) * canvas.noise.resolution_m
    for col, row in choose_places(rng, without_margin(low), max(1, round(12 * share)), COARSE_STEP):
        place = (float(col), float(row))
        pond = grow_outline(canvas.noise, rng, growth, place, canvas.terrain.wind, largest_m)
        waters.append((pond, "pond"))
    return [(outline, kind) for outline, kind in waters if outline.mask.any()]


def fresh_distance(canvas: Canvas, waters: list[tuple[Outline, str]]) -> FloatMap:
    """Metres to the next fresh water, on the coarse grid; far everywhere if there is none."""
    wet = np.zeros(canvas.shape, np.uint8)
    for outline, _ in waters:
        wet[outline.box.slices] |= outline.mask
    if not waters:
        return np.full(canvas.terrain.inland_m.shape, 1e4, np.float32)
    size = [length - 2 * COARSE_PAD for length in canvas.terrain.inland_m.shape]
    shrunk = cv2.resize(wet * 255, (size[1], size[0]), interpolation=cv2.INTER_AREA)
    dry = np.where(shrunk > 40, 0, 255).astype(np.uint8)
    coarse = np.pad(dry, COARSE_PAD, mode="edge")
    distance: FloatMap = cv2.distanceTransform(coarse, cv2.DIST_L2, 5)
    return distance * np.float32(COARSE_STEP * canvas.noise.resolution_m)


def _creek(canvas: Canvas, rng: np.random.Generator) -> Outline:
    """From the hills to the beach, where it ends in a small lagoon behind the sand."""
    depth = canvas.terrain.depth_scale
    along = rng.uniform(0.2, 0.8)
    stations = np.linspace(55 * depth, 2600, 15)
    drift = np.cumsum(rng.normal(0, 0.026, len(stations)))
    points = [
        place_at(canvas.terrain, float(np.clip(along + d, 0.02, 0.98)), float(s))
        for s, d in zip(stations, drift, strict=True)
    ]
    path = smooth_path(np.array(points, np.float32))
    box, distance = distance_to_path(path, canvas.px(26), canvas.shape)
    noise = canvas.noise
    wander = noise.mix(box, {5: 1.1, 4: 0.9, 3: 0.5, 2: 0.3}) / noise.resolution_m
    mouth = smoothstep(130 * depth, 60 * depth, enlarge(canvas.terrain.inland_m, box))
    width = canvas.px(1.7) + mouth * canvas.px(7)
    inside = width + wander - distance
    mask = cv2.medianBlur((inside > 0).astype(np.uint8), 3) > 0
    return Outline(box, inside, mask)


def paint_water(
    canvas: Canvas, rng: np.random.Generator, waters: list[tuple[Outline, str]]
) -> None:
    """Banks and reeds first, then the water itself; the water alone is the thing."""
    noise = canvas.noise
    for outline, kind in waters:
        box = outline.box
        variant = int(rng.integers(4))
        near = outline.inside_px / canvas.px(1)
        bank = smoothstep(
            -4.5, -1.0, near + noise.mix(box, {2: 0.6, 3: 0.8, 4: 0.8}, variant=variant)
        )
        reedy = smoothstep(-0.3, 0.4, noise.mix(box, {3: 0.3, 4: 0.4, 5: 0.5}, variant=variant))
        colour = blend(MUD, REEDS, reedy) + noise.mix(box, {0: 4, 1: 6}, variant=variant)[..., None]
        canvas.paint(box, bank, colour, reedy * np.float32(0.9))
        tone = smoothstep(-1, 1, noise.octave(5, box, variant) + np.float32(rng.normal(0, 0.7)))
        water = blend(POND_CLEAR, POND_GREEN, tone) + noise.octave(2, box, variant)[..., None]
        canvas.paint(box, outline.alpha(1.5), water, 0.0)
        canvas.claim(box, outline.mask, Owner("WATER", kind, merges=True))


def raise_rocks(canvas: Canvas, rng: np.random.Generator, share: float) -> None:
    """Outcrops on the shore, stacks in the surf, a few tors inland."""
    inland, depth = canvas.terrain.inland_m, canvas.terrain.depth_scale
    headland = smoothstep(0.4, 1.4, canvas.noise.mix_coarse({8: 0.9, 6: 0.5}, variant=1))
    shore = smoothstep(-45, -10, inland) * smoothstep(50 * depth, 20, inland)
    tors = smoothstep(300 * depth, 600 * depth, inland) * np.float32(0.02)
    liking = without_margin(shore * (headland + np.float32(0.03)) + tors * headland)
    growth = Growth((5.5, 0.55), (1, 4), 2.0, "angular", 5, 0.0)
    for col, row in choose_places(rng, liking, max(2, round(64 * share)), COARSE_STEP):
        place = (float(col), float(row))
        outline = grow_outline(canvas.noise, rng, growth, place, canvas.terrain.wind, 22.0)
        if outline.mask.any():
            _paint_rock(canvas, rng, outline)
            canvas.claim(outline.box, outline.mask, Owner("ROCK", "rock outcrop", merges=True))


def _paint_rock(canvas: Canvas, rng: np.random.Generator, outline: Outline) -> None:
    box, noise = outline.box, canvas.noise
    variant = int(rng.integers(4))
    folds = np.abs(noise.mix(box, {1: 0.2, 2: 0.5, 3: 0.7, 4: 0.5}, variant=variant))
    rise = np.clip(outline.inside_px / canvas.px(3), 0, 1)
    height = rise * (np.float32(rng.uniform(0.8, 2.2)) + folds * np.float32(1.1))
    colour = blend(ROCK_DARK, ROCK_PALE, smoothstep(0.1, 1.3, folds))
    colour += noise.mix(box, {0: 5, 1: 5, 5: 4}, variant=variant)[..., None]
    lichen = smoothstep(0.6, 1.3, noise.mix(box, {2: 0.5, 4: 0.6}, variant=variant + 1))
    colour += (rgbn(128, 122, 92, 140) - colour) * (lichen * np.float32(0.6))[..., None]
    canvas.paint(box, outline.alpha(1.2), colour, height)


def claim_sea(canvas: Canvas) -> None:
    """The sea up to the mean water line is one thing, the breakers in it included."""
    box = Box(0, canvas.shape[0], 0, canvas.shape[1])
    line = enlarge(canvas.terrain.inland_m, box)
    line = line + canvas.noise.mix(box, {5: 2.2, 4: 1.2, 3: 0.6}, variant=2)
    mask = (line < 0) & (canvas.owner_ids == 0)
    if mask.any():
        canvas.claim(box, mask, Owner("WATER", "sea"))
