"""Tiles of a layer: read, put together from its files, coloured, encoded.

rio-tiler reads, and masks; its windows come from integers (`tile_grid.py`) rather than from
bounds through a tile matrix set, so that no rounding can shift a native tile. Files must be COGs
that an import made: they are opened with the GTiff driver only.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import rasterio
import rio_tiler.reader
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.session import DummySession
from rasterio.windows import Window

from webapp.errors import Unavailable
from webapp.imaging.cog_store import cog_store
from webapp.imaging.rendering import Tile, TileFormat, colour, encode
from webapp.imaging.tile_grid import TILE_PX, LayerFile, TileGrid
from webapp.imaging.verdict import BandStatistics
from webapp.imaging.views import View

_OPEN_FILES_PER_THREAD = 16


def render_tile(
    files: Sequence[LayerFile],
    tile_grid: TileGrid,
    view: View,
    z: int,
    x: int,
    y: int,
    *,
    statistics: Sequence[BandStatistics],
    asked: TileFormat,
) -> Tile | None:
    """One encoded tile; None outside the layer.

    Args:
        files: of the layer, topmost first.
        tile_grid: of the layer.
        view: from `views.parse_view`.
        z: 0 is the coarsest.
        x: tile columns from the left.
        y: tile rows from the top.
        statistics: of the layer, one per band.
        asked: the suffix in the address.
    """
    if not tile_grid.covers(z, x, y):
        return None
    values, visible = read_tile(files, tile_grid, z, x, y, bands=view.bands)
    picture, visible = colour(values, visible, view, statistics)
    return encode(picture, visible, asked)


def read_tile(
    files: Sequence[LayerFile],
    tile_grid: TileGrid,
    z: int,
    x: int,
    y: int,
    *,
    bands: Sequence[int],
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Values of a tile, bands x 512 x 512, and whether each pixel is visible.

    A pixel is that of the topmost file which has one there. A file that lacks one of the bands
    counts as not there.

    Raises:
        Unavailable: a file cannot be read: it is gone or damaged, or the bucket is away.
    """
    # Without a session of rasterio's: where AWS' variables are set, it would begin one each time.
    with rasterio.Env(DummySession(), **cog_store().gdal_options):
        return _put_together(files, tile_grid, z, x, y, bands)


def _put_together(
    files: Sequence[LayerFile],
    tile_grid: TileGrid,
    z: int,
    x: int,
    y: int,
    bands: Sequence[int],
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    values: NDArray[np.generic] | None = None
    visible = np.zeros((TILE_PX, TILE_PX), dtype=bool)
    for file in files:
        part = _part_of_tile(file, tile_grid, z, x, y)
        if part is None:
            continue
        read = _read_part(file, part, bands)
        if read is None:
            continue
        rows, cols = part.rows, part.cols
        if values is None:
            values = np.zeros((len(bands), TILE_PX, TILE_PX), dtype=read.data.dtype)
        fresh = ~np.ma.getmaskarray(read).any(axis=0) & ~visible[rows, cols]
        np.copyto(values[:, rows, cols], read.data, where=fresh, casting="same_kind")
        visible[rows, cols] |= fresh
        if visible.all():
            break
    if values is None:
        values = np.zeros((len(bands), TILE_PX, TILE_PX), dtype=np.uint8)
    return values, visible


@dataclass(frozen=True, slots=True)
class _Part:
    """Where a file lies in a tile, and the window of the file that is seen there."""

    rows: slice
    cols: slice
    window: Window


def _part_of_tile(file: LayerFile, tile_grid: TileGrid, z: int, x: int, y: int) -> _Part | None:
    factor = tile_grid.factor(z)
    cols = _overlap(file.col, file.width, x * TILE_PX * factor, factor)
    rows = _overlap(file.row, file.height, y * TILE_PX * factor, factor)
    if cols is None or rows is None:
        return None
    (first_col, last_col, col_off, width), (first_row, last_row, row_off, height) = cols, rows
    return _Part(
        slice(first_row, last_row),
        slice(first_col, last_col),
        Window(col_off, row_off, width, height),
    )


def _overlap(
    start: int, length: int, tile_start: int, factor: int
) -> tuple[int, int, int, int] | None:
    """Tile pixels whose centres lie in a file along one axis, and the file's pixels there.

    Returns:
        First tile pixel, the one after the last, first file pixel, number of file pixels (those
        beyond the file's end cut off); None where they do not meet.
    """
    # Twice the distances, so that half a tile pixel stays an integer.
    first = max(0, -(-(2 * (start - tile_start) - factor) // (2 * factor)))
    last = min(TILE_PX, -(-(2 * (start + length - tile_start) - factor) // (2 * factor)))
    if last <= first:
        return None
    low = max(0, tile_start + first * factor - start)
    high = min(length, tile_start + last * factor - start)
    return first, last, low, high - low


def _read_part(file: LayerFile, part: _Part, bands: Sequence[int]) -> np.ma.MaskedArray | None:
    try:
        return _pixels(_open(file.path), part, bands)
    except RasterioError as error:
        _close(file.path)
        raise Unavailable(
            "A file of this layer cannot be read at the moment. Load the page again; if that does "
            "not help, tell whoever runs the server."
        ) from error


def _pixels(dataset: DatasetReader, part: _Part, bands: Sequence[int]) -> np.ma.MaskedArray | None:
    if max(bands) > dataset.count:
        return None
    rows, cols = part.rows.stop - part.rows.start, part.cols.stop - part.cols.start
    array: np.ma.MaskedArray = rio_tiler.reader.read(
        dataset,
        window=part.window,
        height=rows,
        width=cols,
        indexes=tuple(bands),
        # Native windows are copied; where no overview fits exactly, an average does not alias.
        resampling_method="nearest" if (rows, cols) == _shape(part.window) else "average",
    ).array
    return array


def _shape(window: Window) -> tuple[int, int]:
    return int(window.height), int(window.width)


_local = threading.local()


def _open(path: str) -> DatasetReader:
    """An open dataset of this thread: GDAL allows one thread per handle."""
    handles = _handles()
    dataset = handles.pop(path, None)
    if dataset is None:
        dataset = rasterio.open(path, driver="GTiff")
    handles[path] = dataset
    while len(handles) > _OPEN_FILES_PER_THREAD:
        handles.popitem(last=False)[1].close()
    return dataset


def _close(path: str) -> None:
    """Open a file anew the next time, if it is open."""
    dataset = _handles().pop(path, None)
    if dataset is not None:
        dataset.close()


def _handles() -> OrderedDict[str, DatasetReader]:
    """What is open in this thread, by path, the least used first."""
    handles: OrderedDict[str, DatasetReader] = _local.__dict__.setdefault("handles", OrderedDict())
    return handles
