"""Opening an uploaded raster: runs in the sandboxed child only.

The walls, outermost first: the child has limits and no drivers but a few (`sandbox.py`);
the file lies alone in a private folder with only the sidecars that were uploaded, under names
that the server chose; the magic bytes name the one driver that is tried; overviews of the
file are never asked for (TIFF metadata can name any file as "its" overview).
"""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import Interleaving
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from webapp.imaging.verdict import RasterFiles, RasterRefused

_FORBIDDEN_DRIVERS = ("VRT", "WMS", "HTTP", "GTI", "STACIT", "netCDF", "GPKG")
"""A sample of the drivers that the child must not have; see `refuse_other_drivers`."""

_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    *((magic, "GTiff", ".tif") for magic in _TIFF_MAGIC),
    (b"\0\0\0\x0cjP  ", "JP2OpenJPEG", ".jp2"),
    (b"\xffO\xffQ", "JP2OpenJPEG", ".j2k"),
    (b"\x89PNG\r\n\x1a\n", "PNG", ".png"),
    (b"\xff\xd8\xff", "JPEG", ".jpg"),
    (b"EHFA_HEADER_TAG", "HFA", ".img"),
)
_WORLD_FILE_SUFFIXES = (".wld", ".tfw", ".tifw", ".tfwx", ".jgw", ".jpgw", ".pgw", ".j2w", ".blw")

READ_STEP_PX = 512
"""Pixels are read in pieces of about this side: never a whole image."""

_MOST_PAGES = 10
"""More pages than these are not offered."""

_LARGEST_BLOCK_BYTES = 256 * 2**20
"""A file is refused where its own pieces are larger: each must be unpacked at once."""


class StagedRaster:
    """An upload laid out for opening: a folder with the raster and its sidecars.

    Attributes:
        path: the raster under the server's name.
        name: what the person calls it.
        driver: the one GDAL driver that may open it.
        prj: text of an uploaded .prj, which GDAL ignores beside a TIFF; empty without.
        aux_xml: text of an uploaded .aux.xml. GDAL never sees it: it could name other files.
    """

    def __init__(self, files: RasterFiles, folder: Path) -> None:
        self.name = files.name
        self.driver, suffix = _driver_of(files)
        self.path = folder / f"raster{suffix}"
        self.path.symlink_to(files.main.resolve())
        self.prj = ""
        self.aux_xml = ""
        for sidecar in files.sidecars:
            self._stage(sidecar)

    def _stage(self, sidecar: Path) -> None:
        suffix = sidecar.suffix.lower()
        if suffix == ".prj":
            self.prj = _text(sidecar)
        elif suffix == ".xml":
            self.aux_xml = _text(sidecar)
        elif suffix in _WORLD_FILE_SUFFIXES:
            # GDAL looks for .wld beside every format, so one name serves all.
            self.path.with_suffix(".wld").symlink_to(sidecar.resolve())
        elif suffix == ".msk":
            # A .msk may be in any format for GDAL; here it must be a TIFF.
            with sidecar.open("rb") as file:
                if file.read(4) not in _TIFF_MAGIC:
                    raise RasterRefused(
                        f"The mask {sidecar.suffix} of {self.name} is not a TIFF. Leave it out."
                    )
            Path(f"{self.path}.msk").symlink_to(sidecar.resolve())
        # .ovr: overviews are always built anew.

    @contextmanager
    def open(self, page: int = 1) -> Iterator[DatasetReader]:
        """The dataset, one page of it where the file has several.

        Raises:
            RasterRefused: it does not open, or its pieces are too large to read safely.
        """
        source = str(self.path) if page == 1 else f"GTIFF_DIR:{page}:{self.path}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            try:
                dataset = rasterio.open(source, driver=self.driver)
            except RasterioError as error:
                raise RasterRefused(self._why_not_open(str(error))) from error
            with dataset:
                self._refuse_large_blocks(dataset)
                yield dataset

    def pages(self) -> list[tuple[int, int, int]]:
        """(number, width, height) of the images in the file that a person may mean.

        Left out: pages with the first one's proportions but fewer pixels, which are reduced
        copies that some writers add without marking them as overviews.
        """
        with self.open() as dataset:
            first = (1, int(dataset.width), int(dataset.height))
            numbers = [int(name.split(":")[1]) for name in dataset.subdatasets]
        pages = [first]
        for number in [number for number in numbers if number != 1][:_MOST_PAGES]:
            with self.open(number) as dataset:
                width, height = int(dataset.width), int(dataset.height)
            is_smaller = width < first[1] and height < first[2]
            if not (is_smaller and abs(width * first[2] / (height * first[1]) - 1) < 0.05):
                pages.append((number, width, height))
        return pages

    def _why_not_open(self, message: str) -> str:
        codec = re.search(r"missing codec (\S+?)\.?$", message)
        if codec:
            return (
                f"{self.name} is compressed with {codec[1]}, which cannot be read here. "
                "Save it with LZW or DEFLATE compression and upload it again."
            )
        return f"{self.name} is damaged at its start and does not open. Upload it again."

    def _refuse_large_blocks(self, dataset: DatasetReader) -> None:
        rows, cols = dataset.block_shapes[0]
        block_bytes = rows * cols * bytes_per_pixel(dataset)
        if block_bytes > _LARGEST_BLOCK_BYTES and has_stored_pixels(dataset):
            raise RasterRefused(
                f"{self.name} is stored in pieces of {block_bytes / 1e9:.1f} GB, too large to "
                "open safely. Save it tiled (512 x 512) and upload it again."
            )

    def read_failure(self, dataset: DatasetReader, window: Window) -> RasterRefused:
        """The refusal for pixels that did not read: the file is cut short, or damaged."""
        first_col, first_row = int(window.col_off), int(window.row_off)
        part = (
            f"columns {first_col} to {first_col + int(window.width)}, "
            f"rows {first_row} to {first_row + int(window.height)}"
        )
        share = self._share_present(dataset)
        if share is not None and share < 1:
            percent = min(99, int(100 * share))
            return RasterRefused(
                f"{self.name} ends after {percent} %: {part} do not read. Upload it again."
            )
        return RasterRefused(f"{self.name} is damaged at {part}. Upload it again.")

    def _share_present(self, dataset: DatasetReader) -> float | None:
        """Bytes on disk over the bytes that the TIFF's own table of blocks promises."""
        if self.driver != "GTiff":
            return None
        promised = 0
        for band, col, row in _blocks(dataset):
            offset = dataset.get_tag_item(f"BLOCK_OFFSET_{col}_{row}", "TIFF", bidx=band)
            size = dataset.get_tag_item(f"BLOCK_SIZE_{col}_{row}", "TIFF", bidx=band)
            if offset and size:
                promised = max(promised, int(offset) + int(size))
        return self.path.stat().st_size / promised if promised else None


