"""Labelled pictures for training: folders of `images/`, `masks/` or `instances/`, `classes.json`.

Any folder of that shape can be a source, real or drawn. What comes out is a `Picture`: its
pixels, one or more maps of numbered objects, and a table of those objects.
"""

import json
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.errors import InferenceError

Pixels: TypeAlias = NDArray[np.uint8]
ObjectMap: TypeAlias = NDArray[np.uint16]

IGNORED = 65535
"""Number, in an object map, of pixels that are neither object nor background but unknown."""

PICTURE_ENDINGS = {".tif", ".jpg", ".png", ".webp"}

MIN_AREA_PX = 40
"""Smaller regions are no click targets."""

OBJECT_FIELDS = np.dtype(
    [
        ("map", "i4"),
        ("number", "i4"),
        ("row", "i4"),
        ("col", "i4"),
        ("height", "i4"),
        ("width", "i4"),
        ("area", "i4"),
        ("touches_edge", "?"),
    ]
)


class TrainingFolderUnreadable(InferenceError):
    """A training folder that does not have the shape described above."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture with the objects known in it.

    Attributes:
        name: file name without ending.
        pixels: H x W x bands (1, 3 or 4; red, green, blue, near infrared).
        maps: each H x W: 0 background, `IGNORED` unknown, else the number of an object.
        objects: one row of `OBJECT_FIELDS` per object: index of its map, number, bounding box
            (upper-left row and col, height, width), area in pixels, and whether it touches the
            picture's edge (its true extent is then unknown).
    """

    name: str
    pixels: Pixels
    maps: list[ObjectMap]
    objects: NDArray[np.void]


def read_pixels(path: Path) -> Pixels:
    """H x W x bands, 8 bit, bands in the file's order (red first).

    Raises:
        TrainingFolderUnreadable: the file is no picture of 8 bit.
    """
    if path.suffix == ".tif":
        pixels = np.moveaxis(read_tiff(path), 0, -1)
    else:
        read = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        if read is None:
            raise TrainingFolderUnreadable(
                f"{path} could not be read as a picture. Remove it or replace it."
            )
        pixels = read
    if pixels.dtype != np.uint8:
        raise TrainingFolderUnreadable(
            f"{path} has pixels of type {pixels.dtype}; training takes 8 bit. Scale it first."
        )
    return np.ascontiguousarray(pixels)


def read_tiff(path: Path) -> NDArray[Any]:
    """Bands x H x W of a GeoTIFF, or of one that lies nowhere."""
    import rasterio  # training runs where it is not installed
    from rasterio.errors import NotGeoreferencedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path) as dataset:
            bands: NDArray[Any] = dataset.read()
    return bands


def components_of_classes(
    mask: NDArray[np.uint8],
    ignored_classes: Collection[int],
    *,
    connectivity: Literal[4, 8] = 4,
    min_area_px: int = MIN_AREA_PX,
) -> ObjectMap:
    """Connected regions of one class each, numbered from 1, over an H x W map of class ids.

    Class 0 is background unless it is ignored. Regions too small to be targets, and those past
    the largest number, stay background.
    """
    numbered = np.zeros(mask.shape, np.uint16)
    numbered[np.isin(mask, list(ignored_classes))] = IGNORED
    following = 1
    for class_id in np.unique(mask):
        if class_id == 0 or int(class_id) in ignored_classes:
            continue
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            (mask == class_id).astype(np.uint8), connectivity=connectivity, ltype=cv2.CV_32S
        )
        large = [i for i in range(1, count) if stats[i, cv2.CC_STAT_AREA] >= min_area_px]
        large = large[: IGNORED - following]
        numbers = np.zeros(count, np.uint16)
        numbers[large] = np.arange(following, following + len(large), dtype=np.uint16)
        following += len(large)
        numbered = np.where(numbers[labels] > 0, numbers[labels], numbered)
    return numbered


def table_of_objects(maps: list[ObjectMap]) -> NDArray[np.void]:
    """Rows of `OBJECT_FIELDS` for every object of at least `MIN_AREA_PX` pixels."""
    rows = []
    for index, numbered in enumerate(maps):
        height, width = numbered.shape
        areas = np.bincount(numbered.ravel(), minlength=1)
        for number, box in boxes(numbered):
            if number == IGNORED or areas[number] < MIN_AREA_PX:
                continue
            row, col, tall, wide = box
            touches = row == 0 or col == 0 or row + tall == height or col + wide == width
            rows.append((index, number, row, col, tall, wide, areas[number], touches))
    return np.array(rows, OBJECT_FIELDS)


def boxes(numbered: ObjectMap) -> Iterator[tuple[int, tuple[int, int, int, int]]]:
    """(number, (row, col, height, width)) of every number above 0 in an H x W map."""
    rows, cols = np.nonzero(numbered)
    numbers = numbered[rows, cols]
    order = np.argsort(numbers, kind="stable")
    rows, cols, numbers = rows[order], cols[order], numbers[order]
    found, starts = np.unique(numbers, return_index=True)
    ends = [*starts, len(numbers)][1:]
    for number, start, end in zip(found, starts, ends, strict=True):
        top, left = int(rows[start]), int(cols[start:end].min())
        bottom, right = int(rows[end - 1]), int(cols[start:end].max())
        # nonzero() walks row by row and the sort is stable, so rows ascend within a number
        yield int(number), (top, left, bottom - top + 1, right - left + 1)


def read_folder(folder: Path) -> Iterator[Picture]:
    """Every picture of a labelled folder, by name.

    Raises:
        TrainingFolderUnreadable: `images/`, `classes.json` or a picture's labels are missing, or
            labels and picture differ in size.
    """
    images, classes = folder / "images", folder / "classes.json"
    if not images.is_dir() or not classes.is_file():
        raise TrainingFolderUnreadable(
            f"{folder} is no training folder: it needs images/, classes.json and masks/ or "
            "instances/. Nothing was read from it; correct the path in the configuration."
        )
    ignored = {int(i) for i in json.loads(classes.read_text()).get("ignore", [])}
    for path in sorted(p for p in images.iterdir() if p.is_file()):
        pixels = read_pixels(path)
        numbered = read_object_map(folder, path.stem, ignored)
        if numbered.shape != pixels.shape[:2]:
            raise TrainingFolderUnreadable(
                f"{path.name} in {folder} and its labels differ in size. Remove the pair or "
                "export its labels again."
            )
        yield Picture(path.stem, pixels, [numbered], table_of_objects([numbered]))


def read_object_map(folder: Path, name: str, ignored_classes: set[int]) -> ObjectMap:
    """Numbered objects of one picture: its instances if there are any, else class regions.

    Raises:
        TrainingFolderUnreadable: there is neither an instance nor a mask file.
    """
    instances = read_labels(folder, "instances", name)
    if instances is not None:
        return instances.astype(np.uint16)
    mask = read_labels(folder, "masks", name)
    if mask is not None:
        return components_of_classes(mask.astype(np.uint8), ignored_classes)
    raise TrainingFolderUnreadable(
        f"{folder} has no readable labels for {name}. Add masks/{name}.png or remove the picture."
    )


def read_labels(
    folder: Path, kind: Literal["instances", "masks"], name: str
) -> NDArray[np.integer] | None:
    """H x W ids as they are in a picture's file of that kind; None where there is none."""
    for path in sorted((folder / kind).glob(f"{name}.*")):
        if path.suffix == ".tif":
            bands = read_tiff(path)
            labels = bands[0] if len(bands) == 1 else None
        else:
            labels = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if labels is not None and labels.ndim == 2:
            return np.asarray(labels)
    return None
