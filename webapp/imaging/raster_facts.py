"""What a raster says of itself and what a look at its pixels adds: runs in the child only."""

import math
import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from pyproj import CRS, Geod
from rasterio.control import GroundControlPoint
from rasterio.enums import ColorInterp, MaskFlags
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from webapp.imaging.crs import UnknownCrs, horizontal, is_local, to_lon_lat, unit_of
from webapp.imaging.opening import (
    StagedRaster,
    bytes_per_pixel,
    has_stored_pixels,
    read_windows,
)
from webapp.imaging.verdict import RasterFacts, RasterRefused

_READ_IN_FULL_BYTES = 512 * 10**6
"""Up to this size every pixel is read once at the check, so that damage is found before
anyone works on the image; beyond it the import's own pass finds it."""

_SAMPLED_WINDOWS = 48
_SAMPLED_PIXELS = 2_000_000

_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class PixelSample:
    """Pixels spread over the whole image.

    Attributes:
        values: bands x n, in the file's type.
        valid: n; what the file's mask lets through (all, where it has none).
        is_complete: every pixel of the image was read, if not kept.
    """

    values: NDArray[np.generic]
    valid: NDArray[np.bool_]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One image of a file, with all that the questions and the import need to know.

    Attributes:
        number: from 1.
        crs: horizontal CRS that the file states, None without a usable one.
        position: what ties pixels to places.
        transform: pixel frame to the file's CRS; the identity without one.
        ground_points: where `position` says so.
        palette: colour table, entry to (red, green, blue, alpha); None without.
        nodata: per band.
        descriptions: per band, empty where there is none.
        has_mask: it has a mask band that is not its alpha band.
        has_classes: its values are named classes (said by an .aux.xml beside it).
    """

    number: int
    facts: RasterFacts
    crs: CRS | None
    position: Literal["transform", "ground points", "camera model", "none"]
    transform: Affine
    ground_points: tuple[GroundControlPoint, ...]
    palette: dict[int, tuple[int, int, int, int]] | None
    nodata: tuple[float | None, ...]
    descriptions: tuple[str, ...]
    has_mask: bool
    has_classes: bool
    sample: PixelSample


def examine(staged: StagedRaster, number: int, *, most_bytes: int) -> Page:
    """One page of a file, its pixels looked at.

    Raises:
        RasterRefused: it is damaged, empty, of a kind that is no picture, or unpacks to more
            than `most_bytes`.
    """
    with staged.open(number) as dataset:
        _refuse_unreadable(staged, dataset, most_bytes)
        position = _position(dataset)
        points, points_crs = dataset.gcps
        crs = _crs(points_crs if position == "ground points" else dataset.crs)
        sample = _sample(staged, dataset)
        return Page(
            number=number,
            facts=_facts(staged, dataset, crs, position),
            crs=crs,
            position=position,
            transform=dataset.transform,
            ground_points=tuple(points) if position == "ground points" else (),
            palette=_palette(dataset),
            nodata=tuple(dataset.nodatavals),
            descriptions=tuple(text or "" for text in dataset.descriptions),
            has_mask=has_own_mask(dataset),
            has_classes=bool(re.search(r"<CategoryNames>|tableType=.thematic", staged.aux_xml)),
            sample=sample,
        )


def _refuse_unreadable(staged: StagedRaster, dataset: DatasetReader, most_bytes: int) -> None:
    if not has_stored_pixels(dataset):
        raise RasterRefused(
            f"{staged.name} claims {dataset.width} x {dataset.height} pixels but holds none: "
            "every pixel is empty. Choose another file."
        )
    unpacked = dataset.width * dataset.height * bytes_per_pixel(dataset)
    if unpacked > most_bytes:
        raise RasterRefused(
            f"{staged.name} unpacks to {unpacked / 1e9:.0f} GB, over the limit of "
            f"{most_bytes / 1e9:.0f} GB. Cut it into smaller files."
        )
    if dataset.dtypes[0].startswith("complex"):
        raise RasterRefused(
            f"{staged.name} holds complex numbers (radar), which are no picture. "
            "Export the amplitude and upload that."
        )


def _position(
    dataset: DatasetReader,
) -> Literal["transform", "ground points", "camera model", "none"]:
    if not dataset.transform.is_identity:
        return "transform"
    if len(dataset.gcps[0]) >= 3:
        return "ground points"
    return "camera model" if dataset.rpcs is not None else "none"


def _crs(crs: object) -> CRS | None:
    """The CRS that pyproj makes of a rasterio CRS; None without, or without horizontal axes."""
    if not crs:
        return None
    try:
        wkt = crs.to_wkt(version="WKT2_2019")  # type: ignore[attr-defined]  # rasterio has no types
    except Exception:  # noqa: BLE001  # rasterio raises its own kinds; WKT1 says it then
        wkt = crs.to_wkt()  # type: ignore[attr-defined]  # rasterio has no types
    try:
        return horizontal(CRS.from_wkt(wkt))
    except UnknownCrs:
        return None


def has_own_mask(dataset: DatasetReader) -> bool:
    """Whether there is a mask band (inside, or as .msk) other than an alpha band."""
    flags = dataset.mask_flag_enums[0]
    return MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags


def _palette(dataset: DatasetReader) -> dict[int, tuple[int, int, int, int]] | None:
    if dataset.count != 1 or dataset.colorinterp[0] != ColorInterp.palette:
        return None
    try:
        return dict(dataset.colormap(1))
    except ValueError:  # tagged as palette without a colour table: grey values
        return None


def _facts(
    staged: StagedRaster, dataset: DatasetReader, crs: CRS | None, position: str
) -> RasterFacts:
    transform = dataset.transform
    pixel_size = None
    if position == "transform":
        pixel_size = (
            math.hypot(transform.a, transform.d),
            math.hypot(transform.b, transform.e),
        )
    return RasterFacts(
        driver=staged.driver,
        width=dataset.width,
        height=dataset.height,
        bands=dataset.count,
        dtype=str(dataset.dtypes[0]),
        colours=tuple(colour.name for colour in dataset.colorinterp),
        crs_wkt=crs.to_wkt() if crs else "",
        crs_name=crs.name if crs else "",
        pixel_size=pixel_size,
        pixel_size_m=_ground_size(dataset, crs) if pixel_size and crs else None,
        nodata="" if dataset.nodata is None else f"{dataset.nodata:g}",
        has_mask=has_own_mask(dataset),
        pages=max(1, len(dataset.subdatasets)),
        ground_points=len(dataset.gcps[0]),
        bytes_unpacked=dataset.width * dataset.height * bytes_per_pixel(dataset),
    )


def _ground_size(dataset: DatasetReader, crs: CRS) -> float | None:
    """Metres of one pixel's height in the middle of the image, on the Earth itself."""
    _, metres_per_unit = unit_of(crs)
    if is_local(crs):
        return math.hypot(dataset.transform.b, dataset.transform.e) * metres_per_unit
    middle = dataset.width / 2, dataset.height / 2
    lon, lat = to_lon_lat(crs, *(dataset.transform @ middle))
    below = to_lon_lat(crs, *(dataset.transform @ (middle[0], middle[1] + 1)))
    if not all(math.isfinite(degrees) for degrees in (lon, lat, *below)):
        return None
    _, _, metres = _GEOD.inv(lon, lat, *below)
    return float(metres)


