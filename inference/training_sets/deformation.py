"""Masks as an old map or a careless hand has them."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.training_sets.windows import Target


def deformed(target: Target, rng: np.random.Generator) -> NDArray[np.float32]:
    """A mask (S x S, 0 or 1) that is wrong as an old or careless outline is."""
    size = len(target)
    covers = (target == 1).astype(np.float32)
    extent = np.sqrt(covers.sum())
    scale = float(np.exp(rng.normal(0, 0.12)))
    middle = np.argwhere(covers > 0).mean(axis=0)[::-1] if covers.any() else np.zeros(2)
    shift = rng.normal(0, 0.08, 2) * extent
    matrix = np.column_stack([np.eye(2) * scale, middle * (1 - scale) + shift])
    moved = cv2.warpAffine(covers, matrix, (size, size), flags=cv2.INTER_LINEAR)
    noise = rng.standard_normal((size, size), np.float32)
    reach = float(max(1.5, 0.12 * extent))
    noise = cv2.GaussianBlur(noise, (0, 0), reach)
    softened = cv2.GaussianBlur(moved, (0, 0), reach / 2)
    wrong = softened + 0.15 * noise / (noise.std() + 1e-6) > 0.5
    return np.asarray(wrong, np.float32)
