"""The folders of the ISPRS benchmarks as they are handed out: Potsdam and Vaihingen.

Labels are pictures in six colours. Clutter, the sixth class, is ignored, as are the black seams of
labels that are handed out with their boundaries eroded: such pixels are neither object nor
background, whether a folder is prepared for training or evaluated. The paper ("Deep
learning-based interactive segmentation in remote sensing", Wang et al., arXiv 2308.13174) does not
state what it did with clutter; it reports five classes, so clutter seems left out of its objects.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.training_sets.colours import Colour

UNKNOWN = 0
"""Id of pixels in no class's colour, and of the black seams."""
CLUTTER = 6
CLASS_NAMES: dict[int, str] = {
    1: "impervious surface",
    2: "building",
    3: "low vegetation",
    4: "tree",
    5: "car",
    CLUTTER: "clutter",
}
COLOURS: dict[int, Colour] = {
    UNKNOWN: (0, 0, 0),
    1: (255, 255, 255),
    2: (0, 0, 255),
    3: (0, 255, 255),
    4: (0, 255, 0),
    5: (255, 255, 0),
    CLUTTER: (255, 0, 0),
}
IGNORED_CLASSES = frozenset({UNKNOWN, CLUTTER})


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One of the two.

    Attributes:
        picture: regular expression of an orthophoto's name without bands and ending.
        patch_px: side of the patches that pictures are cut into.
    """

    picture: str
    patch_px: int


POTSDAM = Benchmark(r"top_potsdam_\d+_\d+", patch_px=600)
# The paper does not state the patches of Vaihingen; with 300, and partial patches kept, a picture
# of 2000 x 2500 gives 63, next to the paper's 65.
VAIHINGEN = Benchmark(r"top_mosaic_09cm_area\d+", patch_px=300)

MOST_BANDS_FIRST = ("_RGBIR", "_RGB", "_IRRG", "")
"""Endings of orthophotos. Potsdam has three versions of each; Vaihingen's (infrared, red, green)
have none."""


@dataclass(frozen=True, slots=True)
class IsprsPicture:
    """An orthophoto with its labels.

    Attributes:
        name: without bands and ending, such as `top_potsdam_2_10`.
        image: the orthophoto's file.
        ending: of the file's name, behind the picture's, such as `_RGB`.
        labels: the label picture's file.
    """

    name: str
    image: Path
    ending: str
    labels: Path


def find_pictures(
    folder: Path, benchmark: Benchmark, endings: Sequence[str] = MOST_BANDS_FIRST
) -> list[IsprsPicture]:
    """The pictures of a benchmark that have labels, in the order of their numbers, at any depth.

    Full labels are preferred to those with eroded boundaries.

    Args:
        folder: where archives of the benchmark were unpacked.
        benchmark: which one.
        endings: of the orthophotos that may be taken, best first.
    """
    images: dict[str, tuple[int, Path]] = {}
    labels: dict[str, tuple[int, Path]] = {}
    for path in sorted(folder.rglob("top_*.tif")):
        found = re.fullmatch(rf"({benchmark.picture})(.*)", path.stem)
        if not found:
            continue
        name, ending = found[1], found[2]
        if is_label(path, ending):
            rank = int(ending.endswith("noBoundary"))
            labels[name] = min(labels.get(name, (rank, path)), (rank, path))
        elif ending in endings:
            rank = endings.index(ending)
            images[name] = min(images.get(name, (rank, path)), (rank, path))
    return [
        IsprsPicture(name, images[name][1], endings[images[name][0]], labels[name][1])
        for name in sorted(images.keys() & labels.keys(), key=numbers_in)
    ]


def is_label(path: Path, ending: str) -> bool:
    """Whether a file of the benchmark is a label picture; Vaihingen's are told by their folder."""
    if "label" in ending or "noBoundary" in ending:
        return True
    where = path.parent.name.lower()
    return "gts" in where or "ground_truth" in where


def numbers_in(name: str) -> list[int]:
    """Sorts names by their numbers: area3 before area11."""
    return [int(number) for number in re.findall(r"\d+", name)]
