"""Writing the COG of an upload: runs in the child only.

Three steps, each by blocks: the file's pixels become plain ones (bands as planned, what is
empty in a mask), these are warped once where they must be, and the result gets overviews and is
laid out as a COG. The steps are those of rio-cogeo's `cog_translate`, with its profile; they are
written out here because it would warp and copy everything once more, and tells no progress.
"""

import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio
import rasterio.crs
import rasterio.shutil
from affine import Affine
from numpy.typing import NDArray
from rasterio._err import CPLE_BaseError
from rasterio.coords import BoundingBox
from rasterio.enums import ColorInterp, MaskFlags, Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader, DatasetWriter
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window
from rio_cogeo.profiles import cog_profiles

from webapp.imaging.answers import Answers
from webapp.imaging.cog_facts import measure
from webapp.imaging.inspection import Reading, settle
from webapp.imaging.opening import StagedRaster, read_windows
from webapp.imaging.pixels import compose
from webapp.imaging.placement import DRIFT_PX, Placement
from webapp.imaging.raster_facts import read_pixels
from webapp.imaging.verdict import CogFacts, CrsAndGrid, RasterFiles, RasterRefused

BLOCK_PX = 512

Progress = Callable[[float], None]
"""Called with the share that is done, 0 to 1."""

_SHARE_READ, _SHARE_WARPED, _SHARE_OVERVIEWS, _SHARE_COPIED = 0.15, 0.6, 0.75, 0.98
"""Where the steps end, for progress: measured on 6000 x 6000 pixels of 4 bands, warped."""

_COG_ENV = {
    "GDAL_TIFF_INTERNAL_MASK": True,
    "GDAL_TIFF_OVR_BLOCKSIZE": BLOCK_PX,
}


def write_cog(
    files: RasterFiles,
    answers: Answers,
    target: CrsAndGrid | None,
    out: Path,
    *,
    folder: Path,
    most_bytes: int,
    progress: Progress,
) -> CogFacts:
    """The COG of an upload at `out`, and what it holds.

    Args:
        files: the upload.
        answers: to every question that `inspect` asked.
        target: the project's CRS and the layer's grid; None to take the proposal.
        out: where the COG is written; nothing is left there on failure.
        folder: an empty private folder on the same disk, with room for the image unpacked.
        most_bytes: largest size, unpacked, of the file and of the result.
        progress: told the share that is done.

    Raises:
        RasterRefused: a question is open, pixels do not read, or the result would be empty or
            too large.
    """
    staged = StagedRaster(files, folder)
    reading = settle(staged, answers, target, most_bytes=most_bytes)
    try:
        with rasterio.Env(**_COG_ENV), tempfile.TemporaryDirectory(dir=folder) as work:
            return _write_in_steps(
                staged, reading, out, Path(work), most_bytes=most_bytes, progress=progress
            )
    except (RasterioError, CPLE_BaseError, OSError) as error:
        # What the upload itself can cause was refused where it was read.
        raise RasterRefused(
            f"{staged.name} could not be written on the server. "
            "Free some disk space and import it again."
        ) from error


def _write_in_steps(
    staged: StagedRaster,
    reading: Reading,
    out: Path,
    work: Path,
    *,
    most_bytes: int,
    progress: Progress,
) -> CogFacts:
    plain = work / "plain.tif"
    resampling = _resampling(reading)
    read_end = _SHARE_WARPED if resampling == "none" else _SHARE_READ
    _write_plain(staged, reading, plain, lambda share: progress(share * read_end))
    if resampling != "none":
        for number, placement in enumerate(_warps(reading.placement)):
            warped = work / f"warped-{number}.tif"
            with rasterio.open(plain, driver="GTiff") as source:
                step = replace(reading, placement=placement)
                _write_warped(source, staged, step, warped, most_bytes, progress)
            plain.unlink()
            plain = warped
    has_mask = _add_overviews(plain, reading)
    progress(_SHARE_OVERVIEWS)
    unfinished = work / "cog.tif"
    _lay_out(plain, unfinished)
    progress(_SHARE_COPIED)
    facts = measure(unfinished, reading, resampling, has_mask=has_mask)
    unfinished.replace(out)
    progress(1.0)
    return facts


def _resampling(reading: Reading) -> Literal["none", "nearest", "bilinear"]:
    if not reading.placement.reasons:
        return "none"
    is_coded = reading.bands.expands_palette
    return "nearest" if is_coded or reading.placement.is_flip else "bilinear"


def _warps(placement: Placement) -> list[Placement]:
    """One warp; two where ground control points meet a layer's grid.

    A WarpedVRT of rasterio forgets the ground points as soon as it is given a grid.
    """
    if placement.transform is not None or placement.grid is None:
        return [placement]
    straightened = replace(
        placement,
        source_crs=placement.target_crs,
        transform=Affine.identity(),  # the straightened file's own holds
        keeps_plane=True,
    )
    return [replace(placement, grid=None), straightened]


