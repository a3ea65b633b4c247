"""The ground of a drawn coastal preserve: shore, relief, sea, beach, sand, grass and scrub."""

from dataclasses import dataclass

import cv2
import numpy as np

from inference.data.scene_canvas import Canvas, scatter
from inference.data.scene_noise import (
    COARSE_STEP,
    Box,
    FloatMap,
    NoiseFields,
    blend,
    enlarge,
    smoothstep,
)

# Sunlit colours, R, G, B, NIR, in 8-bit values, after NAIP and the Monterey mosaic.
DRY_SAND = (200, 184, 156, 206)
PALE_SAND = (216, 204, 180, 220)
WET_SAND = (132, 122, 106, 112)
DRY_GRASS = (158, 143, 112, 166)
GREEN_GRASS = (112, 120, 80, 158)
DUFF = (122, 113, 96, 132)
DEEP_SEA = (34, 60, 76, 20)
SHALLOW_SEA = (78, 108, 108, 34)
FOAM = (226, 230, 230, 214)


@dataclass(frozen=True, slots=True)
class Terrain:
    """The lie of the land, on the coarse grid (see `scene_noise.enlarge`).

    Attributes:
        inland_m: metres from the water line, negative at sea; roughly, not exactly, a distance.
        height_m: ground above the sea.
        sandiness: 0 to 1, how far the dunes' sand reaches.
        moisture: about -1 to 1, high in hollows.
        wind: unit vector (col, row) of the prevailing wind, along which dunes are drawn out.
        depth_scale: 1 for a scene of 1.6 km and more, less where the belts are squeezed.
    """

    inland_m: FloatMap
    height_m: FloatMap
    sandiness: FloatMap
    moisture: FloatMap
    wind: tuple[float, float]
    depth_scale: float


def raise_terrain(noise: NoiseFields, rng: np.random.Generator) -> Terrain:
    """Draw shore line, belts, dunes and hills of one scene."""
    rows, cols = noise.coarse_shape
    cell_m = noise.resolution_m * COARSE_STEP
    extent_m = max(rows, cols) * cell_m
    depth_scale = float(np.clip(extent_m / 1600, 0.3, 1))
    tilt = rng.uniform(-0.35, 0.35)
    # A small scene often lies wholly on land; the full one always shows the surf.
    sea_share = rng.uniform(0.10, 0.17) if extent_m > 900 else rng.uniform(-0.35, 0.3)
    x = (np.arange(cols, dtype=np.float32)[None, :] - cols * np.float32(sea_share)) * cell_m
    y = (np.arange(rows, dtype=np.float32)[:, None] - rows / 2) * cell_m
    cove = noise.mix_coarse({9: 34, 8: 17, 7: 7, 6: 3, 5: 1.2}, variant=3) * depth_scale
    inland = np.cos(tilt) * x + np.sin(tilt) * y + cove
    angle = tilt + rng.uniform(0.15, 0.6)
    wind = (float(np.cos(angle)), float(np.sin(angle)))
    sandiness = _sandiness(noise, inland, depth_scale)
    height = _relief(noise, inland, sandiness, wind, depth_scale)
    hollow = cv2.GaussianBlur(height, (0, 0), 28 / cell_m) - height
    moisture = np.tanh(hollow * 0.5 + noise.mix_coarse({8: 0.35, 7: 0.25}, variant=2))
    return Terrain(inland, height, sandiness, moisture, wind, depth_scale)


def _sandiness(noise: NoiseFields, inland: FloatMap, depth_scale: float) -> FloatMap:
    reach = noise.mix_coarse({8: 75, 7: 50, 6: 26, 5: 12}) * depth_scale
    near: FloatMap = smoothstep(330 * depth_scale, 60 * depth_scale, inland + reach)
    drifts = smoothstep(1.0, 1.9, noise.mix_coarse({7: 0.9, 6: 0.6, 5: 0.3}, variant=1))
    return np.maximum(near, drifts * smoothstep(1500, 500, inland) * np.float32(0.7))


def _relief(
    noise: NoiseFields,
    inland: FloatMap,
    sandiness: FloatMap,
    wind: tuple[float, float],
    depth_scale: float,
) -> FloatMap:
    """Metres above the sea: beach ramp, hummocky foredune, dunes drawn out downwind, hills."""
    ramp = np.clip(inland, -40, 60) * np.float32(0.055)
    crest = 52 * depth_scale + noise.mix_coarse({6: 5, 5: 3}, variant=1)
    foredune = np.exp(-(((inland - crest) / 17) ** 2)) * np.float32(3.2)
    foredune *= 1 + np.float32(0.45) * noise.coarse(5, 2)
    land = smoothstep(20, 120, inland)
    dunes = 1 - np.abs(np.tanh(drawn_out(noise, wind, (6, 7), stretch=3.0)))
    dunes += np.float32(0.35) * (1 - np.abs(np.tanh(drawn_out(noise, wind, (5,), stretch=2.5))))
    hills = noise.mix_coarse({9: 9.0, 8: 4.0, 7: 1.4, 6: 0.4}, variant=2)
    gullies = -np.abs(noise.mix_coarse({8: 1.0, 7: 0.5, 6: 0.2}, variant=1)) * np.float32(2.5)
    height = ramp + foredune + land * (5 + dunes * 5.5 * (0.25 + sandiness) + hills + gullies)
    return np.maximum(height, np.minimum(ramp, 0)).astype(np.float32)


