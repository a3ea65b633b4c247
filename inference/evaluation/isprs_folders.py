"""The folders of the ISPRS benchmarks as they are handed out: Potsdam and Vaihingen.

Labels are pictures in six colours. Where both sorts of labels are there, the full ones are used;
with only the eroded ones ("noBoundary"), their black seams are ignored.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

COLOURS: dict[int, tuple[str, tuple[int, int, int]]] = {
    1: ("impervious surface", (255, 255, 255)),
    2: ("building", (0, 0, 255)),
    3: ("low vegetation", (0, 255, 255)),
    4: ("tree", (0, 255, 0)),
    5: ("car", (255, 255, 0)),
    6: ("clutter", (255, 0, 0)),
}
"""Class ids, names and label colours (R, G, B); ids and names as in the shared samples."""

UNKNOWN = 0
"""Id of pixels in no class's colour: the black seams of eroded labels."""

IGNORED_IDS = frozenset({UNKNOWN, 6})
"""The paper reports five classes, so clutter seems left out."""

PATCH_PX = {"top_potsdam": 600, "top_mosaic": 300}
"""Sides of the patches that pictures are cut into. 600 is the paper's for Potsdam; what it used
for Vaihingen is not stated, and 300 comes nearest to its number of patches."""

_NAME = re.compile(r"(top_potsdam_\d+_\d+|top_mosaic_09cm_area\d+)(?:_(RGBIR|RGB|IRRG))?$")
_LABEL = re.compile(r"(top_potsdam_\d+_\d+|top_mosaic_09cm_area\d+)(_label)?(_noBoundary)?$")
_BANDS_BY_PREFERENCE = ("RGBIR", "RGB", "IRRG", None)


@dataclass(frozen=True, slots=True)
class IsprsPicture:
    """An orthophoto and its labels.

    Attributes:
        name: without bands and ending, such as `top_potsdam_2_10`.
        patch_px: side of the patches it is cut into.
    """

    name: str
    image: Path
    labels: Path
    patch_px: int


def isprs_pictures(folder: Path) -> Iterator[IsprsPicture]:
    """Every orthophoto under a folder that has labels, by name.

    Of Potsdam's three versions of a picture the one with most bands is taken.
    """
    images: dict[str, tuple[int, Path]] = {}
    labels: dict[str, tuple[bool, Path]] = {}
    for path in sorted(folder.rglob("top_*.tif")):
        is_label = path.parent.name.startswith("gts")
        if (found := _LABEL.match(path.stem)) and (is_label or found[2] or found[3]):
            rank = found[3] is not None
            labels[found[1]] = min(labels.get(found[1], (rank, path)), (rank, path))
        elif found := _NAME.match(path.stem):
            place = _BANDS_BY_PREFERENCE.index(found[2])
            images[found[1]] = min(images.get(found[1], (place, path)), (place, path))
    for name in sorted(images.keys() & labels.keys()):
        side = next(px for prefix, px in PATCH_PX.items() if name.startswith(prefix))
        yield IsprsPicture(name, images[name][1], labels[name][1], side)


def classes_of_colours(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """H x W class ids of an H x W x 3 label picture; `UNKNOWN` for other colours."""
    ids = np.full(labels.shape[:2], UNKNOWN, np.uint8)
    for class_id, (_, colour) in COLOURS.items():
        ids[(labels == colour).all(axis=2)] = class_id
    return ids