class _PlainWriter:
    """A tiled TIFF that gets an internal mask with the first pixel that is not visible.

    Most images have no such pixel, and a mask that lets everything through would make every
    tile of the layer look as if it had transparent parts.
    """

    def __init__(self, dataset: DatasetWriter, *, needs_mask: bool) -> None:
        self._dataset = dataset
        self._takes_mask = needs_mask
        self._has_mask = False
        self._visible_windows: list[Window] = []
        self.is_empty = True

    def write(
        self, pixels: NDArray[np.generic], visible: NDArray[np.bool_], window: Window
    ) -> None:
        self._dataset.write(pixels, window=window)
        self.is_empty = self.is_empty and not visible.any()
        if not self._takes_mask:
            return
        if self._has_mask or not visible.all():
            self._start_mask()
            self._dataset.write_mask(visible, window=window)
        else:
            self._visible_windows.append(window)

    def _start_mask(self) -> None:
        self._has_mask = True
        for window in self._visible_windows:
            shape = int(window.height), int(window.width)
            self._dataset.write_mask(np.ones(shape, dtype=bool), window=window)
        self._visible_windows.clear()


@contextmanager
def _plain_writer(path: Path, profile: dict[str, Any], reading: Reading) -> Iterator[_PlainWriter]:
    is_float = np.dtype(profile["dtype"]).kind == "f"
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        tiled=True,
        blockxsize=BLOCK_PX,
        blockysize=BLOCK_PX,
        interleave="pixel",
        # Temporary: fast, and a third of the disk that raw pixels would take.
        compress="ZSTD",
        zstd_level=1,
        bigtiff="IF_SAFER",
        nodata=float("nan") if is_float else None,
        **profile,
    ) as dataset:
        dataset.colorinterp = _colours(reading)
        yield _PlainWriter(dataset, needs_mask=not is_float)


def _colours(reading: Reading) -> list[ColorInterp]:
    named = {
        "red": ColorInterp.red,
        "green": ColorInterp.green,
        "blue": ColorInterp.blue,
        "grey": ColorInterp.gray,
    }
    return [named.get(role, ColorInterp.undefined) for role in reading.bands.roles]


def _crs_for_gdal(wkt: str) -> rasterio.crs.CRS:
    return rasterio.crs.CRS.from_wkt(wkt)


def _write_plain(staged: StagedRaster, reading: Reading, path: Path, progress: Progress) -> None:
    """The file's pixels in its own grid, bands as planned, what is empty masked."""
    page, plan, placement = reading.page, reading.bands, reading.placement
    profile: dict[str, Any] = {
        "width": page.facts.width,
        "height": page.facts.height,
        "count": len(plan.roles),
        "dtype": "uint8" if plan.expands_palette else page.facts.dtype,
        "crs": _crs_for_gdal(placement.source_crs.to_wkt()),
    }
    if placement.transform is None:
        profile["gcps"] = list(page.ground_points)
    else:
        profile["transform"] = placement.transform
    with staged.open(page.number) as source, _plain_writer(path, profile, reading) as writer:
        windows = list(read_windows(source))
        for number, window in enumerate(windows, start=1):
            values, mask = read_pixels(staged, source, window)
            writer.write(*compose(values, mask, page, plan), window)
            progress(number / len(windows))
        if writer.is_empty:
            raise RasterRefused(f"Every pixel of {staged.name} is empty. Choose another file.")


def _write_warped(
    source: DatasetReader,
    staged: StagedRaster,
    reading: Reading,
    path: Path,
    most_bytes: int,
    progress: Progress,
) -> None:
    """Plain pixels on the project's grid, resampled once; the mask by the nearest pixel."""
    placement = reading.placement
    crs = _warp_crs(placement)
    try:
        transform, width, height = _target_grid(source, placement, crs)
    except (RasterioError, CPLE_BaseError, ArithmeticError, ValueError) as error:
        # The last two are of pixels without an end, or without a size.
        raise RasterRefused(
            f"{staged.name} cannot be put into {placement.target_crs.name}: its position or its "
            "coordinate system is broken. Check both and upload it again."
        ) from error
    pixel_bytes = source.count * np.dtype(source.dtypes[0]).itemsize
    if width * height * pixel_bytes > most_bytes:
        raise RasterRefused(
            f"{staged.name} would grow to {width} x {height} pixels on the map. "
            "Check its position, or cut it into smaller files."
        )
    shape = {"transform": transform, "width": width, "height": height}
    vrt_shape = {} if placement.transform is None else shape
    profile = {**shape, "crs": crs["crs"], "count": source.count, "dtype": source.dtypes[0]}
    colour = Resampling[_resampling(reading)]
    is_float = np.dtype(source.dtypes[0]).kind == "f"
    with (
        WarpedVRT(source, resampling=colour, add_alpha=not is_float, **crs, **vrt_shape) as pixels,
        WarpedVRT(
            source, resampling=Resampling.nearest, add_alpha=True, **crs, **vrt_shape
        ) as mask,
        _plain_writer(path, profile, reading) as writer,
    ):
        windows = list(read_windows(pixels, step_px=2 * BLOCK_PX))
        for number, window in enumerate(windows, start=1):
            values = pixels.read(list(range(1, source.count + 1)), window=window)
            visible = mask.read(mask.count, window=window) != 0
            writer.write(values, visible, window)
            share = number / len(windows)
            progress(_SHARE_READ + share * (_SHARE_WARPED - _SHARE_READ))
        if writer.is_empty:
            raise RasterRefused(
                f"Nothing of {staged.name} is left on the map: its position is broken. "
                "Check its coordinate system."
            )


