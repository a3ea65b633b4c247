"""From a painted canvas to what an aerial camera records: sun, shadow, haze, blur and noise."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from inference.scenes.canvas import Canvas
from inference.scenes.noise import FloatMap, enlarge

# Share of skylight in the light on flat ground, R, G, B, NIR: shadows are blue, and dark in NIR.
_SKYLIGHT = (0.26, 0.31, 0.40, 0.17)
# Path radiance of the air below the camera, in 8-bit values, and the contrast it leaves.
_HAZE = (9.0, 11.5, 19.0, 5.0)
_HAZE_CONTRAST = 0.93
# Foliage lets light through: its slopes shade less than those of a solid.
_CANOPY_RELIEF = 0.5
_TALLEST_M = 14.0


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the light comes from.

    Attributes:
        azimuth: radians clockwise from north (up).
        elevation: radians above the horizon.
    """

    azimuth: float
    elevation: float

    @classmethod
    def of_a_flight(cls, rng: np.random.Generator) -> "Sun":
        """A summer day between ten and two, as such surveys are flown."""
        return cls(np.radians(rng.uniform(115, 225)), np.radians(rng.uniform(42, 60)))

    @property
    def toward(self) -> tuple[float, float]:
        """Unit vector (col, row) on the ground towards the sun."""
        return float(np.sin(self.azimuth)), float(-np.cos(self.azimuth))


def photograph(canvas: Canvas, rng: np.random.Generator, sun: Sun) -> npt.NDArray[np.uint8]:
    """The picture, 4 x H x W uint8: R, G, B, NIR."""
    # Linear interpolation has kinks every few pixels, which slopes would show.
    ground = cv2.GaussianBlur(enlarge(canvas.terrain.height_m, canvas.whole), (0, 0), 2.5)
    direct = _slope_light(ground, canvas.canopy_m, sun, canvas.noise.resolution_m)
    direct *= 1 - _cast_shadow(ground + canvas.canopy_m, sun, canvas.noise.resolution_m)
    del ground
    image = np.empty((4, *canvas.shape), np.uint8)
    gain = rng.normal(1.0, 0.012, 4)
    sharpness_px = rng.uniform(0.55, 0.75)
    for band in range(4):
        sky = np.float32(_SKYLIGHT[band])
        radiance = canvas.albedo[..., band] * (sky + (1 - sky) * direct)
        radiance *= np.float32(_HAZE_CONTRAST * gain[band])
        radiance += np.float32(_HAZE[band])
        radiance *= _falloff(canvas.shape, rng)
        radiance = cv2.GaussianBlur(radiance, (0, 0), sharpness_px)
        radiance += _sensor_noise(canvas.shape, rng)
        image[band] = np.clip(radiance + np.float32(0.5), 0, 255)
    return image


def _slope_light(ground: FloatMap, canopy_m: FloatMap, sun: Sun, resolution_m: float) -> FloatMap:
    """Direct light on each pixel's slope, 1 on flat ground (Lambert's cosine law, softened)."""
    surface = ground + canopy_m * np.float32(_CANOPY_RELIEF)
    surface = cv2.GaussianBlur(surface, (0, 0), 0.6)
    scale = 1 / (2 * resolution_m)
    east = cv2.filter2D(surface, cv2.CV_32F, np.array([[-scale, 0, scale]]))
    down = cv2.filter2D(surface, cv2.CV_32F, np.array([[-scale], [0], [scale]]))
    toward = sun.toward
    facing = -(east * np.float32(toward[0]) + down * np.float32(toward[1]))
    facing *= np.float32(1 / np.tan(sun.elevation))
    # Lambert's law saturates: foliage has no face that is wholly in or out of the light.
    light: FloatMap = 1 + np.float32(0.62) * np.tanh(facing / np.float32(0.62))
    return light


def _cast_shadow(surface: FloatMap, sun: Sun, resolution_m: float) -> FloatMap:
    """0 in sun, 1 in shadow: whether something towards the sun stands above the ray."""
    rows, cols = surface.shape
    toward = sun.toward
    drop_m = np.float32(np.tan(sun.elevation) * resolution_m)
    steps = int(np.ceil(_TALLEST_M / drop_m))
    skyline = np.full_like(surface, -1e3)
    for step in range(1, steps + 1):
        matrix = np.array([[1, 0, toward[0] * step], [0, 1, toward[1] * step]])
        shifted = cv2.warpAffine(
            surface,
            matrix,
            (cols, rows),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        shifted -= drop_m * step
        cv2.max(skyline, shifted, dst=skyline)
    skyline -= surface
    # Full shadow only well below the ray: crowns let light through, and so does a shadow's rim.
    return np.clip((skyline - np.float32(0.1)) * np.float32(0.7), 0, 0.94, out=skyline)


def _falloff(shape: tuple[int, int], rng: np.random.Generator) -> FloatMap:
    """A slow brightness gradient and a little vignetting over the frame, around 1."""
    rows = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None]
    cols = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
    tilt = rng.normal(0, 0.012, 2)
    return (
        1
        + np.float32(tilt[0]) * rows
        + np.float32(tilt[1]) * cols
        - np.float32(0.02) * (rows * rows + cols * cols)
    )


def _sensor_noise(shape: tuple[int, int], rng: np.random.Generator) -> FloatMap:
    noise = rng.standard_normal(shape, dtype=np.float32)
    # Resampling to the map grid leaves neighbours alike.
    smooth: FloatMap = cv2.GaussianBlur(noise, (0, 0), 0.5)
    return smooth * np.float32(2.4)
