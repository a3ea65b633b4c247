"""The ground of a drawn coastal preserve: sea, beach, sand, grass and the scrub on them."""

import numpy as np

from inference.scenes.canvas import Canvas, scatter
from inference.scenes.noise import (
    Box,
    FloatMap,
    blend,
    enlarge,
    rgbn,
    smoothstep,
)
from inference.scenes.terrain import drawn_out

# Sunlit colours, R, G, B, NIR, in 8-bit values, after NAIP and the Monterey mosaic.
DRY_SAND = rgbn(203, 186, 151, 206)
PALE_SAND = rgbn(220, 207, 174, 220)
WET_SAND = rgbn(136, 121, 101, 112)
DRY_GRASS = rgbn(160, 144, 111, 177)
GREEN_GRASS = rgbn(114, 116, 78, 158)
DUFF = rgbn(124, 113, 94, 138)
DEEP_SEA = rgbn(34, 60, 76, 20)
SHALLOW_SEA = rgbn(78, 108, 108, 34)
FOAM = rgbn(226, 230, 230, 214)


def paint_ground(canvas: Canvas, rng: np.random.Generator) -> None:
    """Cover the whole canvas: sand, grass and litter, bushes on them, beach and sea."""
    for box in canvas.bands():
        _paint_soil(canvas, box)
    _paint_scrub(canvas, rng)
    for box in canvas.bands():
        columns = np.flatnonzero((enlarge(canvas.terrain.inland_m, box) < 90).any(axis=0))
        if columns.size:
            shore = Box(box.row0, box.row1, int(columns[0]), int(columns[-1]) + 1)
            _paint_shore(canvas, shore)


def sand_colour(canvas: Canvas, box: Box) -> FloatMap:
    """Blown sand, H x W x 4: pale on the crests, rippled, trodden and mottled."""
    noise = canvas.noise
    tone = noise.mix(box, {8: 0.25, 6: 0.22, 5: 0.18, 3: 0.14, 2: 0.1}, variant=1)
    colour = blend(DRY_SAND, PALE_SAND, np.clip(tone + np.float32(0.35), 0, 1))
    ripples = enlarge(canvas.terrain.ripples, box)
    grain = ripples * 3 + noise.mix(box, {0: 1.6, 1: 2.0, 2: 1.6, 4: 2.0}, variant=2)
    colour += grain[..., None]
    return colour


def _paint_soil(canvas: Canvas, box: Box) -> None:
    noise = canvas.noise
    moisture = enlarge(canvas.terrain.moisture, box)
    green = moisture * np.float32(0.5) + noise.mix(box, {8: 0.3, 7: 0.25, 5: 0.16, 3: 0.1})
    grass = blend(DRY_GRASS, GREEN_GRASS, np.clip(green + np.float32(0.12), 0, 1))
    litter = noise.mix(box, {7: 0.5, 6: 0.4, 4: 0.3, 2: 0.25, 1: 0.2}, variant=1)
    grass += (DUFF - grass) * smoothstep(-0.3, 1.1, litter)[..., None]
    grass += noise.mix(box, {0: 2.6, 1: 4.5, 2: 4.0, 3: 3.0, 5: 3.5}, variant=3)[..., None]
    frayed = enlarge(canvas.terrain.sandiness, box) * 2 - 1
    frayed = frayed + noise.mix(box, {5: 0.25, 4: 0.2, 3: 0.18, 2: 0.14, 1: 0.1}, variant=1)
    share = smoothstep(-0.55, 0.5, frayed)
    canvas.albedo[box.slices] = grass + (sand_colour(canvas, box) - grass) * share[..., None]


def _scrub_cover(canvas: Canvas) -> FloatMap:
    """Coarse 0 to 1: how much of the ground bushes hide; thin on sand, none on the beach."""
    noise = canvas.noise
    patchy = noise.mix_coarse({8: 0.45, 7: 0.5, 6: 0.5, 5: 0.35, 4: 0.2}, variant=2)
    downwind = drawn_out(noise, canvas.terrain.wind, (5, 6), stretch=2.5) * np.float32(0.45)
    cover = smoothstep(-1.0, 1.3, patchy + downwind + canvas.terrain.moisture * np.float32(0.5))
    cover *= 1 - np.float32(0.72) * canvas.terrain.sandiness
    depth = canvas.terrain.depth_scale
    return cover * smoothstep(34 * depth, 75 * depth, canvas.terrain.inland_m)


# Low plants of the matrix, R, G, B, NIR: sage, coyote brush, dead and woody, lupin, buckwheat.
_SCRUB_TINTS = np.stack(
    [
        rgbn(94, 95, 82, 122),
        rgbn(78, 86, 62, 138),
        rgbn(104, 94, 82, 112),
        rgbn(92, 102, 74, 148),
        rgbn(112, 100, 78, 124),
        rgbn(84, 84, 74, 114),
    ]
)


