"""Writing labelled folders: `images/`, `masks/`, `instances/` and `classes.json`.

A picture is done when its three files are there; each is replaced whole and the labels come last,
so preparing may be killed at any moment and goes on where it was.
"""

import json
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inference.errors import InferenceError
from inference.training_sets.pictures import (
    IGNORED,
    ObjectMap,
    Pixels,
    TrainingFolderUnreadable,
    read_labels,
)

UNKNOWN_CLASS = 255
"""Class id, in masks that are written here, of pixels nobody knows anything about."""


class PreparingRefused(InferenceError):
    """Imagery or labels that do not fit what they are to be made into."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One labelled picture to write.

    Attributes:
        pixels: H x W x (1, 3 or 4), 8 bit.
        mask: H x W, class ids; 0 background.
        instances: H x W, object numbers; 0 none, `IGNORED` unknown.
    """

    pixels: Pixels
    mask: NDArray[np.uint8]
    instances: ObjectMap


@dataclass(frozen=True, slots=True)
class Planned:
    """A picture that is to be written: its file name without ending, and how it is made.

    What `make` returns is None where there is nothing to label.
    """

    name: str
    make: Callable[[], Example | None]


@dataclass(frozen=True, slots=True)
class Written:
    """What a folder holds in the end: pictures and objects, and pictures without labels."""

    pictures: int
    objects: int
    empty: int
    skipped: int
    """done before"""


def write_folder(
    folder: Path,
    planned: Iterable[Planned],
    *,
    classes: dict[int, str],
    ignored: Iterable[int] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Written:
    """Write every planned picture that is not done yet.

    Args:
        folder: made where it is not there.
        planned: in any order; names are unique.
        classes: name of each class id.
        ignored: ids of pixels that are unknown.
        progress: is told now and then, in a sentence, how far it is.

    Raises:
        PreparingRefused: the folder belongs to other classes.
        TrainingFolderUnreadable: an image cannot be read.
    """
    write_classes(folder, classes, ignored)
    plans = list(planned)
    objects = pictures = empty = skipped = 0
    for number, plan in enumerate(plans, 1):
        found = objects_of_done(folder, plan.name)
        if found is not None:
            skipped += 1
        else:
            example = plan.make()
            if example is None:
                empty += 1
                continue
            write_example(folder, plan.name, example)
            found = count_objects(example.instances)
        pictures, objects = pictures + 1, objects + found
        if number % 100 == 0 or number == len(plans):
            progress(f"{folder.name}: {number} of {len(plans)} pictures, {objects} objects")
    return Written(pictures, objects, empty, skipped)


def count_objects(instances: NDArray[np.integer]) -> int:
    """How many objects a map of numbers (0 and `IGNORED` are none) holds."""
    return int(np.setdiff1d(instances, [0, IGNORED]).size)


def objects_of_done(folder: Path, name: str) -> int | None:
    """Objects of a picture that is done and whole; None where it is not."""
    images = list((folder / "images").glob(f"{name}.*"))
    masks, instances = (read_labels(folder, kind, name) for kind in ("masks", "instances"))
    if not images or images[0].stat().st_size == 0 or masks is None or instances is None:
        return None
    return count_objects(instances)


def write_example(folder: Path, name: str, example: Example) -> None:
    """Write a picture's three files: PNG, or GeoTIFF for four bands."""
    bands = example.pixels.shape[2]
    image = folder / "images" / f"{name}{'.tif' if bands == 4 else '.png'}"
    for part in files_of(folder, name):
        part.parent.mkdir(parents=True, exist_ok=True)
    image.parent.mkdir(parents=True, exist_ok=True)
    if bands == 4:
        write_four_bands(image, example.pixels)
    else:
        write_png(image, example.pixels[:, :, ::-1] if bands == 3 else example.pixels[:, :, 0])
    mask, instances = files_of(folder, name)
    write_png(mask, example.mask)
    write_png(instances, example.instances)


def files_of(folder: Path, name: str) -> Iterator[Path]:
    """The label files of a picture: class ids, then object numbers."""
    for kind in ("masks", "instances"):
        yield folder / kind / f"{name}.png"


def write_png(path: Path, pixels: NDArray[np.integer]) -> None:
    """Write a picture (blue first, as OpenCV has it); replaces the file whole."""
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(pixels))
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(encoded.tobytes())
    partial.replace(path)


def write_four_bands(path: Path, pixels: Pixels) -> None:
    """Write red, green, blue and near infrared; replaces the file whole."""
    import rasterio  # not on machines that only train
    from rasterio.errors import NotGeoreferencedWarning

    height, width, count = pixels.shape
    partial = path.with_name(f".{path.name}.partial")
    profile = {"height": height, "width": width, "count": count, "dtype": "uint8"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # patches lie nowhere
        with rasterio.open(partial, "w", driver="GTiff", compress="deflate", **profile) as dataset:
            dataset.write(np.moveaxis(pixels, -1, 0))
    partial.replace(path)


def write_classes(folder: Path, classes: dict[int, str], ignored: Iterable[int]) -> None:
    """Write `classes.json`, or check that the one there says the same.

    Raises:
        PreparingRefused: it says something else.
    """
    said = {"names": {str(i): n for i, n in sorted(classes.items())}, "ignore": sorted(ignored)}
    path = folder / "classes.json"
    if path.exists():
        if json.loads(path.read_text()) == said:
            return
        if any((folder / "images").glob("*")):
            raise PreparingRefused(
                f"{folder} was prepared with other classes. Nothing in it was changed; choose "
                "another folder, or move this one away."
            )
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")
    partial.write_text(json.dumps(said, indent=1))
    partial.replace(path)


def read_classes(path: Path) -> tuple[dict[int, str], set[int], dict[int, tuple[int, int, int]]]:
    """Names, ignored ids and colours (red, green, blue) of a classes.json.

    Raises:
        TrainingFolderUnreadable: it does not have that shape.
    """
    try:
        said = json.loads(path.read_text())
        names = {int(i): str(n) for i, n in said.get("names", {}).items()}
        painted = said.get("colours", {}).items()
        colours = {int(i): (int(red), int(green), int(blue)) for i, (red, green, blue) in painted}
        return names, {int(i) for i in said.get("ignore", [])}, colours
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise TrainingFolderUnreadable(
            f'{path} could not be understood ({error}). Write it like {{"names": {{"1": "iceplant"'
            '}, "ignore": [], "colours": {"1": [255, 0, 0]}}.'
        ) from error
