"""A source packed into one file, so that training reads no pictures and searches no objects."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from inference.training_sets.pictures import Picture, Pixels


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The pictures of one source that have objects.

    Attributes:
        name: as in the configuration.
        pictures: those with at least one object.
        pyramids: per picture, its pixels at 1, 1/2, 1/4, ... (average resampling).
    """

    name: str
    pictures: list[Picture]
    pyramids: list[list[Pixels]]

    @classmethod
    def of(cls, name: str, pictures: Iterable[Picture]) -> "Source":
        """A source of these pictures; those without objects are left out."""
        kept = [p for p in pictures if len(p.objects)]
        return cls(name, kept, [pyramid(p.pixels) for p in kept])


def pyramid(pixels: Pixels, *, smallest_side_px: int = 48) -> list[Pixels]:
    """The picture (H x W x bands) and its halvings; an odd last row or column is cut off."""
    levels = [pixels]
    while min(levels[-1].shape[:2]) >= 2 * smallest_side_px:
        height, width = (side // 2 for side in levels[-1].shape[:2])
        even = levels[-1][: 2 * height, : 2 * width]
        halved = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
        levels.append(halved.reshape(height, width, -1).astype(np.uint8))
    return levels


def write_pack(path: Path, pictures: Iterable[Picture]) -> int:
    """Write pictures to an .npz file; the number of objects in it. Replaces the file whole."""
    arrays: dict[str, Any] = {}
    names, objects = [], 0
    for index, picture in enumerate(pictures):
        names.append(picture.name)
        objects += len(picture.objects)
        arrays[f"{index}/pixels"] = picture.pixels
        arrays[f"{index}/maps"] = np.stack(picture.maps)
        arrays[f"{index}/objects"] = picture.objects
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.stem + ".partial.npz")
    np.savez(partial, names=np.array(names), **arrays)
    partial.replace(path)
    return objects


def read_pack(path: Path) -> list[Picture]:
    """The pictures of a file written by `write_pack`."""
    with np.load(path) as arrays:
        return [
            Picture(
                str(name),
                arrays[f"{index}/pixels"],
                list(arrays[f"{index}/maps"]),
                arrays[f"{index}/objects"],
            )
            for index, name in enumerate(arrays["names"])
        ]
