"""Windows of a layer, read from its COGs.

Files lie on the layer's grid, shifted by whole pixels, topmost first. A window is first read at
its own factor (or natively, when it enlarges), then enlarged bilinearly where its factor is
below 1. Overview levels serve factors above 1, with average resampling: GDAL picks the level.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.windows import Window as FileWindow

from inference.data.open_files import OpenFiles, reading
from inference.data.window_image import WindowImage
from inference.errors import InferenceError
from inference.messages import FileSource, LayerSource, ModelInfo
from inference.windows import Window

EMPTY_FILL = 0.5
"""What a window without a single valid pixel holds."""


class BandsMissing(InferenceError):
    """The network looks at a band that the layer does not name."""

    def __init__(self, wanted: int, present: int) -> None:
        self.wanted = wanted
        self.present = present
        super().__init__(
            f"The model needs {wanted} bands and this image has {present}. Nothing was outlined. "
            "Click on imagery that has near infrared, too, or take another model (for the page: "
            "SEGMAP_MODEL)."
        )


@dataclass(frozen=True, slots=True)
class Lattice:
    """The raster that is read: `width` x `height` cells of `step` native pixels."""

    col: float
    row: float
    step: float
    width: int
    height: int


class CogReader:
    """Reads the windows of one layer.

    Args:
        source: the layer; its first `bands` bands are read.
        bands: how many the network takes.
        files: open datasets, shared by all readers.

    Raises:
        BandsMissing: the layer names fewer.
    """

    def __init__(self, source: LayerSource, *, bands: int, files: OpenFiles) -> None:
        if len(source.bands) < bands:
            raise BandsMissing(bands, len(source.bands))
        self.source = source
        self.bands = source.bands[:bands]
        self.files = files
        ranges = source.ranges[:bands]
        self._low = np.array([r.low for r in ranges], np.float32)[:, None, None]
        spans = [(r.high - r.low) or 1 for r in ranges]
        self._span = np.array(spans, np.float32)[:, None, None]

    @classmethod
    def for_model(cls, source: LayerSource, model: ModelInfo, *, files: OpenFiles) -> "CogReader":
        """Reads the bands that a model takes, in its order.

        Raises:
            BandsMissing: the layer lacks one.
        """
        if max(model.takes) > len(source.bands):
            raise BandsMissing(max(model.takes), len(source.bands))
        places = [band - 1 for band in model.takes]
        chosen = {
            "bands": [source.bands[i] for i in places],
            "ranges": [source.ranges[i] for i in places],
        }
        return cls(source.model_copy(update=chosen), bands=model.bands, files=files)

    def read(self, window: Window) -> WindowImage:
        """The window as the network sees it.

        Raises:
            ImageUnreadable: a file that the window touches cannot be read.
            ImageUnreachable: it is not here, and its address does not give it.
        """
        lattice = lattice_of(window)
        pixels = np.zeros((len(self.bands), lattice.height, lattice.width), np.float32)
        valid = np.zeros((lattice.height, lattice.width), bool)
        for file in self.source.files:
            self._paint(file, lattice, pixels, valid)
            if valid.all():
                break
        np.clip((pixels - self._low) / self._span, 0, 1, out=pixels)
        fill_holes(pixels, valid)
        if window.factor < 1:
            pixels, valid = enlarge(pixels, valid, window, lattice)
        return WindowImage(pixels, valid)

    def _paint(
        self,
        file: FileSource,
        lattice: Lattice,
        pixels: npt.NDArray[np.float32],
        valid: npt.NDArray[np.bool_],
    ) -> None:
        """Put a file's data where no file above it had any."""
        dataset = self.files.dataset(file)
        across = covered(lattice.col - file.col, lattice.step, lattice.width, dataset.width)
        down = covered(lattice.row - file.row, lattice.step, lattice.height, dataset.height)
        if not across.cells or not down.cells:
            return
        try:
            with reading():
                values, present = self._read_cells(dataset, across, down)
        except RasterioError as error:
            raise self.files.failure(file) from error
        # Cells that the file covers in part repeat its nearest whole cell.
        spread = ((across.before, across.after), (down.before, down.after))
        values = np.pad(values, ((0, 0), spread[1], spread[0]), mode="edge")
        present = np.pad(present, (spread[1], spread[0]), mode="edge")
        rows = slice(down.start - down.before, down.start + down.cells + down.after)
        cols = slice(across.start - across.before, across.start + across.cells + across.after)
        fresh = present & ~valid[rows, cols]
        pixels[:, rows, cols][:, fresh] = values[:, fresh]
        valid[rows, cols] |= present

    def _read_cells(
        self, dataset: rasterio.DatasetReader, across: "Cover", down: "Cover"
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
        """Bands x h x w values and h x w validity of the cells that lie wholly in the file."""
        window = FileWindow(across.offset, down.offset, across.length, down.length)
        shape = (down.cells, across.cells)
        values = dataset.read(
            self.bands,
            window=window,
            out_shape=(len(self.bands), *shape),
            resampling=Resampling.average,
            out_dtype="float32",
        )
        present = dataset.dataset_mask(window=window, out_shape=shape) > 0
        return values, present & np.isfinite(values).all(axis=0)


@dataclass(frozen=True, slots=True)
class Cover:
    """How a file covers a lattice along one axis.

    Attributes:
        start: first lattice cell that lies wholly in the file.
        cells: how many do.
        before: 1 when the cell before is covered in part, else 0.
        after: the same at the end.
        offset: native pixel of the file where the whole cells begin.
        length: native pixels that they span.
    """

    start: int
    cells: int
    before: int
    after: int
    offset: float
    length: float


def covered(origin: float, step: float, cells: int, file_length: int) -> Cover:
    """The cells of [origin, origin + cells * step) that lie in [0, file_length)."""
    first, last = -origin / step, (file_length - origin) / step
    start, end = max(0, math.ceil(first)), min(cells, math.floor(last))
    if end <= start:
        return Cover(start, 0, 0, 0, 0, 0)
    return Cover(
        start=start,
        cells=end - start,
        before=int(start > 0 and first < start),
        after=int(end < cells and last > end),
        offset=origin + start * step,
        length=(end - start) * step,
    )


def lattice_of(window: Window) -> Lattice:
    """The raster to read for a window: itself, or native pixels with a rim where it enlarges."""
    if window.factor >= 1:
        return Lattice(window.col, window.row, window.factor, window.size, window.size)
    # Bilinear enlargement looks half a native pixel past the window: one pixel of rim.
    col, row = math.floor(window.col) - 1, math.floor(window.row) - 1
    width = math.ceil(window.col + window.side) + 1 - col
    height = math.ceil(window.row + window.side) + 1 - row
    return Lattice(col, row, 1, width, height)


def fill_holes(pixels: npt.NDArray[np.float32], valid: npt.NDArray[np.bool_]) -> None:
    """Fill what is not valid with each band's mean over what is.

    The trainer pads in the same way: repeated edges gave streaks that networks took for things.
    """
    if valid.all():
        return
    for band in pixels:
        band[~valid] = band[valid].mean() if valid.any() else EMPTY_FILL


def enlarge(
    pixels: npt.NDArray[np.float32],
    valid: npt.NDArray[np.bool_],
    window: Window,
    lattice: Lattice,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Native pixels to S x S, bilinear; validity by the nearest native pixel.

    Array index i has its centre at i + 0.5 in either frame, hence the half pixels.
    """
    factor = window.factor
    shift_col = window.col - lattice.col + factor / 2 - 0.5
    shift_row = window.row - lattice.row + factor / 2 - 0.5
    matrix = np.array([[factor, 0, shift_col], [0, factor, shift_row]])
    size = (window.size, window.size)
    flags = cv2.WARP_INVERSE_MAP
    bands = [
        cv2.warpAffine(
            band, matrix, size, flags=flags | cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        for band in pixels
    ]
    present = cv2.warpAffine(
        valid.astype(np.uint8),
        matrix,
        size,
        flags=flags | cv2.INTER_NEAREST,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.stack(bands), present > 0
