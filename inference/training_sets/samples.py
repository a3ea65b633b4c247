"""Training samples: one window, one object in it, drawn at random from all sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from inference.errors import InferenceError
from inference.training_sets.augmentation import Look, draw_bands, draw_look
from inference.training_sets.composites import composite, draw_shape, shifted
from inference.training_sets.pack import Source
from inference.training_sets.pictures import Pixels
from inference.training_sets.windows import (
    CLOSEST_VISIBLE_PX,
    CutWindow,
    Target,
    cut_window,
    draw_placement,
)

COMPOSITE_SHARE = 0.15
DRAWS = 12
"""How often a window is drawn again before its object is given up."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One window to learn from.

    Attributes:
        pixels: S x S x bands, 8 bit.
        target: S x S: 1 object, 0 not, -1 unknown.
        look: in which light it is to be seen.
    """

    pixels: Pixels
    target: Target
    look: Look


class BandsMissing(InferenceError):
    """A source whose pictures cannot be shown to a network of so many bands."""

    def __init__(self, source: str, has: int, bands: int) -> None:
        super().__init__(
            f"Pictures of {source} have {has} bands and the network takes {bands}. Nothing was "
            "started; leave this source out, or choose a network for its bands."
        )


def check_bands(sources: Sequence[Source], bands: int) -> None:
    """Refuse sources that a network of so many bands cannot see.

    Raises:
        BandsMissing: a picture has too few bands.
    """
    for source in sources:
        for picture in source.pictures:
            has = picture.pixels.shape[2]
            if has < bands and (has, bands) != (1, 3):
                raise BandsMissing(source.name, has, bands)


class Drawer(Protocol):
    """What draws samples."""

    def draw(self, size: int, rng: np.random.Generator) -> Sample:
        """One sample of `size` px; the same generator state draws the same one."""


class SampleDrawer:
    """Draws samples from weighted sources; the same generator state draws the same sample.

    Within a source a picture is chosen evenly, then one of its maps of objects, then an object
    such that small and large ones are seen alike (`object_weights`): most labels are small, and
    evenly drawn they would be all one sees.

    Args:
        sources: labelled, or with pseudo-objects.
        weights: of each source.
        bands: that the network takes.
        composite_share: share of the samples that are pasted together from two windows.

    Raises:
        BandsMissing: a picture has too few bands.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        weights: Sequence[float],
        *,
        bands: int = 3,
        composite_share: float = COMPOSITE_SHARE,
    ) -> None:
        check_bands(sources, bands)
        self.bands = bands
        self.composite_share = composite_share
        self.sources = list(sources)
        self.weights = np.array(weights, np.float64) / np.sum(weights)
        self.object_weights = [[object_weights(p.objects) for p in s.pictures] for s in sources]

    def draw(self, size: int, rng: np.random.Generator) -> Sample:
        """One sample of `size` px."""
        cut = self.draw_cut(size, rng)
        if rng.random() < self.composite_share:
            cut = self.draw_composite(cut, rng)
        return Sample(cut.pixels, cut.target, draw_look(self.bands, rng))

    def draw_cut(self, size: int, rng: np.random.Generator) -> CutWindow:
        """A window in which enough of its object is visible."""
        while True:
            chosen = int(rng.choice(len(self.sources), p=self.weights))
            source = self.sources[chosen]
            index = int(rng.integers(len(source.pictures)))
            picture = source.pictures[index]
            row = int(rng.choice(len(picture.objects), p=self.object_weights[chosen][index]))
            target = picture.objects[row]
            for _ in range(DRAWS):
                placement = draw_placement(picture, target, size=size, rng=rng)
                cut = cut_window(source, index, target, placement, size=size)
                if is_worth_learning(cut.target):
                    return CutWindow(draw_bands(cut.pixels, rng, bands=self.bands), cut.target)

    def draw_composite(self, ground: CutWindow, rng: np.random.Generator) -> CutWindow:
        """A piece of another window, or of the same one shifted, pasted over `ground`.

        `ground` itself comes back where the drawn shape shows too little.
        """
        other = self.draw_cut(len(ground.target), rng)
        patch = other.pixels if rng.random() < 0.7 else shifted(ground.pixels, rng)
        pasted = composite(ground, patch, draw_shape(other.target, rng), rng)
        return pasted if is_worth_learning(pasted.target) else ground


def object_weights(objects: NDArray[np.void]) -> NDArray[np.float64]:
    """Probability of each object of a picture's table.

    Maps evenly; in each the octaves of the longest side that it has (8 to 15 px, 16 to 31 px, ...)
    evenly, and in each of these its objects.
    """
    octaves = np.log2(np.maximum(objects["height"], objects["width"])).astype(np.int64)
    weights = np.zeros(len(objects))
    for index in np.unique(objects["map"]):
        in_map = objects["map"] == index
        present, members = np.unique(octaves[in_map], return_inverse=True)
        weights[in_map] = 1 / (len(present) * np.bincount(members)[members])
    return np.asarray(weights / weights.sum(), np.float64)


def is_worth_learning(target: Target) -> bool:
    """Whether some object, some background and mostly known ground are visible."""
    inside = int((target == 1).sum())
    outside = int((target == 0).sum())
    return (
        inside >= CLOSEST_VISIBLE_PX
        and outside >= CLOSEST_VISIBLE_PX
        and inside + outside >= 0.4 * target.size
    )
