"""What a training window's bands look like: which bands, in which light, how sharp."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.data.training_pictures import Pixels

RED_GREEN_BLUE = (0, 1, 2)
COLOUR_INFRARED = (3, 0, 1)
INFRARED = (3, 3, 3)


def draw_bands(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Three bands of an S x S x (1, 3 or 4) window.

    Of four bands, true colour, colour infrared or infrared alone; a single band three times.
    """
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    if pixels.shape[2] < 4:
        return pixels[:, :, :3]
    views = (RED_GREEN_BLUE, COLOUR_INFRARED, INFRARED)
    return pixels[:, :, list(views[rng.choice(3, p=[0.5, 0.35, 0.15])])]


def vary(pixels: Pixels, rng: np.random.Generator) -> NDArray[np.float32]:
    """An S x S x 3 window in another light: float32, 0..1."""
    image = pixels.astype(np.float32) / np.float32(255)
    if rng.random() < 0.15:
        image = image[:, :, rng.permutation(3)]
    if rng.random() < 0.10:
        weights = rng.dirichlet(np.ones(3)).astype(np.float32)
        image = np.repeat((image @ weights)[:, :, None], 3, axis=2)
    image = image ** np.float32(np.exp(rng.normal(0, 0.25)))
    common, each = rng.normal(0, 0.2), rng.normal(0, 0.08, 3)
    gain = np.exp(common + each).astype(np.float32)
    image = image * gain + rng.normal(0, 0.04, 3).astype(np.float32)
    if rng.random() < 0.25:
        image = blur(image, float(rng.uniform(0.3, 1.1)))
    if rng.random() < 0.4:
        sigma = rng.uniform(0, 0.03)
        image = image + rng.standard_normal(image.shape, np.float32) * np.float32(sigma)
    return np.asarray(np.clip(image, 0, 1), np.float32)


def blur(image: NDArray[np.float32], sigma_px: float) -> NDArray[np.float32]:
    """Gaussian blur of an S x S or S x S x C picture."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma_px), np.float32)
