"""The lie of the land in a drawn coastal preserve: shore line, relief, sand, hollows, wind."""

from dataclasses import dataclass

import cv2
import numpy as np

from inference.scenes.noise import COARSE_STEP, FloatMap, NoiseFields, smoothstep


@dataclass(frozen=True, slots=True)
class Terrain:
    """The lie of the land, on the coarse grid (see `noise.enlarge`).

    Attributes:
        inland_m: metres from the water line, negative at sea; roughly, not exactly, a distance.
        height_m: ground above the sea.
        sandiness: 0 to 1, how far the dunes' sand reaches.
        moisture: about -1 to 1, high in hollows.
        ripples: -1 to 1, the waves that the wind leaves in bare sand.
        wind: unit vector (col, row) of the prevailing wind, along which dunes are drawn out.
        shore: unit vector along the water line.
        depth_scale: 1 for a scene of 1.6 km and more, less where the belts are squeezed.
    """

    inland_m: FloatMap
    height_m: FloatMap
    sandiness: FloatMap
    moisture: FloatMap
    ripples: FloatMap
    wind: tuple[float, float]
    shore: tuple[float, float]
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
    shore = (float(-np.sin(tilt)), float(np.cos(tilt)))
    ripples = _ripples(noise, wind)
    return Terrain(
        inland_m=inland,
        height_m=height,
        sandiness=sandiness,
        moisture=moisture,
        ripples=ripples,
        wind=wind,
        shore=shore,
        depth_scale=depth_scale,
    )


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
    hills = noise.mix_coarse({9: 14.0, 8: 7.0, 7: 2.2, 6: 0.5}, variant=2)
    gullies = -np.abs(noise.mix_coarse({8: 1.0, 7: 0.5, 6: 0.2}, variant=1)) * np.float32(4)
    height = ramp + foredune + land * (5 + dunes * 5.5 * (0.25 + sandiness) + hills + gullies)
    above_sea: FloatMap = np.maximum(height, np.minimum(ramp, 0)).astype(np.float32)
    return above_sea


def drawn_out(
    noise: NoiseFields, wind: tuple[float, float], octaves: tuple[int, ...], *, stretch: float
) -> FloatMap:
    """Coarse noise of unit variance whose grain runs along the wind."""
    rows, cols = noise.coarse_shape
    centre = np.array([cols / 2, rows / 2])
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


def _ripples(noise: NoiseFields, wind: tuple[float, float]) -> FloatMap:
    rows, cols = noise.coarse_shape
    cell_m = noise.resolution_m * COARSE_STEP
    x = np.arange(cols, dtype=np.float32)[None, :] * np.float32(cell_m * wind[0])
    y = np.arange(rows, dtype=np.float32)[:, None] * np.float32(cell_m * wind[1])
    phase = (x + y) / 14 * 2 * np.pi + noise.mix_coarse({6: 2.2, 5: 1.5, 4: 0.8}, variant=2)
    strength = np.clip(noise.coarse(6, 1) * np.float32(0.6) + np.float32(0.3), 0, 1)
    ripples: FloatMap = np.sin(phase).astype(np.float32) * strength
    return ripples