def _paint_scrub(canvas: Canvas, rng: np.random.Generator) -> None:
    """Three sizes of bushes; painted in bands of rows so that the colours take little room."""
    cover = _scrub_cover(canvas)
    layers = ((0.07, 1.1, 0.35, 0.35), (0.02, 2.3, 0.4, 0.8), (0.0028, 4.2, 0.35, 1.5))
    per_pixel = canvas.noise.resolution_m**2 / 0.36
    share = enlarge(cover, canvas.whole)
    share *= np.float32(1.25) + np.float32(0.8) * share
    for index, (density, radius, spread, tall_m) in enumerate(layers):
        fray = canvas.noise.mix(canvas.whole, {1: 0.28 * radius, 2: 0.2 * radius}, variant=index)
        hidden, dome, nearest = scatter(
            canvas.shape,
            rng,
            share * np.float32(density * per_pixel),
            (canvas.px(radius * 0.6), spread),
            fray,
        )
        tints = _bush_tints(rng, int(nearest.max()) + 1)
        for box in canvas.bands():
            rows = box.slices
            colour = tints[nearest[rows]]
            colour += canvas.noise.mix(box, {0: 4, 1: 4, 7: 4}, variant=index)[..., None]
            canvas.paint(box, hidden[rows] * np.float32(0.9), colour, dome[rows] * tall_m)


def _bush_tints(rng: np.random.Generator, count: int) -> FloatMap:
    tints = _SCRUB_TINTS[rng.integers(0, len(_SCRUB_TINTS), count)]
    return tints + rng.normal(0, 7, (count, 1)).astype(np.float32)


def _paint_shore(canvas: Canvas, box: Box) -> None:
    """Beach, wet sand, surf and open sea over whatever the soil was."""
    noise = canvas.noise
    inland = enlarge(canvas.terrain.inland_m, box)
    line = inland + noise.mix(box, {5: 2.2, 4: 1.2, 3: 0.6}, variant=2)
    beach = blend(DRY_SAND, PALE_SAND, smoothstep(8, 40, line))
    # Berms and old tide lines run along the shore.
    berms = np.sin(line / 4.5 + noise.octave(6, box, 2)) * noise.octave(6, box, 3)
    beach += (berms * 2 + noise.mix(box, {0: 1.8, 1: 2.0, 2: 1.2, 5: 2, 7: 3}))[..., None]
    beach += (WET_SAND - beach) * smoothstep(15, 2, line)[..., None]
    wrack = np.exp(-(((line - 22) / 2.2) ** 2)) * smoothstep(0.9, 1.8, noise.octave(1, box, 1))
    beach += (DUFF - beach) * (wrack * np.float32(0.5))[..., None]
    edge = inland + noise.mix(box, {5: 5, 4: 4, 3: 2.5, 2: 1.2}, variant=1)
    bare = smoothstep(46 * canvas.terrain.depth_scale + 6, 46 * canvas.terrain.depth_scale, edge)
    canvas.paint(box, bare, beach, 0.0)
    canvas.paint(box, smoothstep(1.0, -0.6, line), _sea_colour(canvas, box, line), 0.0)


# Breakers: metres off the water line, length of the trail of foam, how unbroken the line is.
_BREAKERS = ((3, 5, 0.9), (15, 7, 0.2), (34, 9, -0.1), (58, 8, -0.5))


def _sea_colour(canvas: Canvas, box: Box, line: FloatMap) -> FloatMap:
    noise = canvas.noise
    depth = -line + noise.mix(box, {7: 9, 6: 7, 5: 3})
    colour = blend(SHALLOW_SEA, DEEP_SEA, smoothstep(4, 120, depth))
    swell = np.sin(line / 9 + noise.octave(7, box, 2) * 2 + noise.octave(6, box, 1))
    colour += (swell * 1.6 + noise.mix(box, {1: 1.6, 2: 1.8, 3: 1.5, 8: 3}, variant=2))[..., None]
    lace = noise.mix(box, {1: 0.25, 2: 0.45, 3: 0.5, 4: 0.35}, variant=3)
    # Crests are long: what breaks them varies slowly along the shore.
    crests = enlarge(drawn_out(noise, canvas.terrain.shore, (4, 6), stretch=5.0), box)
    bend = enlarge(drawn_out(noise, canvas.terrain.shore, (5, 6), stretch=3.0), box)
    foam = np.zeros(box.shape, np.float32)
    for index, (offset_m, trail_m, level) in enumerate(_BREAKERS):
        lag = -line + bend * np.float32(min(5.0, offset_m / 5)) - offset_m
        # A breaker is sharp at its seaward face and trails lacy foam towards the beach.
        age = np.clip(-lag / trail_m, 0, 3)
        front = smoothstep(1.2, -0.8, lag)
        fresh = crests * (-1 if index % 2 else 1) + np.float32(level)
        white = smoothstep(-0.7, 1.5, fresh + lace * (0.3 + age) - age * np.float32(1.1) + 0.5)
        foam = np.maximum(foam, front * white)
    return colour * (1 - foam)[..., None] + FOAM * foam[..., None]
