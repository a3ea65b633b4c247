"""What a finished COG holds: statistics for stretches, outline, hash. Runs in the child only."""

import hashlib
from pathlib import Path
from typing import Literal

import numpy as np
import rasterio
import rasterio.features
import shapely
import shapely.geometry
from affine import Affine
from numpy.typing import NDArray
from rasterio.io import DatasetReader

from webapp.imaging.crs import unit_of
from webapp.imaging.inspection import Reading
from webapp.imaging.verdict import PERCENTS, BandValues, CogFacts

_OVERVIEW_PX = 1024
"""Statistics and outline are read from an overview of about this side."""


def measure(
    path: Path,
    reading: Reading,
    resampling: Literal["none", "nearest", "bilinear"],
    *,
    has_mask: bool,
) -> CogFacts:
    """The facts of the COG at `path`, made as `reading` says."""
    crs = reading.placement.target_crs
    unit_name, metres_per_unit = unit_of(crs)
    with rasterio.open(path, driver="GTiff") as dataset:
        pixels, visible, transform = _overview(dataset)
        is_float = np.dtype(dataset.dtypes[0]).kind == "f"
        return CogFacts(
            width=dataset.width,
            height=dataset.height,
            count=dataset.count,
            dtype=str(dataset.dtypes[0]),
            left=dataset.transform.c,
            top=dataset.transform.f,
            resolution=dataset.transform.a,
            crs_wkt=crs.to_wkt(),
            unit_name=unit_name,
            metres_per_unit=metres_per_unit,
            band_roles=reading.bands.roles,
            band_values=tuple(
                _spread(band, visible, dataset.width * dataset.height / visible.size)
                for band in pixels
            ),
            footprint_wkb=_footprint(dataset, visible, transform),
            sha256=_sha256(path),
            nodata=float("nan") if is_float else None,
            has_mask=has_mask,
            warped=reading.placement.reasons,
            resampling=resampling,
        )


def _overview(
    dataset: DatasetReader,
) -> tuple[NDArray[np.generic], NDArray[np.bool_], Affine]:
    """Pixels, visibility and transform of the image at a size of about `_OVERVIEW_PX`."""
    scale = max(1.0, max(dataset.width, dataset.height) / _OVERVIEW_PX)
    height = max(1, round(dataset.height / scale))
    width = max(1, round(dataset.width / scale))
    pixels = dataset.read(out_shape=(dataset.count, height, width))
    if pixels.dtype.kind == "f":
        visible = ~np.isnan(pixels).all(axis=0)
    else:
        visible = dataset.read_masks(1, out_shape=(height, width)) != 0
    shrink = Affine.scale(dataset.width / width, dataset.height / height)
    return pixels, visible, dataset.transform @ shrink


def _spread(band: NDArray[np.generic], visible: NDArray[np.bool_], area: float) -> BandValues:
    """Of the visible, finite values; `area` is that of an overview's pixel in native ones."""
    values = band[visible].astype(np.float64)
    values = values[np.isfinite(values)]
    if not values.size:
        return BandValues(0.0, (0.0,) * len(PERCENTS))
    return BandValues(values.size * area, tuple(np.percentile(values, PERCENTS).tolist()))


def _footprint(dataset: DatasetReader, visible: NDArray[np.bool_], transform: Affine) -> bytes:
    """WKB of the outline of what is visible, to about a pixel of the overview."""
    if visible.all() or not visible.any():
        return bytes(shapely.to_wkb(shapely.box(*dataset.bounds)))
    # Specks would make an outline of thousands of rings; on a small image they are pixels.
    sieved = rasterio.features.sieve(visible.astype(np.uint8), size=max(2, visible.size // 2**16))
    if not sieved.any():
        sieved = visible.astype(np.uint8)
    shapes = rasterio.features.shapes(sieved, mask=sieved != 0, transform=transform, connectivity=4)
    parts = [shapely.geometry.shape(shape) for shape, _ in shapes]
    outline = shapely.union_all(parts).simplify(0.75 * max(transform.a, -transform.e))
    return bytes(shapely.to_wkb(shapely.make_valid(outline)))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
