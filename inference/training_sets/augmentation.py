"""What a training window's bands look like: which bands, in which light, how sharp.

Drawn here, in numbers; applied by `inference/training/radiometry.py` on the network's device.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.training_sets.pictures import Pixels

RED_GREEN_BLUE = (0, 1, 2)
COLOUR_INFRARED = (3, 0, 1)
INFRARED = (3, 3, 3)


def draw_bands(pixels: Pixels, rng: np.random.Generator, *, bands: int = 3) -> Pixels:
    """The bands that a network takes, of an S x S x (1, 3 or 4) window.

    For three bands: of four, true colour, colour infrared or infrared alone; a single band three
    times. For any other number: the window's own first bands.
    """
    if bands != 3:
        return pixels[:, :, :bands]
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    if pixels.shape[2] < 4:
        return pixels[:, :, :3]
    views = (RED_GREEN_BLUE, COLOUR_INFRARED, INFRARED)
    return pixels[:, :, list(views[rng.choice(3, p=[0.5, 0.35, 0.15])])]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Another light for one window, applied in this order.

    Attributes:
        mix: bands x bands; the new bands are the old ones times this.
        gamma: exponent.
        gain: per band.
        offset: per band, of values in 0..1.
        blur_px: sigma; 0 for none.
        noise: standard deviation.
    """

    mix: NDArray[np.float32]
    gamma: float
    gain: NDArray[np.float32]
    offset: NDArray[np.float32]
    blur_px: float
    noise: float


def draw_look(bands: int, rng: np.random.Generator) -> Look:
    """A random light: bands swapped or greyed at times, brightness, contrast, sharpness, noise."""
    mix = np.eye(bands, dtype=np.float32)
    if rng.random() < 0.15:
        mix = mix[rng.permutation(bands)]
    if rng.random() < 0.10:
        weights = rng.dirichlet(np.ones(bands)).astype(np.float32)
        mix = mix @ np.repeat(weights[:, None], bands, axis=1)
    gamma = float(np.exp(rng.normal(0, 0.25)))
    common, each = rng.normal(0, 0.2), rng.normal(0, 0.08, bands)
    return Look(
        mix,
        gamma,
        np.exp(common + each).astype(np.float32),
        rng.normal(0, 0.04, bands).astype(np.float32),
        float(rng.uniform(0.3, 1.1)) if rng.random() < 0.25 else 0.0,
        float(rng.uniform(0, 0.03)) if rng.random() < 0.4 else 0.0,
    )


def blur(image: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Gaussian blur of an S x S or S x S x C picture."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.float32)
