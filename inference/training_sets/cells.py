"""A project's labels on cells of ground, each of which is trained on or tested on, never both.

Cells are squares of native pixels, counted from the origin of the map frame: they stay where they
are when a layer grows, and layers of one survey's grid share them. A label belongs to the part
(training or test) of the cell that holds most of it, and is unknown in cells of the other part.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely.geometry.base import BaseGeometry

from inference.data.cog_reader import CogReader
from inference.data.open_files import OpenFiles
from inference.messages import LayerToCut
from inference.training_sets.layout import UNKNOWN_CLASS, Example
from inference.training_sets.pictures import IGNORED, MIN_AREA_PX, ObjectMap
from inference.windows import Grid, Window

Cell: TypeAlias = tuple[int, int]
"""Down and across, in cells from the origin of the map frame."""

Part: TypeAlias = Literal["train", "test"]

RIM = 0.5
"""Ground within this many times a label's longest side is known not to be that label, although
nobody said what it is: a click sees it in its window, and whoever drew the outline left it out."""
SMALLEST_RIM_PX = 16


@dataclass(frozen=True, slots=True, eq=False)
class DrawnLabel:
    """A label on its layer.

    Attributes:
        number: in its project.
        class_id: of its class.
        shape: in the map frame.
        cells: those it has area in, the one with most of it first.
    """

    number: int
    class_id: int
    shape: BaseGeometry
    cells: tuple[Cell, ...]

    @property
    def longest(self) -> float:
        """Longest side of its box, in units of the map."""
        left, bottom, right, top = self.shape.bounds
        return float(max(right - left, top - bottom))


class CellLattice:
    """The cells of a grid.

    Args:
        grid: of the layer.
        cell_px: side of a cell in native pixels.
    """

    def __init__(self, grid: Grid, cell_px: int) -> None:
        self.grid = grid
        self.cell_px = cell_px
        self._col = round(grid.left / grid.resolution)
        self._row = round(-grid.top / grid.resolution)

    def window(self, cell: Cell) -> Window:
        """The whole cell, which may reach beyond the layer."""
        down, across = cell
        return Window(
            col=across * self.cell_px - self._col,
            row=down * self.cell_px - self._row,
            factor=1,
            size=self.cell_px,
        )

    def inside(self, cell: Cell) -> tuple[slice, slice]:
        """Rows and columns of the cell's pixels that lie on the layer."""
        window, grid = self.window(cell), self.grid
        top, left = (max(0, -int(start)) for start in (window.row, window.col))
        bottom, right = grid.height - int(window.row), grid.width - int(window.col)
        return slice(top, min(self.cell_px, bottom)), slice(left, min(self.cell_px, right))

    def place(self, cell: Cell) -> Affine:
        """From the cell's pixels (col, row) to the map."""
        window, step = self.window(cell), self.grid.resolution
        x_map, y_map = self.grid.to_map(window.col, window.row)
        return Affine(step, 0, x_map, 0, -step, y_map)

    def cells_of(self, shape: BaseGeometry) -> tuple[Cell, ...]:
        """The cells of the layer that a shape has area in, by that area; ties by place."""
        grid = self.grid
        x_left, y_bottom, x_right, y_top = shape.bounds
        left, top = grid.to_pixel(x_left, y_top)
        right, bottom = grid.to_pixel(x_right, y_bottom)
        last_row, last_col = min(bottom, grid.height - 1), min(right, grid.width - 1)
        downs = range(self._down(max(0, top)), self._down(last_row) + 1)
        acrosses = range(self._across(max(0, left)), self._across(last_col) + 1)
        areas = {(d, a): self._area_in(shape, (d, a)) for d in downs for a in acrosses}
        return tuple(sorted((c for c in areas if areas[c] > 0), key=lambda c: (-areas[c], c)))

    def _down(self, row: float) -> int:
        return int((self._row + row) // self.cell_px)

    def _across(self, col: float) -> int:
        return int((self._col + col) // self.cell_px)

    def _area_in(self, shape: BaseGeometry, cell: Cell) -> float:
        rows, cols = self.inside(cell)
        place = self.place(cell)
        corners = [place @ (cols.start, rows.start), place @ (cols.stop, rows.stop)]
        (left, top), (right, bottom) = corners
        return float(shape.intersection(shapely.box(left, bottom, right, top)).area)


class LabelledLayer:
    """A layer whose labels are known by cell.

    Args:
        sent: layer and labels.
        name: that its pictures' names begin with.
        cell_px: side of a cell in native pixels.
    """

    def __init__(self, sent: LayerToCut, name: str, cell_px: int) -> None:
        grid = sent.source.grid
        self.name = name
        self.lattice = CellLattice(
            Grid(grid.left, grid.top, grid.resolution, grid.width, grid.height), cell_px
        )
        self.reader = CogReader(sent.source, bands=len(sent.source.bands), files=OpenFiles())
        self.labels = [
            DrawnLabel(label.number, label.class_id, shape, self.lattice.cells_of(shape))
            for label in sent.labels
            for shape in [shapely.make_valid(shapely.from_wkb(base64.b64decode(label.geometry)))]
        ]

    @property
    def cells(self) -> list[Cell]:
        """Those that hold most of some label."""
        return sorted({label.cells[0] for label in self.labels if label.cells})

    def labels_in(self, cell: Cell) -> list[DrawnLabel]:
        """Those with area in a cell, largest first: so they are drawn, small ones on top."""
        found = [label for label in self.labels if cell in label.cells]
        return sorted(found, key=lambda label: (-label.shape.area, label.number))

    def picture_name(self, cell: Cell) -> str:
        """Of a cell's picture: the layer's, and the row and column of its first pixel there."""
        window, (rows, cols) = self.lattice.window(cell), self.lattice.inside(cell)
        return f"{self.name}_{int(window.row) + rows.start}_{int(window.col) + cols.start}"

    def overlaps(self) -> list[tuple[int, int, float]]:
        """Pairs of numbers of labels that overlap by at least a pixel, and by how many."""
        shapes = np.array([label.shape for label in self.labels], object)
        one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
        one, other = one[one < other], other[one < other]
        areas = shapely.area(shapely.intersection(shapes[one], shapes[other]))
        pixels = areas / self.lattice.grid.resolution**2
        return [
            (self.labels[i].number, self.labels[j].number, float(count))
            for i, j, count in zip(one, other, pixels, strict=True)
            if count >= 1
        ]

    def read(self, cell: Cell, split: "Split", *, rest_is_known: bool) -> Example | None:
        """A cell's picture with the labels of its part; None where none is large enough.

        The number of an object is its place in `labels_in`, from 1. What lies nowhere in the
        imagery, labels of the other part, and pieces of fewer than `MIN_AREA_PX` are unknown.

        Raises:
            ImageUnreadable: a file of the layer cannot be read.
            ImageUnreachable: it is not here, and its address does not give it.
        """
        labels = self.labels_in(cell)
        part = split.part_of(cell)
        numbered = self._draw(cell, labels, part, split, rest_is_known=rest_is_known)
        shown = self.reader.read(self.lattice.window(cell))
        numbered[~shown.valid] = IGNORED
        inside = self.lattice.inside(cell)
        numbered = np.ascontiguousarray(numbered[inside])
        areas = np.bincount(numbered.ravel(), minlength=IGNORED + 1)
        numbered[(areas < MIN_AREA_PX)[numbered] & (numbered > 0)] = IGNORED
        if not np.isin(numbered, [0, IGNORED], invert=True).any():
            return None
        ids = np.full(IGNORED + 1, UNKNOWN_CLASS, np.uint8)
        ids[: len(labels) + 1] = [0, *(label.class_id for label in labels)]
        pixels = np.rint(shown.pixels * 255).astype(np.uint8).transpose(1, 2, 0)  # S x S x bands
        return Example(np.ascontiguousarray(pixels[inside]), ids[numbered], numbered)

    def _draw(
        self,
        cell: Cell,
        labels: Sequence[DrawnLabel],
        part: Part,
        split: "Split",
        *,
        rest_is_known: bool,
    ) -> ObjectMap:
        """S x S: numbers of the labels of a part, 0 ground known to be none, else `IGNORED`."""
        step = self.lattice.grid.resolution
        shapes: list[tuple[BaseGeometry, int]] = []
        kept = [split.part_of(label.cells[0]) == part for label in labels]
        if not rest_is_known:
            for label, is_kept in zip(labels, kept, strict=True):
                if is_kept:
                    rim = max(SMALLEST_RIM_PX * step, RIM * label.longest)
                    shapes.append((label.shape.buffer(rim), 0))
        for number, (label, is_kept) in enumerate(zip(labels, kept, strict=True), 1):
            shapes.append((label.shape, number if is_kept else IGNORED))
        size = (self.lattice.cell_px, self.lattice.cell_px)
        drawn: NDArray[np.uint16] = rasterize(
            shapes,
            out_shape=size,
            fill=0 if rest_is_known else IGNORED,
            transform=self.lattice.place(cell),
            dtype="uint16",
        )
        return drawn


class Split:
    """Which cells are trained on, and which are kept for testing.

    Chance decides cell by cell, from the seed and the cell's place: labels that are added later
    move no cell from one part to the other. Only where that leaves a part without a cell, the cell
    nearest to the other side changes it.

    Args:
        cells: those that hold labels.
        test_share: how many of them are to be tested on, 0..1, about.
        seed: of the chance.
    """

    def __init__(self, cells: Iterable[Cell], *, test_share: float, seed: int) -> None:
        self._share = test_share
        self._seed = seed
        by_chance = sorted(set(cells), key=self._chance)
        self._changed: dict[Cell, Part] = {}
        if test_share > 0 and len(by_chance) > 1:
            parts = {self.part_of(cell) for cell in by_chance}
            if parts == {"train"}:
                self._changed = {by_chance[0]: "test"}
            elif parts == {"test"}:
                self._changed = {by_chance[-1]: "train"}

    def part_of(self, cell: Cell) -> Part:
        """The part that a cell belongs to."""
        by_chance: Part = "test" if self._chance(cell) < self._share else "train"
        return self._changed.get(cell, by_chance)

    def _chance(self, cell: Cell) -> float:
        digest = hashlib.sha256(f"{self._seed}/{cell[0]}/{cell[1]}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64