def _sample(staged: StagedRaster, dataset: DatasetReader) -> PixelSample:
    windows = list(read_windows(dataset))
    total = dataset.width * dataset.height * bytes_per_pixel(dataset)
    is_complete = total <= _READ_IN_FULL_BYTES
    if not is_complete and len(windows) > _SAMPLED_WINDOWS:
        places = np.linspace(0, len(windows) - 1, _SAMPLED_WINDOWS).astype(int)
        windows = [windows[place] for place in places]
    pixels = sum(int(window.width * window.height) for window in windows)
    step = -(-pixels // _SAMPLED_PIXELS)
    values, valid = [], []
    for window in windows:
        read, mask = read_pixels(staged, dataset, window)
        values.append(read.reshape(dataset.count, -1)[:, ::step])
        valid.append(mask.reshape(-1)[::step])
    return PixelSample(
        values=np.concatenate(values, axis=1),
        valid=np.concatenate(valid),
        is_complete=is_complete and len(windows) > 0,
    )


def read_pixels(
    staged: StagedRaster, dataset: DatasetReader, window: Window
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """All bands of a window as they are, bands x rows x cols, and the file's own mask.

    Raises:
        RasterRefused: these pixels do not read.
    """
    shape = int(window.height), int(window.width)
    try:
        values = dataset.read(window=window)
        if has_own_mask(dataset):
            return values, dataset.read_masks(1, window=window) != 0
    except RasterioError as error:
        raise staged.read_failure(dataset, window) from error
    return values, np.ones(shape, dtype=bool)