def drawn_out(
    noise: NoiseFields, wind: tuple[float, float], octaves: tuple[int, ...], *, stretch: float
) -> FloatMap:
    """Coarse noise of unit variance whose grain runs along the wind."""
    rows, cols = noise.coarse_shape
    centre = np.float32([cols / 2, rows / 2])
    along = np.array(wind)
    across = np.array([-wind[1], wind[0]])
    # Read the isotropic field at places compressed along the wind: that stretches the output.
    forward = np.outer(along, along) / stretch + np.outer(across, across)
    matrix = np.hstack([forward, (centre - forward @ centre)[:, None]])
    total = np.zeros((rows, cols), np.float32)
    for k in octaves:
        total += cv2.warpAffine(
            noise.coarse(k, 3),
            matrix,
            (cols, rows),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )
    return total / np.float32(np.sqrt(len(octaves)))


def paint_ground(canvas: Canvas, terrain: Terrain, rng: np.random.Generator) -> None:
    """Cover the whole canvas: sand, grass and litter, bushes on them, beach and sea."""
    band = 1024
    for row0 in range(0, canvas.shape[0], band):
        box = Box(row0, min(row0 + band, canvas.shape[0]), 0, canvas.shape[1])
        _paint_soil(canvas, terrain, box)
    _paint_scrub(canvas, terrain, rng)
    for row0 in range(0, canvas.shape[0], band):
        box = Box(row0, min(row0 + band, canvas.shape[0]), 0, canvas.shape[1])
        _paint_shore(canvas, terrain, box)


def sand_colour(canvas: Canvas, terrain: Terrain, box: Box) -> FloatMap:
    """Blown sand, H x W x 4: pale on the crests, rippled, trodden and mottled."""
    noise = canvas.noise
    tone = noise.mix(box, {8: 0.25, 6: 0.22, 5: 0.18, 3: 0.14, 2: 0.1}, variant=1)
    colour = blend(DRY_SAND, PALE_SAND, np.clip(tone + np.float32(0.35), 0, 1))
    ripples = enlarge(_ripples(noise, terrain.wind), box)
    grain = ripples * 3 + noise.mix(box, {0: 1.6, 1: 2.0, 2: 1.6, 4: 2.0}, variant=2)
    colour += grain[..., None]
    return colour


def _ripples(noise: NoiseFields, wind: tuple[float, float]) -> FloatMap:
    rows, cols = noise.coarse_shape
    cell_m = noise.resolution_m * COARSE_STEP
    x = np.arange(cols, dtype=np.float32)[None, :] * np.float32(cell_m * wind[0])
    y = np.arange(rows, dtype=np.float32)[:, None] * np.float32(cell_m * wind[1])
    phase = (x + y) / 14 * 2 * np.pi + noise.mix_coarse({6: 2.2, 5: 1.5, 4: 0.8}, variant=2)
    strength = np.clip(noise.coarse(6, 1) * np.float32(0.6) + np.float32(0.3), 0, 1)
    ripples: FloatMap = np.sin(phase).astype(np.float32) * strength
    return ripples


def _paint_soil(canvas: Canvas, terrain: Terrain, box: Box) -> None:
    noise = canvas.noise
    moisture = enlarge(terrain.moisture, box)
    green = moisture * np.float32(0.5) + noise.mix(box, {8: 0.3, 7: 0.25, 5: 0.16, 3: 0.1})
    grass = blend(DRY_GRASS, GREEN_GRASS, np.clip(green + np.float32(0.12), 0, 1))
    litter = noise.mix(box, {7: 0.5, 6: 0.4, 4: 0.3, 2: 0.25, 1: 0.2}, variant=1)
    grass += (np.float32(DUFF) - grass) * smoothstep(-0.3, 1.1, litter)[..., None]
    grass += noise.mix(box, {0: 2.6, 1: 4.5, 2: 4.0, 3: 3.0, 5: 3.5}, variant=3)[..., None]
    frayed = enlarge(terrain.sandiness, box) * 2 - 1
    frayed = frayed + noise.mix(box, {5: 0.25, 4: 0.2, 3: 0.18, 2: 0.14, 1: 0.1}, variant=1)
    share = smoothstep(-0.55, 0.5, frayed)
    canvas.albedo[box.slices] = grass + (sand_colour(canvas, terrain, box) - grass) * share[..., None]


def _scrub_cover(canvas: Canvas, terrain: Terrain) -> FloatMap:
    """Coarse 0 to 1: how much of the ground bushes hide; thin on sand, none on the beach."""
    noise = canvas.noise
    patchy = noise.mix_coarse({8: 0.45, 7: 0.5, 6: 0.5, 5: 0.35, 4: 0.2}, variant=2)
    downwind = drawn_out(noise, terrain.wind, (5, 6), stretch=2.5) * np.float32(0.45)
    cover = smoothstep(-1.0, 1.3, patchy + downwind + terrain.moisture * np.float32(0.5))
    cover *= 1 - np.float32(0.72) * terrain.sandiness
    return cover * smoothstep(34 * terrain.depth_scale, 75 * terrain.depth_scale, terrain.inland_m)


