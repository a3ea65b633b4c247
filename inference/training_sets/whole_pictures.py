"""Pictures for pretraining: no objects are wanted, so no labels are read."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from inference.training_sets.augmentation import draw_bands, draw_look
from inference.training_sets.pack import Source
from inference.training_sets.pictures import (
    IGNORED,
    PICTURE_ENDINGS,
    Picture,
    Pixels,
    TrainingFolderUnreadable,
    read_pixels,
    table_of_objects,
)
from inference.training_sets.samples import Sample, check_bands
from inference.training_sets.windows import Placement, cut_window, hold_inside

HOLE_BELOW = 3
"""Pixels with no band of this value are holes in a mosaic."""
SCALES = (0.5, 4.0)
"""Native pixels per window pixel, at least and at most, where the picture is large enough."""
LEAST_KNOWN = 0.5
"""Share of a window that must show the picture; it is drawn again otherwise."""
DRAWS = 12


def whole(name: str, pixels: Pixels) -> Picture:
    """A picture whose one object is all of it but holes, which are unknown."""
    is_hole = pixels.max(axis=2) < HOLE_BELOW
    numbered = np.where(is_hole, IGNORED, 1).astype(np.uint16)
    return Picture(name, pixels, [numbered], table_of_objects([numbered]))


def read_whole_pictures(folder: Path) -> Iterator[Picture]:
    """Every picture directly in a folder, by name.

    Raises:
        TrainingFolderUnreadable: there is no such folder, or a picture is not of 8 bit.
    """
    if not folder.is_dir():
        raise TrainingFolderUnreadable(
            f"There is no folder {folder}. Nothing was started; correct the path in the "
            "configuration."
        )
    for path in sorted(p for p in folder.iterdir() if p.suffix in PICTURE_ENDINGS):
        yield whole(path.stem, read_pixels(path))


class PlaceDrawer:
    """Draws windows anywhere in weighted sources; the same generator state draws the same one.

    Args:
        sources: of `whole` pictures.
        weights: of each source.
        bands: that the network takes.

    Raises:
        BandsMissing: a picture has too few bands.
    """

    def __init__(
        self, sources: Sequence[Source], weights: Sequence[float], *, bands: int = 3
    ) -> None:
        check_bands(sources, bands)
        self.bands = bands
        self.sources = list(sources)
        self.weights = np.array(weights, np.float64) / np.sum(weights)
        areas = [np.array([p.pixels[:, :, 0].size for p in s.pictures]) for s in self.sources]
        self.picture_weights = [of_source / of_source.sum() for of_source in areas]

    def draw(self, size: int, rng: np.random.Generator) -> Sample:
        """A window of `size` px; its target is 1 where it shows the picture, else -1.

        As sharp and as clean as the picture is: blur and noise are nothing to be painted.
        """
        for _ in range(DRAWS):
            chosen = int(rng.choice(len(self.sources), p=self.weights))
            source = self.sources[chosen]
            index = int(rng.choice(len(source.pictures), p=self.picture_weights[chosen]))
            picture = source.pictures[index]
            placement = draw_place(picture, size, rng)
            cut = cut_window(source, index, picture.objects[0], placement, size=size)
            if (cut.target == 1).mean() >= LEAST_KNOWN:
                break
        pixels = draw_bands(cut.pixels, rng, bands=self.bands)
        look = replace(draw_look(self.bands, rng), blur_px=0.0, noise=0.0)
        return Sample(pixels, cut.target, look)


def draw_place(picture: Picture, size: int, rng: np.random.Generator) -> Placement:
    """A random window of `size` px whose middle lies in the picture."""
    height, width = picture.pixels.shape[:2]
    least, greatest = np.log(SCALES)
    side = min(size * float(np.exp(rng.uniform(least, greatest))), min(height, width))
    row, col = rng.uniform(0, height), rng.uniform(0, width)
    turned = rng.random() < 0.5
    return Placement(
        col=hold_inside(float(col), side, width),
        row=hold_inside(float(row), side, height),
        side=side,
        angle=float(rng.uniform(0, 2 * np.pi) if turned else rng.integers(4) * np.pi / 2),
        mirrored=bool(rng.random() < 0.5),
    )
