"""A layer with known objects, clicked by the simulator through the plain predictor.

Everything is judged on native pixels of the layer and by the outline that a person would save,
not by the mask behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyogrio.raw
import shapely
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely import MultiPolygon, Polygon

from inference.clicks import Click
from inference.errors import InferenceError
from inference.evaluation.click_simulator import ClickSimulator
from inference.evaluation.iou import intersection_over_union
from inference.prediction.local_draft import LocalDraft
from inference.prediction.predictor import Predictor
from inference.prediction.start_mask import extent_of
from inference.prediction.window_reader import WindowReader
from inference.windows import Grid

SMALLEST_PX = 64
"""Smaller objects, in native pixels, are not drawn: labels are no better than that."""

RIM = 1.0
"""Clicks may fall this many times the object's longest side beyond its box."""


class TruthUnreadable(InferenceError):
    """The polygons to compare with cannot be used."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{path.name} {reason}. Nothing was simulated; choose another file.")


@dataclass(frozen=True, slots=True)
class Frame:
    """A box of whole native pixels in which one object is judged."""

    col: int
    row: int
    width: int
    height: int

    @classmethod
    def around(cls, outline: Polygon | MultiPolygon, grid: Grid) -> "Frame":
        """The box of an object with a rim, within the layer."""
        box = extent_of(outline, grid)
        rim = RIM * box.longest
        left, top = max(0, int(box.left - rim)), max(0, int(box.top - rim))
        right = min(grid.width, int(np.ceil(box.right + rim)))
        bottom = min(grid.height, int(np.ceil(box.bottom + rim)))
        return cls(left, top, right - left, bottom - top)

    def draw(self, outline: Polygon | MultiPolygon, grid: Grid) -> npt.NDArray[np.bool_]:
        """Mask of height x width, True where a pixel's centre lies in the outline (map frame)."""
        if outline.is_empty:
            return np.zeros((self.height, self.width), bool)
        left, top = grid.to_map(self.col, self.row)
        inside = rasterize(
            [(outline, 1)],
            out_shape=(self.height, self.width),
            transform=Affine(grid.resolution, 0, left, 0, -grid.resolution, top),
            dtype="uint8",
        )
        return np.asarray(inside, bool)


def read_truth(path: Path, grid: Grid, *, objects: int, seed: int) -> list[Polygon | MultiPolygon]:
    """Polygons of a file (in the layer's CRS), drawn at random among those that lie wholly inside.

    Raises:
        TruthUnreadable: it cannot be read, or holds none.
    """
    try:
        _, _, geometry, _ = pyogrio.raw.read(path, columns=[])
    except pyogrio.errors.DataSourceError as error:
        raise TruthUnreadable(path, "cannot be read") from error
    smallest = SMALLEST_PX * grid.resolution**2
    left, bottom = grid.to_map(1, grid.height - 1)
    right, top = grid.to_map(grid.width - 1, 1)
    inside = shapely.box(left, bottom, right, top)
    usable = [
        shape
        for shape in shapely.from_wkb(geometry)
        if isinstance(shape, Polygon | MultiPolygon)
        and shape.area >= smallest
        and inside.contains(shape)
    ]
    if not usable:
        raise TruthUnreadable(path, "holds no polygon that lies wholly in the image")
    drawn = np.random.default_rng(seed).permutation(len(usable))[:objects]
    return [usable[index] for index in sorted(drawn)]


def simulate(
    predictor: Predictor,
    reader: WindowReader,
    grid: Grid,
    truth: Polygon | MultiPolygon,
    *,
    clicks: int,
) -> list[float]:
    """IoU of the outline after each click on one object."""
    frame = Frame.around(truth, grid)
    wanted = frame.draw(truth, grid)
    simulator = ClickSimulator(wanted.astype(np.int8))
    draft = LocalDraft(predictor, reader, grid)
    found = np.zeros_like(wanted)
    ious: list[float] = []
    for _ in range(clicks):
        place = simulator.next_click(found)
        x_map, y_map = grid.to_map(frame.col + place.col + 0.5, frame.row + place.row + 0.5)
        answer = draft.add(Click(x_map, y_map, place.include))
        geometry = answer.outline.geometry
        found = frame.draw(geometry, grid)
        ious.append(iou_on_map(wanted, found, geometry, frame, grid))
    return ious


def iou_on_map(
    wanted: npt.NDArray[np.bool_],
    found: npt.NDArray[np.bool_],
    geometry: MultiPolygon,
    frame: Frame,
    grid: Grid,
) -> float:
    """IoU in the frame, with what was found outside of it counted as wrong by its area."""
    iou = intersection_over_union(wanted.astype(np.int8), found)
    common = np.count_nonzero(wanted & found)
    if not common:
        return 0.0
    left, top = grid.to_map(frame.col, frame.row)
    right, bottom = grid.to_map(frame.col + frame.width, frame.row + frame.height)
    outside = geometry.difference(shapely.box(left, bottom, right, top)).area
    return float(common / (common / iou + outside / grid.resolution**2))


def median_iou(runs: Sequence[Sequence[float]], clicks: int) -> float:
    """Median over the objects of the IoU after so many clicks."""
    return float(np.median([run[clicks - 1] for run in runs]))