def refuse_other_drivers() -> None:
    """Check that the caller took away the drivers that read other files or the network.

    Raises:
        RuntimeError: they are there: the environment of `sandbox.py` did not arrive.
    """
    with rasterio.Env() as env:
        present = set(env.drivers()) & set(_FORBIDDEN_DRIVERS)
    if present:
        raise RuntimeError(f"drivers must be skipped before opening an upload: {present}")


def _driver_of(files: RasterFiles) -> tuple[str, str]:
    with files.main.open("rb") as file:
        start = file.read(64)
    for magic, driver, suffix in _MAGIC:
        if start.startswith(magic):
            return driver, suffix
    if start.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise RasterRefused(
            f"{files.name} is a text that only points to other files, and holds no picture. "
            "Upload those files."
        )
    raise RasterRefused(
        f"{files.name} is no image that can be read here. "
        "Upload a GeoTIFF, JPEG 2000, JPEG, PNG or ERDAS .img file."
    )


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(200_000).decode("utf-8", errors="replace")


def bytes_per_pixel(dataset: DatasetReader) -> int:
    """Bytes of one pixel in memory, all bands."""
    sizes = {"complex_int16": 4, "complex64": 8, "complex128": 16}
    dtype = dataset.dtypes[0]
    size = sizes.get(dtype) or np.dtype(dtype).itemsize
    return size * int(dataset.count)


def _blocks(dataset: DatasetReader, at_most: int = 200_000) -> Iterator[tuple[int, int, int]]:
    """(band, block column, block row) of a TIFF's blocks; evenly thinned where there are many."""
    rows, cols = dataset.block_shapes[0]
    down, across = -(-dataset.height // rows), -(-dataset.width // cols)
    is_planar = dataset.interleaving == Interleaving.band
    bands = tuple(dataset.indexes) if is_planar else (1,)
    step = max(1, down * across * len(bands) // at_most)
    for number in range(0, down * across, step):
        for band in bands:
            yield band, number % across, number // across
    yield bands[-1], across - 1, down - 1


def has_stored_pixels(dataset: DatasetReader) -> bool:
    """Whether any block of a TIFF is on disk at all; a sparse file may claim any size."""
    if dataset.driver != "GTiff":
        return True
    return any(
        dataset.get_tag_item(f"BLOCK_OFFSET_{col}_{row}", "TIFF", bidx=band)
        for band, col, row in _blocks(dataset)
    )


def read_windows(dataset: DatasetReader, *, step_px: int = READ_STEP_PX) -> Iterator[Window]:
    """Windows that cover the image, each a whole number of the file's blocks.

    Strips as wide as the image give windows as wide as the image, so nothing is unpacked
    twice; they get fewer rows where a window would pass 128 MB.
    """
    block_rows, block_cols = dataset.block_shapes[0]
    step_rows = block_rows * max(1, step_px // block_rows)
    step_cols = block_cols * max(1, step_px // block_cols)
    most_rows = 128 * 2**20 // (step_cols * bytes_per_pixel(dataset))
    step_rows = max(block_rows, min(step_rows, most_rows // block_rows * block_rows))
    for row in range(0, dataset.height, step_rows):
        for col in range(0, dataset.width, step_cols):
            yield Window(
                col,
                row,
                min(step_cols, dataset.width - col),
                min(step_rows, dataset.height - row),
            )
