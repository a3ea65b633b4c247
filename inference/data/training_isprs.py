"""The ISPRS benchmarks as they are handed out, cut into the data sets of the paper.

Source: "Deep learning-based interactive segmentation in remote sensing" (Wang et al., arXiv
2308.13174): four sets, bands and numbers of patches. It does not state which pictures are its
test pictures, the patches of Vaihingen, connectivity, smallest area or the treatment of clutter;
what is chosen here stands beside each choice.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import rasterio
from rasterio.windows import Window

from inference.data.training_colours import Colour, classes_of_colours
from inference.data.training_layout import Example, Planned, PreparingRefused
from inference.data.training_pictures import components_of_classes

SetName = Literal["PRGB", "PRGIR", "PRGBIR", "VRGIR"]

UNKNOWN = 0
CLUTTER = 6
CLASSES: dict[int, str] = {
    UNKNOWN: "boundary/clutter (ignore)",
    1: "impervious surface",
    2: "building",
    3: "low vegetation",
    4: "tree",
    5: "car",
}
"""The paper reports five classes, so clutter is left out, as are the black seams of labels that
are handed out with their boundaries eroded."""
COLOURS: dict[int, Colour] = {
    UNKNOWN: (0, 0, 0),
    1: (255, 255, 255),
    2: (0, 0, 255),
    3: (0, 255, 255),
    4: (0, 255, 0),
    5: (255, 255, 0),
    CLUTTER: (255, 0, 0),
}
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
        picture: of an orthophoto's name without bands and ending.
        sources: endings of usable orthophotos, best first, and the bands (from 1) to take.
        patch_px: side of a patch. For Vaihingen it is not stated; with 300, and partial patches
            kept, a picture of 2000 x 2500 gives 63, next to the paper's 65.
        published: patches and objects, each for training and test, in the paper.
    """

    picture: str
    sources: tuple[tuple[str, tuple[int, ...]], ...]
    patch_px: int
    published: tuple[tuple[int, int], tuple[int, int]]


POTSDAM = r"top_potsdam_\d+_\d+"
VAIHINGEN = r"top_mosaic_09cm_area\d+"
POTSDAM_PUBLISHED = ((3200, 600), (47152, 10365))

SETS: dict[SetName, IsprsSet] = {
    "PRGB": IsprsSet(POTSDAM, (("_RGB", (1, 2, 3)), ("_RGBIR", (1, 2, 3))), 600, POTSDAM_PUBLISHED),
    # Written R-G-IR in the paper; its figures show vegetation bright red, so infrared is first.
    "PRGIR": IsprsSet(
        POTSDAM, (("_IRRG", (1, 2, 3)), ("_RGBIR", (4, 1, 2))), 600, POTSDAM_PUBLISHED
    ),
    "PRGBIR": IsprsSet(POTSDAM, (("_RGBIR", (1, 2, 3, 4)),), 600, POTSDAM_PUBLISHED),
    # Stored as infrared, red, green.
    "VRGIR": IsprsSet(VAIHINGEN, (("", (1, 2, 3)),), 300, ((1770, 385), (20102, 4651))),
}


@dataclass(frozen=True, slots=True)
class IsprsPicture:
    """An orthophoto with its labels.

    Attributes:
        name: without bands and ending, such as `top_potsdam_2_10`.
        bands: to take of it, from 1.
    """

    name: str
    image: Path
    bands: tuple[int, ...]
    labels: Path


def find_pictures(folder: Path, chosen: SetName) -> list[IsprsPicture]:
    """The pictures of a set under a folder that have labels, by name, at any depth.

    Full labels are preferred to those with eroded boundaries.

    Raises:
        PreparingRefused: there is none.
    """
    wanted = SETS[chosen]
    images: dict[str, tuple[int, Path]] = {}
    labels: dict[str, tuple[int, Path]] = {}
    for path in sorted(folder.rglob("*.tif")):
        found = re.fullmatch(rf"({wanted.picture})(.*)", path.stem)
        if not found:
            continue
        name, ending = found[1], found[2]
        if is_label(path, ending):
            rank = int(ending.endswith("noBoundary"))
            labels[name] = min(labels.get(name, (rank, path)), (rank, path))
        for rank, (suffix, _) in enumerate(wanted.sources):
            if ending == suffix and not is_label(path, ending):
                images[name] = min(images.get(name, (rank, path)), (rank, path))
    both = sorted(images.keys() & labels.keys(), key=natural)
    if not both:
        endings = " or ".join(f"{suffix}.tif" for suffix, _ in wanted.sources)
        raise PreparingRefused(
            f"{folder} has no labelled pictures of {chosen} ({len(images)} orthophotos ending in "
            f"{endings}, {len(labels)} label pictures, none of one place). Nothing was written; "
            "unpack both archives of the benchmark under that folder."
        )
    return [
        IsprsPicture(n, images[n][1], wanted.sources[images[n][0]][1], labels[n][1]) for n in both
    ]


def is_label(path: Path, ending: str) -> bool:
    """Whether a file of the benchmark is a label picture; Vaihingen's are told by their folder."""
    if "label" in ending or "noBoundary" in ending:
        return True
    where = path.parent.name.lower()
    return "gts" in where or "ground_truth" in where


def natural(name: str) -> list[int]:
    """Sorts names by their numbers: area3 before area11."""
    return [int(number) for number in re.findall(r"\d+", name)]


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


def plan_patches(pictures: list[IsprsPicture], *, patch_px: int) -> Iterator[Planned]:
    """Every patch of some pictures, row by row; what remains at the far edges is kept.

    Raises:
        PreparingRefused: a picture and its labels differ in size.
    """
    for picture in pictures:
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
                yield Planned(f"{picture.name}_{row}_{col}", partial(read_patch, picture, window))


def read_patch(picture: IsprsPicture, window: Window) -> Example:
    """One patch; its objects are the 4-connected regions of one class, as everywhere here.

    Raises:
        PreparingRefused: the pictures are not of 8 bit, or the labels are in other colours.
    """
    with rasterio.open(picture.image) as image, rasterio.open(picture.labels) as labels:
        if image.count < max(picture.bands) or labels.count < 3 or image.dtypes[0] != "uint8":
            raise PreparingRefused(
                f"{picture.image.name} or {picture.labels.name} has other bands than the "
                "benchmark's files (8 bit; labels in three colours). It was not used; unpack both "
                "again."
            )
        pixels = np.moveaxis(image.read(list(picture.bands), window=window), 0, -1)
        painted = np.moveaxis(labels.read([1, 2, 3], window=window), 0, -1)
    strange = 255
    ids = classes_of_colours(painted, COLOURS, unknown=strange)
    if (ids == strange).mean() > MOST_UNKNOWN:
        raise PreparingRefused(
            f"{picture.labels.name} is not painted in the benchmark's colours. It was not used; "
            "unpack the labels again."
        )
    mask = np.where(np.isin(ids, [CLUTTER, strange]), UNKNOWN, ids).astype(np.uint8)
    instances = components_of_classes(mask, {UNKNOWN}, min_area_px=SMALLEST_PX)
    return Example(np.ascontiguousarray(pixels), mask, instances)
