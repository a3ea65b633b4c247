"""The objects of labelled pictures that a method is judged on.

A source is a folder with `images/`, `masks/` (class ids or ISPRS colours), where single objects
are known `instances/`, and `classes.json`; or a folder of the ISPRS benchmarks. Objects are the
instances, else the connected regions of one class.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inference.errors import InferenceError
from inference.evaluation import click_simulator
from inference.training_sets.colours import classes_of_colours
from inference.training_sets.isprs_folders import (
    CLASS_NAMES,
    COLOURS,
    IGNORED_CLASSES,
    POTSDAM,
    UNKNOWN,
    VAIHINGEN,
    find_pictures,
)
from inference.training_sets.pictures import (
    IGNORED,
    ObjectMap,
    Pixels,
    boxes,
    components_of_classes,
    read_labels,
    read_pixels,
)

SMALL_PX = (64, 400)
"""Areas of the objects that are judged apart as small ones."""

Box = tuple[int, int, int, int]
"""Row and column of the upper-left pixel, height, width."""


class EvaluationDataUnreadable(InferenceError):
    """Labelled pictures that cannot be used as they are."""

    def __init__(self, place: Path, reason: str) -> None:
        self.place = place
        super().__init__(f"{place} {reason} Nothing was evaluated.")


@dataclass(frozen=True, slots=True)
class ObjectRules:
    """What counts as an object.

    Attributes:
        connectivity: of regions, where there are no instances.
        min_area_px: smaller ones are no targets, and regions smaller than that are background.
        ignored: names or ids of classes that are neither object nor background; None = what
            each source's `classes.json` calls ignore.
        patch_px: pictures are cut into squares of this side, 0 = whole; None = whole, and ISPRS
            pictures as their `Benchmark` has it.
    """

    connectivity: Literal[4, 8] = 4
    min_area_px: int = 64
    ignored: tuple[str, ...] | None = None
    patch_px: int | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """One object to be outlined.

    Attributes:
        source: name of the folder it comes from.
        image: name of the picture, without ending.
        number: in the picture's map of objects: its instance id, or that of its region.
        class_name: of its class.
        area_px: pixels it has.
        touches_edge: of the picture; its true extent is then unknown.
        box: round it.
    """

    source: str
    image: str
    number: int
    class_name: str
    area_px: int
    touches_edge: bool
    box: Box

    @property
    def key(self) -> str:
        """Names it among all objects."""
        return f"{self.source}/{self.image}/{self.number}"


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPicture:
    """A picture, or a patch of one, with its objects.

    Attributes:
        pixels: H x W x bands, 8 bit, in the file's order.
        numbered: H x W: 0 background, `IGNORED` unknown, else the number of an object.
        targets: the objects that count.
    """

    pixels: Pixels
    numbered: ObjectMap
    targets: tuple[Target, ...]

    def truth_of(self, target: Target) -> NDArray[np.int8]:
        """H x W: 1 the object, -1 ignored, 0 anything else, other objects included."""
        truth = np.zeros(self.numbered.shape, np.int8)
        truth[self.numbered == target.number] = click_simulator.OBJECT
        truth[self.numbered == IGNORED] = click_simulator.IGNORED
        return truth


@dataclass(frozen=True, slots=True)
class _PictureFiles:
    """Where a picture's parts are; labels None = in the source's masks/ and instances/."""

    image: Path
    labels: Path | None
    patch_px: int


@dataclass(frozen=True, slots=True)
class LabelledSource:
    """A folder of labelled pictures.

    Attributes:
        name: of the folder.
        folder: where it is.
        rules: what counts as an object.
        class_names: by id.
        ignored: ids that are neither object nor background.
    """

    name: str
    folder: Path
    rules: ObjectRules
    class_names: dict[int, str]
    ignored: frozenset[int]
    _files: dict[str, _PictureFiles] = field(repr=False)

    def names(self, prefixes: Sequence[str] = ()) -> list[str]:
        """Its files' names, by alphabet; with prefixes those that begin with one of them."""
        return sorted(n for n in self._files if not prefixes or n.startswith(tuple(prefixes)))

    def pictures(self, prefixes: Sequence[str] = ()) -> Iterator[LabelledPicture]:
        """Its pictures, patch by patch.

        Raises:
            EvaluationDataUnreadable: labels are missing or do not fit their picture.
            TrainingFolderUnreadable: a file is no picture of 8 bit.
        """
        for name in self.names(prefixes):
            pixels, classes, instances = self._read(name)
            side = self._files[name].patch_px
            for row in range(0, pixels.shape[0], side or pixels.shape[0]):
                for col in range(0, pixels.shape[1], side or pixels.shape[1]):
                    part = (
                        slice(row, row + (side or pixels.shape[0])),
                        slice(col, col + (side or pixels.shape[1])),
                    )
                    yield self._labelled(
                        f"{name}_r{row}_c{col}" if side else name,
                        pixels[part],
                        classes[part],
                        None if instances is None else instances[part],
                    )

    def _read(self, name: str) -> tuple[Pixels, NDArray[np.uint8], NDArray[np.uint16] | None]:
        """Pixels, class ids and instance ids of a whole file."""
        files = self._files[name]
        pixels = read_pixels(files.image)
        instances = None if files.labels else read_labels(self.folder, "instances", name)
        classes = self._read_classes(files, name)
        if classes is None and instances is not None:
            classes = (instances > 0).astype(np.uint8)
        if classes is None:
            raise EvaluationDataUnreadable(
                self.folder, f"has no readable labels for {name}. Add masks/{name}.png."
            )
        for labels in (classes, instances):
            if labels is not None and labels.shape != pixels.shape[:2]:
                raise EvaluationDataUnreadable(
                    files.image, "and its labels differ in size. Export its labels again."
                )
        return pixels, classes, None if instances is None else instances.astype(np.uint16)

    def _read_classes(self, files: _PictureFiles, name: str) -> NDArray[np.uint8] | None:
        """H x W class ids; None where there are none."""
        if files.labels is not None:
            return isprs_classes(files.labels)
        labels = read_labels(self.folder, "masks", name)
        if labels is not None:
            return labels.astype(np.uint8)
        coloured = sorted((self.folder / "masks").glob(f"{name}.*"))
        return isprs_classes(coloured[0]) if coloured else None

    def _labelled(
        self,
        name: str,
        pixels: Pixels,
        classes: NDArray[np.uint8],
        instances: NDArray[np.uint16] | None,
    ) -> LabelledPicture:
        """A patch with its objects found."""
        if instances is None:
            numbered = components_of_classes(
                classes,
                self.ignored,
                connectivity=self.rules.connectivity,
                min_area_px=self.rules.min_area_px,
            )
        else:
            numbered = np.where(np.isin(classes, list(self.ignored)), IGNORED, instances)
            numbered = numbered.astype(np.uint16)
        return LabelledPicture(pixels, numbered, tuple(self._targets(name, numbered, classes)))

    def _targets(
        self, name: str, numbered: ObjectMap, classes: NDArray[np.uint8]
    ) -> Iterator[Target]:
        height, width = numbered.shape
        for number, box in boxes(numbered):
            if number == IGNORED:
                continue
            row, col, tall, wide = box
            inside = numbered[row : row + tall, col : col + wide] == number
            area = int(np.count_nonzero(inside))
            if area < self.rules.min_area_px:
                continue
            class_id = int(
                np.bincount(classes[row : row + tall, col : col + wide][inside]).argmax()
            )
            class_name = self.class_names.get(class_id, f"class {class_id}")
            # LoveDA, for one, labels what is nothing else: nobody would outline that.
            if class_name == "background":
                continue
            touches = row == 0 or col == 0 or row + tall == height or col + wide == width
            yield Target(self.name, name, number, class_name, area, touches, box)


