"""The stretch that suits what is seen of a layer at the moment."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from webapp.bounds import Bounds
from webapp.errors import BadInput
from webapp.imaging.rendering import Limits, balanced, ndvi
from webapp.imaging.tile_grid import TILE_PX, LayerFile, TileGrid
from webapp.imaging.tiles import read_tile
from webapp.imaging.views import Stretch, View

PERCENTS = (2, 98)
MOST_PIXELS = TILE_PX
"""The window is measured on the finest level of the pyramid at which no side is longer."""

LARGEST = 999_999_999
"""An address spells no larger value."""


def stretch_of_window(
    files: Sequence[LayerFile], tile_grid: TileGrid, view: View, window: Bounds
) -> Stretch:
    """The fixed stretch from the 2nd to the 98th percentile of what a window shows.

    Args:
        files: of the layer, topmost first.
        tile_grid: of the layer.
        view: whose bands are looked at; its own stretch and gamma play no part.
        window: map frame.

    Returns:
        One range where the bands have to stay balanced, else one a band (`rendering.balanced`).

    Raises:
        BadInput: there is no picture there, or a band has only one value.
        Unavailable: a file cannot be read.
    """
    parts = list(_values_in(files, tile_grid, view, window))
    values = np.concatenate(parts, axis=1) if parts else np.zeros((len(view.bands), 0))
    if view.kind == "ndvi":
        values = ndvi(values)[None]
    if values.dtype.kind == "f":
        values = values[:, np.isfinite(values).all(axis=0)]
    if values.shape[1] == 0:
        raise BadInput("There is no picture in this window. Move the map onto it and try again.")
    limits = [_limits(band) for band in values]
    if any(low >= high for low, high in limits):
        raise BadInput(
            "What this window shows has only one value, so there is nothing to stretch. Zoom out "
            "and try again."
        )
    return Stretch.fixed(*balanced(limits, values.dtype))


def _limits(band: NDArray[np.generic]) -> Limits:
    """Percentiles of a band's values: whole numbers where its values are."""
    low, high = np.clip(np.percentile(band.astype(np.float64), PERCENTS), -LARGEST, LARGEST)
    if band.dtype.kind != "f":
        return math.floor(low), math.ceil(high)
    # Four digits of the distance say enough, and keep the address short.
    decimals = 4 - math.ceil(math.log10(high - low)) if high > low else 0
    return round(float(low), min(decimals, 6)), round(float(high), min(decimals, 6))


def _values_in(
    files: Sequence[LayerFile], tile_grid: TileGrid, view: View, window: Bounds
) -> Iterator[NDArray[np.generic]]:
    """Values of the visible pixels of a window, bands x any number, tile by tile."""
    grid = tile_grid.grid
    left, top = grid.to_pixel(window[0], window[3])
    right, bottom = grid.to_pixel(window[2], window[1])
    cols, rows = _clipped(left, right, grid.width), _clipped(top, bottom, grid.height)
    longest = max(cols[1] - cols[0], rows[1] - rows[0], 1)
    coarser = max(0, math.ceil(math.log2(longest / MOST_PIXELS)))
    z = max(0, tile_grid.native_zoom - coarser)
    factor = tile_grid.factor(z)
    for y, in_rows in _slices(rows, factor):
        for x, in_cols in _slices(cols, factor):
            values, visible = read_tile(files, tile_grid, z, x, y, bands=view.bands)
            yield values[:, in_rows, in_cols][:, visible[in_rows, in_cols]]


def _clipped(first: float, last: float, length: int) -> tuple[float, float]:
    return min(max(first, 0), length), min(max(last, 0), length)


def _slices(span: tuple[float, float], factor: int) -> Iterator[tuple[int, slice]]:
    """The tiles that a span of native pixels meets, and its pixels in each."""
    first, last = math.floor(span[0] / factor), math.ceil(span[1] / factor)
    for tile in range(first // TILE_PX, math.ceil(last / TILE_PX)):
        start = tile * TILE_PX
        yield tile, slice(max(first - start, 0), min(last - start, TILE_PX))
