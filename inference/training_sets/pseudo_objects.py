"""Pseudo-objects: regions of even colour in pictures that nobody has labelled.

Felzenszwalb's graph segmentation at three scales stands in for objects. It knows nothing of what
things are, but its regions have the sizes, shapes and edges that clicks are about.

Source: Felzenszwalb and Huttenlocher, "Efficient graph-based image segmentation", IJCV 2004,
as scikit-image implements it.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from skimage.segmentation import felzenszwalb

from inference.training_sets.pictures import (
    IGNORED,
    PICTURE_ENDINGS,
    ObjectMap,
    Picture,
    Pixels,
    read_pixels,
    table_of_objects,
)

SCALES = (60, 250, 900)
SIGMA = 1.2
LARGEST_SHARE = 0.4
"""Regions that fill more of the picture than this are left out: they are what is between."""
BLACK_BELOW = 3
"""Mean grey level under which a region is a hole in the mosaic."""


def regions(pixels: Pixels, scale: int) -> ObjectMap:
    """Numbered regions (from 1) of an H x W x bands picture; holes of the mosaic are ignored."""
    with warnings.catch_warnings():
        # More than three bands are meant.
        warnings.filterwarnings("ignore", "Got image with third dimension", RuntimeWarning)
        segments = felzenszwalb(
            pixels / np.float32(255), scale=scale, sigma=SIGMA, min_size=max(20, scale // 4)
        )
    counts = np.bincount(segments.ravel())
    means = np.bincount(segments.ravel(), weights=pixels.mean(axis=2).ravel()) / counts
    numbers = np.zeros(len(counts), np.uint16)
    kept = np.flatnonzero((counts <= LARGEST_SHARE * segments.size) & (means >= BLACK_BELOW))
    kept = kept[: IGNORED - 1]
    numbers[kept] = np.arange(1, len(kept) + 1, dtype=np.uint16)
    numbers[means < BLACK_BELOW] = IGNORED
    numbered: ObjectMap = numbers[segments]
    return numbered


def read_pseudo_objects(folder: Path) -> Iterator[Picture]:
    """Every picture directly in a folder, by name, with its regions at three scales."""
    for path in sorted(p for p in folder.iterdir() if p.suffix in PICTURE_ENDINGS):
        pixels = read_pixels(path)
        maps = [regions(pixels, scale) for scale in SCALES]
        yield Picture(path.stem, pixels, maps, table_of_objects(maps))
