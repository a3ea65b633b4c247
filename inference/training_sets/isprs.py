"""The ISPRS benchmarks cut into the data sets of the paper.

Source: "Deep learning-based interactive segmentation in remote sensing" (Wang et al., arXiv
2308.13174): four sets, bands and numbers of patches. It does not state which pictures are its
test pictures, the patches of Vaihingen, connectivity, smallest area or the treatment of clutter;
what is chosen stands beside each choice, here and in `isprs_folders`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import rasterio
from rasterio.windows import Window

from inference.training_sets.colours import classes_of_colours
from inference.training_sets.isprs_folders import (
    CLASS_NAMES,
    COLOURS,
    IGNORED_CLASSES,
    POTSDAM,
    UNKNOWN,
    VAIHINGEN,
    Benchmark,
    IsprsPicture,
    find_pictures,
)
from inference.training_sets.layout import Example, Planned, PreparingRefused
from inference.training_sets.pictures import components_of_classes

SetName = Literal["PRGB", "PRGIR", "PRGBIR", "VRGIR"]

CLASSES: dict[int, str] = {
    UNKNOWN: "boundary/clutter (ignore)",
    **{i: name for i, name in CLASS_NAMES.items() if i not in IGNORED_CLASSES},
}
"""Of the masks that are written: all that is ignored has one id there."""
SMALLEST_PX = 31
"""The smallest size class of the paper's tables begins above 0.075 m2, 30 pixels of 5 cm."""
TEST_SHARE = 6 / 38
"""6 of Potsdam's 38 and of Vaihingen's 33 pictures. Which ones is not stated: evenly spread ones
unless they are named."""
MOST_UNKNOWN = 0.5
"""A picture with more pixels than this in no class's colour is no label picture."""


@dataclass(frozen=True, slots=True)
class IsprsSet:
    """One data set of the paper.

    Attributes:
        benchmark: which it is cut from.
        bands: to take of an orthophoto, from 1, by the ending of its name; best first.
        published: patches and objects, each for training and test, in the paper.
    """

    benchmark: Benchmark
    bands: Mapping[str, tuple[int, ...]]
    published: tuple[tuple[int, int], tuple[int, int]]


POTSDAM_PUBLISHED = ((3200, 600), (47152, 10365))

SETS: dict[SetName, IsprsSet] = {
    "PRGB": IsprsSet(POTSDAM, {"_RGB": (1, 2, 3), "_RGBIR": (1, 2, 3)}, POTSDAM_PUBLISHED),
    # Written R-G-IR in the paper; its figures show vegetation bright red, so infrared is first.
    "PRGIR": IsprsSet(POTSDAM, {"_IRRG": (1, 2, 3), "_RGBIR": (4, 1, 2)}, POTSDAM_PUBLISHED),
    "PRGBIR": IsprsSet(POTSDAM, {"_RGBIR": (1, 2, 3, 4)}, POTSDAM_PUBLISHED),
    # Stored as infrared, red, green.
    "VRGIR": IsprsSet(VAIHINGEN, {"": (1, 2, 3)}, ((1770, 385), (20102, 4651))),
}


def pictures_of_set(folder: Path, chosen: SetName) -> list[IsprsPicture]:
    """The pictures under a folder that a set is cut from.

    Raises:
        PreparingRefused: there is none.
    """
    wanted = SETS[chosen]
    found = find_pictures(folder, wanted.benchmark, tuple(wanted.bands))
    if not found:
        endings = " or ".join(f"{ending}.tif" for ending in wanted.bands)
        raise PreparingRefused(
            f"{folder} has no labelled pictures of {chosen}: orthophotos ending in {endings} with "
            "label pictures of the same places. Nothing was written; unpack both archives of the "
            "benchmark under that folder."
        )
    return found


def split(
    pictures: list[IsprsPicture], test: Iterable[str] = ()
) -> tuple[list[IsprsPicture], list[IsprsPicture]]:
    """Training and test pictures: those named, else `TEST_SHARE` of them, evenly spread.

    Raises:
        PreparingRefused: a name is none of the pictures'.
    """
    named = set(test)
    if unknown := named - {p.name for p in pictures}:
        raise PreparingRefused(
            f"There is no picture called {', '.join(sorted(unknown))}. Nothing was written; the "
            f"names are {', '.join(p.name for p in pictures)}."
        )
    if not named:
        count = round(TEST_SHARE * len(pictures)) or int(len(pictures) > 1)
        named = {pictures[int((i + 0.5) * len(pictures) / count)].name for i in range(count)}
    return (
        [p for p in pictures if p.name not in named],
        [p for p in pictures if p.name in named],
    )


def plan_patches(
    pictures: list[IsprsPicture], chosen: SetName, *, patch_px: int
) -> Iterator[Planned]:
    """Every patch of a set's pictures, row by row; what remains at the far edges is kept.

    Raises:
        PreparingRefused: a picture and its labels differ in size.
    """
    for picture in pictures:
        bands = SETS[chosen].bands[picture.ending]
        with rasterio.open(picture.image) as image, rasterio.open(picture.labels) as labels:
            height, width = image.shape
            if image.shape != labels.shape:
                raise PreparingRefused(
                    f"{picture.image.name} and {picture.labels.name} differ in size. Nothing was "
                    "written; unpack both again."
                )
        for row in range(0, height, patch_px):
            for col in range(0, width, patch_px):
                side = min(patch_px, width - col), min(patch_px, height - row)
                window = Window(col, row, *side)
                make = partial(read_patch, picture, bands, window)
                yield Planned(f"{picture.name}_{row}_{col}", make)


def read_patch(picture: IsprsPicture, bands: tuple[int, ...], window: Window) -> Example:
    """One patch; its objects are the 4-connected regions of one class, as everywhere here.

    Raises:
        PreparingRefused: the pictures are not of 8 bit, or the labels are in other colours.
    """
    with rasterio.open(picture.image) as image, rasterio.open(picture.labels) as labels:
        if image.count < max(bands) or labels.count < 3 or image.dtypes[0] != "uint8":
            raise PreparingRefused(
                f"{picture.image.name} or {picture.labels.name} has other bands than the "
                "benchmark's files (8 bit; labels in three colours). It was not used; unpack both "
                "again."
            )
        pixels = np.moveaxis(image.read(list(bands), window=window), 0, -1)
        painted = np.moveaxis(labels.read([1, 2, 3], window=window), 0, -1)
    strange = 255
    ids = classes_of_colours(painted, COLOURS, unknown=strange)
    if (ids == strange).mean() > MOST_UNKNOWN:
        raise PreparingRefused(
            f"{picture.labels.name} is not painted in the benchmark's colours. It was not used; "
            "unpack the labels again."
        )
    mask = np.where(np.isin(ids, [*IGNORED_CLASSES, strange]), UNKNOWN, ids).astype(np.uint8)
    instances = components_of_classes(mask, {UNKNOWN}, min_area_px=SMALLEST_PX)
    return Example(np.ascontiguousarray(pixels), mask, instances)
