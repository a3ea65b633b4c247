"""Outlines that are there already and wrong, for the evaluation of edits."""

import zlib

import numpy as np
import numpy.typing as npt
import shapely
from rasterio.features import shapes
from rasterio.transform import Affine
from shapely import MultiPolygon, Polygon

from inference.evaluation.objects import LabelledPicture, Target
from inference.training_sets.deformation import deformed
from inference.windows import Grid


def old_mask_of(picture: LabelledPicture, target: Target) -> npt.NDArray[np.bool_]:
    """An object as a careless hand has it, H x W: always the same for the same object."""
    top, left, height, width = target.box
    half = max(width, height) + 4
    truth = np.pad((picture.numbered == target.number).astype(np.int8), half)
    # In the padded picture the square begins where the object's middle lies in the other.
    row, col = top + height // 2, left + width // 2
    square = slice(row, row + 2 * half), slice(col, col + 2 * half)
    rng = np.random.default_rng(zlib.crc32(target.key.encode()))
    old = np.zeros(truth.shape, np.bool_)
    old[square] = deformed(truth[square], rng) > 0
    return old[half:-half, half:-half]


def outline_of(mask: npt.NDArray[np.bool_], grid: Grid) -> Polygon | MultiPolygon:
    """A mask's pixels (H x W, of the whole grid) as polygons in the map frame."""
    to_map = Affine(grid.resolution, 0, grid.left, 0, -grid.resolution, grid.top)
    regions = shapes(mask.astype(np.uint8), mask=mask, transform=to_map)
    joined = shapely.union_all([shapely.geometry.shape(region) for region, _ in regions])
    assert isinstance(joined, Polygon | MultiPolygon)  # noqa: S101 (whole pixels make nothing else)
    return joined