def isprs_classes(path: Path) -> NDArray[np.uint8]:
    """H x W class ids of a label picture in the colours of ISPRS."""
    return classes_of_colours(read_pixels(path)[:, :, :3], COLOURS, unknown=UNKNOWN)


def open_sources(folder: Path, rules: ObjectRules) -> list[LabelledSource]:
    """The source that a folder is, or those among its sub-folders.

    Raises:
        EvaluationDataUnreadable: there is none, or one cannot be used.
    """
    if (source := _open_source(folder, rules)) is not None:
        return [source]
    found = [_open_source(child, rules) for child in sorted(folder.glob("*/"))]
    if not any(found):
        raise EvaluationDataUnreadable(
            folder,
            "holds no labelled pictures: it needs images/ and masks/ (or instances/) with a "
            "classes.json, or folders of the ISPRS benchmarks. Correct --data.",
        )
    return [source for source in found if source is not None]


def _open_source(folder: Path, rules: ObjectRules) -> LabelledSource | None:
    """The source that a folder is; None if it is none."""
    if (folder / "images").is_dir():
        if not any((folder / kind).is_dir() for kind in ("masks", "instances")):
            return None
        names, ignored = _read_classes_file(folder)
        files = {
            path.stem: _PictureFiles(path, None, rules.patch_px or 0)
            for path in sorted((folder / "images").iterdir())
            if path.is_file()
        }
    else:
        names, ignored = CLASS_NAMES, IGNORED_CLASSES
        files = {
            p.name: _PictureFiles(
                p.image, p.labels, benchmark.patch_px if rules.patch_px is None else rules.patch_px
            )
            for benchmark in (POTSDAM, VAIHINGEN)
            for p in find_pictures(folder, benchmark)
        }
        if not files:
            return None
    if rules.ignored is not None:
        ignored = frozenset(_ids_of(rules.ignored, names))
    return LabelledSource(folder.resolve().name, folder, rules, names, ignored, files)


def _read_classes_file(folder: Path) -> tuple[dict[int, str], frozenset[int]]:
    """Names by id and the ignored ids; those of ISPRS where masks are in its colours."""
    path = folder / "classes.json"
    if not path.is_file():
        masks = sorted((folder / "masks").glob("*"))
        if masks and read_labels(folder, "masks", masks[0].stem) is None:
            return CLASS_NAMES, IGNORED_CLASSES
        raise EvaluationDataUnreadable(
            folder, 'lacks classes.json, such as {"names": {"1": "tree"}, "ignore": []}. Add it.'
        )
    try:
        content = json.loads(path.read_text())
        names = {int(i): str(name) for i, name in content["names"].items()}
        return names, frozenset(int(i) for i in content.get("ignore", []))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise EvaluationDataUnreadable(
            path, 'cannot be understood. It needs "names" by id and "ignore", a list of ids.'
        ) from error


def _ids_of(wanted: Collection[str], names: dict[int, str]) -> Iterator[int]:
    """Ids of classes given by id or by name; names that a source does not have say nothing."""
    for entry in wanted:
        if entry.isdecimal():
            yield int(entry)
        else:
            yield from (i for i, name in names.items() if name == entry)