def _warp_crs(placement: Placement) -> dict[str, rasterio.crs.CRS]:
    """Source and target CRS of the warp, as GDAL takes them.

    The source is given again although the plain file holds it: the keys of a TIFF say an
    uncoded CRS less exactly than its WKT. Where both are the same plane GDAL must not look for
    a way between them, which a local grid does not have.
    """
    target = _crs_for_gdal(placement.target_crs.to_wkt())
    if placement.transform is None:
        return {"crs": target}
    is_same = placement.keeps_plane
    source = target if is_same else _crs_for_gdal(placement.source_crs.to_wkt())
    return {"src_crs": source, "crs": target}


def _target_grid(
    source: DatasetReader, placement: Placement, crs: dict[str, rasterio.crs.CRS]
) -> tuple[Affine, int, int]:
    """Transform, width and height of the warped image: north-up, square pixels."""
    if placement.transform is not None and placement.keeps_plane:
        box = _bounds(source)
        across, down = _pixel_sides(source.transform)
        resolution = min(across, down)  # no detail is lost
    else:
        # GDAL's suggestion keeps the number of pixels along the diagonal.
        with WarpedVRT(source, **crs) as suggested:
            box, resolution = suggested.bounds, suggested.transform.a
    if placement.grid is None:
        # A hair is taken off before rounding up, else rounding errors add a column.
        width = int(np.ceil((box.right - box.left) / resolution - DRIFT_PX))
        height = int(np.ceil((box.top - box.bottom) / resolution - DRIFT_PX))
        return Affine(resolution, 0, box.left, 0, -resolution, box.top), width, height
    left, top, resolution = placement.grid
    first_col = int(np.floor((box.left - left) / resolution))
    first_row = int(np.floor((top - box.top) / resolution))
    width = int(np.ceil((box.right - left) / resolution)) - first_col
    height = int(np.ceil((top - box.bottom) / resolution)) - first_row
    corner = left + first_col * resolution, top - first_row * resolution
    return Affine(resolution, 0, corner[0], 0, -resolution, corner[1]), width, height


def _bounds(source: DatasetReader) -> BoundingBox:
    """The box around all four corners: `bounds` of a turned grid has only two of them."""
    width, height = source.width, source.height
    corners = [source.transform @ at for at in ((0, 0), (width, 0), (width, height), (0, height))]
    xs, ys = zip(*corners, strict=True)
    return BoundingBox(min(xs), min(ys), max(xs), max(ys))


def _pixel_sides(transform: Affine) -> tuple[float, float]:
    return math.hypot(transform.a, transform.d), math.hypot(transform.b, transform.e)


def _add_overviews(path: Path, reading: Reading) -> bool:
    """Overviews down to the one that fits a tile; returns whether the image has a mask."""
    method = Resampling.nearest if reading.bands.expands_palette else Resampling.average
    with rasterio.open(path, "r+", driver="GTiff") as dataset:
        longest = max(dataset.width, dataset.height)
        levels = max(0, math.ceil(math.log2(longest / BLOCK_PX)))
        if levels:
            dataset.build_overviews([2**level for level in range(1, levels + 1)], method)
        return MaskFlags.per_dataset in dataset.mask_flag_enums[0]


def _lay_out(path: Path, out: Path) -> None:
    with rasterio.open(path, driver="GTiff") as dataset:
        profile = cog_profiles.get("deflate")
        profile["predictor"] = 3 if np.dtype(dataset.dtypes[0]).kind == "f" else 2
        rasterio.shutil.copy(dataset, out, copy_src_overviews=True, bigtiff="IF_SAFER", **profile)
    _need_last_block(out)


def _need_last_block(path: Path) -> None:
    """Nothing, where a new COG is whole to its end.

    A full disk can pass unnoticed: what GDAL and the C library hold in buffers when a file is
    closed (about 70 KB) is lost without an error. In a COG that is the end of the pixels in
    full size, which nothing else here would read.

    Raises:
        RasterioError, CPLE_BaseError, OSError: it is cut short.
    """
    with rasterio.open(path, driver="GTiff") as dataset:
        rows, cols = dataset.block_shapes[0]
        down, across = (dataset.height - 1) // rows, (dataset.width - 1) // cols
        if not dataset.get_tag_item(f"BLOCK_OFFSET_{across}_{down}", "TIFF", bidx=1):
            raise OSError(f"the last block of {path} was not written")
        col, row = across * cols, down * rows
        last = Window(col, row, dataset.width - col, dataset.height - row)
        dataset.read(window=last)
        dataset.read_masks(1, window=last)
