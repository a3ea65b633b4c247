"""Labelled folders for training, drawn."""

import json
from pathlib import Path

import cv2
import numpy as np

from inference.models.late_clicks import LateClicksConfig

TINY = LateClicksConfig(
    edge_channels=8,
    encoder_channels=(8, 16, 16),
    encoder_blocks=(1, 1, 1),
    feature_channels=8,
    head_channels=(8, 8, 8),
)

TINY_TABLE = """
[network]
edge_channels = 8
encoder_channels = [8, 16, 16]
encoder_blocks = [1, 1, 1]
feature_channels = 8
head_channels = [8, 8, 8]
"""
"""TINY in a run's configuration."""


def draw_disks(*, size: int = 160, seed: int = 11, bands: int = 3):
    """Pixels and object numbers: six bright disks on dark, noisy ground, none at the edge."""
    rng = np.random.default_rng(seed)
    numbered = np.zeros((size, size), np.uint16)
    rows, cols = np.mgrid[:size, :size]
    for number in range(6):
        row = size * (0.28 + 0.44 * (number // 3))
        col = size * (0.2 + 0.3 * (number % 3))
        radius = size * rng.uniform(0.05, 0.1)
        numbered[np.hypot(rows - row, cols - col) <= radius] = number + 1
    pixels = rng.integers(20, 70, (size, size, bands)).astype(np.uint8)
    pixels[numbered > 0] += 130
    return pixels, numbered


def write_disks(folder: Path, *, pictures: int = 4, size: int = 160) -> None:
    """A labelled folder of such pictures, with instances."""
    for kind in ("images", "instances"):
        (folder / kind).mkdir(parents=True)
    for index in range(pictures):
        pixels, numbered = draw_disks(size=size, seed=index)
        cv2.imwrite(str(folder / f"images/disks_{index}.png"), pixels[:, :, ::-1])
        cv2.imwrite(str(folder / f"instances/disks_{index}.png"), numbered)
    (folder / "classes.json").write_text(json.dumps({"names": {"1": "disk"}, "ignore": []}))