# Low plants of the matrix, R, G, B, NIR: sage, coyote brush, dead and woody, lupin, buckwheat.
_SCRUB_TINTS = np.float32(
    [
        (94, 95, 82, 122),
        (78, 86, 62, 138),
        (104, 94, 82, 112),
        (92, 102, 74, 148),
        (112, 100, 78, 124),
        (84, 84, 74, 114),
    ]
)


def _paint_scrub(canvas: Canvas, terrain: Terrain, rng: np.random.Generator) -> None:
    """Three sizes of bushes, in bands of rows so that the working arrays stay small."""
    cover = _scrub_cover(canvas, terrain)
    layers = ((0.07, 1.1, 0.35, 0.35), (0.02, 2.3, 0.4, 0.8), (0.0028, 4.2, 0.35, 1.5))
    per_pixel = canvas.noise.resolution_m**2 / 0.36
    for row0 in range(0, canvas.shape[0], 1024):
        box = Box(row0, min(row0 + 1024, canvas.shape[0]), 0, canvas.shape[1])
        share = enlarge(cover, box)
        for index, (density, radius, spread, tall_m) in enumerate(layers):
            fray = canvas.noise.mix(box, {1: 0.28 * radius, 2: 0.2 * radius}, variant=index)
            chance = np.clip(share * (1.25 + 0.8 * share), 0, 2) * np.float32(density * per_pixel)
            hidden, dome, nearest = scatter(
                box.shape, rng, chance, (canvas.px(radius * 0.6), spread), fray
            )
            tints = _bush_tints(rng, int(nearest.max()) + 1)
            colour = tints[nearest]
            colour += canvas.noise.mix(box, {0: 4, 1: 4, 7: 4}, variant=index)[..., None]
            canvas.paint(box, hidden * np.float32(0.9), colour, dome * np.float32(tall_m))


def _bush_tints(rng: np.random.Generator, count: int) -> FloatMap:
    tints = _SCRUB_TINTS[rng.integers(0, len(_SCRUB_TINTS), count)]
    return tints + rng.normal(0, 7, (count, 1)).astype(np.float32)


def _paint_shore(canvas: Canvas, terrain: Terrain, box: Box) -> None:
    """Beach, wet sand, surf and open sea over whatever the soil was."""
    noise = canvas.noise
    inland = enlarge(terrain.inland_m, box)
    if float(inland.min()) > 90:
        return
    line = inland + noise.mix(box, {5: 2.2, 4: 1.2, 3: 0.6}, variant=2)
    beach = sand_colour(canvas, terrain, box)
    beach += (np.float32(WET_SAND) - beach) * smoothstep(17, 3, line)[..., None]
    wrack = np.exp(-(((line - 24) / 1.6) ** 2)) * smoothstep(0.2, 1.0, noise.octave(3, box, 1))
    beach += (np.float32(DUFF) - beach) * (wrack * np.float32(0.55))[..., None]
    edge = inland + noise.mix(box, {5: 5, 4: 4, 3: 2.5, 2: 1.2}, variant=1)
    bare = smoothstep(46 * terrain.depth_scale + 6, 46 * terrain.depth_scale, edge)
    canvas.paint(box, bare, beach, 0.0)
    canvas.paint(box, smoothstep(1.0, -0.6, line), _sea_colour(canvas, box, line), 0.0)


def _sea_colour(canvas: Canvas, box: Box, line: FloatMap) -> FloatMap:
    noise = canvas.noise
    depth = -line + noise.mix(box, {7: 9, 6: 7, 5: 3})
    colour = blend(SHALLOW_SEA, DEEP_SEA, smoothstep(4, 120, depth))
    swell = np.sin(line / 11 + noise.octave(7, box, 2) * 2 + noise.octave(6, box, 1))
    colour += (swell * 2.0 + noise.mix(box, {1: 1.6, 2: 1.8, 3: 1.5, 8: 3}, variant=2))[..., None]
    lace = noise.mix(box, {1: 0.35, 2: 0.5, 3: 0.6, 4: 0.5}, variant=3)
    foam = np.zeros(box.shape, np.float32)
    bend = noise.mix(box, {7: 5, 6: 4, 5: 2}, variant=1)
    for offset_m, width_m, level in ((2, 3, 0.3), (16, 6, -0.1), (38, 8, -0.45), (66, 7, -0.9)):
        behind = -line + bend * np.float32(min(1.0, offset_m / 20)) - offset_m
        # A breaker is sharp at its seaward face and trails foam towards the beach.
        front = smoothstep(1.5, -0.5, behind) * np.exp(np.minimum(behind, 0) / width_m)
        broken = lace + noise.octave(6, box, 2) * 0.7 + level
        foam = np.maximum(foam, front * smoothstep(-0.5, 0.8, broken))
    return blend(0.0, np.float32(FOAM), foam) + colour * (1 - foam)[..., None]
