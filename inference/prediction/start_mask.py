"""An outline that exists already, as the mask that its refinement starts from."""

import numpy as np
from rasterio.features import rasterize
from rasterio.transform import Affine
from shapely import MultiPolygon, Polygon

from inference.prediction.previous_mask import CERTAIN, PreviousMask
from inference.prediction.window_rule import Extent
from inference.windows import Grid, Window


def extent_of(outline: Polygon | MultiPolygon, grid: Grid) -> Extent:
    """The box of an outline (map frame), in the pixel frame."""
    x_min, y_min, x_max, y_max = outline.bounds
    left, top = grid.to_pixel(x_min, y_max)
    right, bottom = grid.to_pixel(x_max, y_min)
    return Extent(left, top, right, bottom)


def mask_from_outline(outline: Polygon | MultiPolygon, grid: Grid, window: Window) -> PreviousMask:
    """Certain where a window pixel's centre lies in the outline (map frame), else 0."""
    left, top = grid.to_map(window.col, window.row)
    pixel = grid.resolution * window.factor
    values = rasterize(
        [(outline, CERTAIN)],
        out_shape=(window.size, window.size),
        transform=Affine(pixel, 0, left, 0, -pixel, top),
        fill=0,
        dtype="uint8",
    )
    return PreviousMask(window, np.asarray(values, np.uint8))
