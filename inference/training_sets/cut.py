"""A project's labels as a training set: `train/` and `test/`, and where each label went.

The set appears whole under its name: until then it is a folder beside it, `NAME.partial`. One that
was left behind is gone on with where the labels and the settings are the same, else begun anew.
"""

import csv
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from inference.messages import CutLabels, LayerToCut
from inference.training_sets.cells import LabelledLayer, Part, Split
from inference.training_sets.layout import (
    UNKNOWN_CLASS,
    Planned,
    PreparingRefused,
    Written,
    write_folder,
)
from inference.training_sets.pictures import IGNORED, read_labels

ORDER = "order.json"
PARTS: tuple[Part, ...] = ("train", "test")
NAMED = 10
"""So many labels are named in a sentence; labels.csv has all."""


def cut_labels(order: CutLabels, out: Path, say: Callable[[str], None]) -> None:
    """Write the set and say what is in it and what is not.

    Args:
        order: what to cut, and how.
        out: a folder that is not there, or empty.
        say: is told, in sentences, how far it is and what came of it.

    Raises:
        PreparingRefused: the folder is not empty, or there is nothing to keep for testing.
        ImageUnreadable: a file of a layer cannot be read.
    """
    layers = _layers(order)
    split = _split(order, layers)
    folder = _begin(order, out)
    used = [part for part in PARTS if part == "train" or order.test_share > 0]
    pixels: Counter[int] = Counter()
    for part in used:
        written = write_folder(
            folder / part,
            list(_plan(order, layers, split, part)),
            classes=order.classes,
            ignored=[UNKNOWN_CLASS],
            progress=say,
        )
        say(f"{part}: {_counted(written)}")
        pixels += _pixels_by_label(folder / part, layers)
    _write_table(folder / "labels.csv", layers, split, pixels)
    for sentence in _remarks(layers, split, pixels):
        say(sentence)
    if out.exists():
        out.rmdir()
    folder.rename(out)
    (out / ORDER).unlink()


def _layers(order: CutLabels) -> list[LabelledLayer]:
    names = [_plain(layer) for layer in order.layers]
    return [
        LabelledLayer(
            sent, name if names.count(name) == 1 else f"{name}_layer{number}", order.cell_px
        )
        for number, (sent, name) in enumerate(zip(order.layers, names, strict=True), 1)
    ]


def _plain(layer: LayerToCut) -> str:
    """The layer's name as every file system takes it."""
    return re.sub(r"[^A-Za-z0-9]+", "_", layer.name).strip("_") or "layer"


def _split(order: CutLabels, layers: list[LabelledLayer]) -> Split:
    """The split of the cells.

    Raises:
        PreparingRefused: there are too few cells for one.
    """
    cells = {cell for layer in layers for cell in layer.cells}
    if not cells:
        raise PreparingRefused(
            "No label lies on the imagery it was drawn on, so nothing was written."
        )
    if order.test_share > 0 and len(cells) == 1:
        raise PreparingRefused(
            f"All labels lie in one cell of {order.cell_px} x {order.cell_px} pixels, so none "
            "would be left to test on. Nothing was written; choose smaller cells with --cell, or "
            "--test-share 0 to write a training part alone."
        )
    return Split(cells, test_share=order.test_share, seed=order.seed)


def _begin(order: CutLabels, out: Path) -> Path:
    """The folder to write into, which may hold what an earlier run with the same order made.

    Raises:
        PreparingRefused: something else is there.
    """
    folder = out.with_name(out.name + ".partial")
    for there, mark in ((out, None), (folder, folder / ORDER)):
        if there.exists() and not (mark and mark.is_file()):
            if there.is_dir() and not any(there.iterdir()):
                continue
            raise PreparingRefused(
                f"{there} is there already and is not empty. Nothing was written; choose another "
                "folder, or move this one away."
            )
    said = order.model_dump_json()
    if folder.exists() and (folder / ORDER).is_file() and (folder / ORDER).read_text() != said:
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ORDER).write_text(said)
    return folder


def _plan(
    order: CutLabels, layers: list[LabelledLayer], split: Split, part: Part
) -> Iterator[Planned]:
    """The pictures of one part: every cell of it that some label has area in."""
    for layer in layers:
        for cell in sorted({cell for label in layer.labels for cell in label.cells}):
            if split.part_of(cell) == part:
                make = partial(layer.read, cell, split, rest_is_known=order.rest_is_known)
                yield Planned(layer.picture_name(cell), make)


def _counted(written: Written) -> str:
    return (
        f"{written.pictures} pictures, {written.objects} objects"
        f"{f', {written.skipped} of them done before' if written.skipped else ''}"
    )


def _pixels_by_label(folder: Path, layers: list[LabelledLayer]) -> Counter[int]:
    """How many pixels of each label (by number) the pictures of a part hold."""
    counted: Counter[int] = Counter()
    for layer in layers:
        for cell in {cell for label in layer.labels for cell in label.cells}:
            numbered = read_labels(folder, "instances", layer.picture_name(cell))
            if numbered is None:
                continue
            areas = np.bincount(numbered.ravel(), minlength=IGNORED + 1)
            for place, label in enumerate(layer.labels_in(cell), 1):
                counted[label.number] += int(areas[place])
    return counted


def _write_table(
    path: Path, layers: list[LabelledLayer], split: Split, pixels: Counter[int]
) -> None:
    """A line per label: number, layer, part, picture with most of it, and its pixels in the set."""
    with path.open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["label", "layer", "class_id", "part", "picture", "pixels"])
        for layer in layers:
            for label in layer.labels:
                part, picture = "", ""
                if pixels[label.number]:
                    part = split.part_of(label.cells[0])
                    picture = layer.picture_name(label.cells[0])
                row = [label.number, layer.name, label.class_id, part, picture]
                table.writerow([*row, pixels[label.number]])


def _remarks(layers: list[LabelledLayer], split: Split, pixels: Counter[int]) -> Iterator[str]:
    """What somebody who trains on the set must know of it."""
    labels = [label for layer in layers for label in layer.labels]
    across = [
        label.number for label in labels if len({split.part_of(cell) for cell in label.cells}) > 1
    ]
    if across:
        yield (
            f"{_named(across)} in cells of both parts: in the part with most of it each is an "
            "object, in the other its ground is unknown."
        )
    pairs = [pair for layer in layers for pair in layer.overlaps()]
    if pairs:
        told = ", ".join(f"#{a} and #{b} ({count:.0f} px)" for a, b, count in pairs[:NAMED])
        more = f" and {len(pairs) - NAMED} more pairs" if len(pairs) > NAMED else ""
        yield f"Labels overlap: {told}{more}. The smaller of two has the ground they share."
    if lost := [label.number for label in labels if not pixels[label.number]]:
        yield (
            f"{_named(lost)} in no picture: too small, beyond the imagery or hidden under smaller "
            "labels."
        )
    if len({layer.lattice.grid.resolution for layer in layers}) > 1:
        yield (
            "The layers have pixels of different sizes, so their cells differ: where two show one "
            "place, it may be in both parts."
        )


def _named(numbers: list[int]) -> str:
    """`Label #3 is` or `Labels #3, #5 and 2 more are`."""
    told = ", ".join(f"#{number}" for number in numbers[:NAMED])
    more = f" and {len(numbers) - NAMED} more" if len(numbers) > NAMED else ""
    return f"Label {told} is" if len(numbers) == 1 else f"Labels {told}{more} are"
