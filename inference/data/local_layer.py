"""A georeferenced file as a layer of one file, without a server that imported it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from inference.data.open_files import ImageUnreadable
from inference.errors import InferenceError
from inference.messages import FileSource, GridMessage, LayerSource, ValueRange

PERCENTILES = (0.5, 99.5)
SAMPLED_PX = 1024
"""Percentiles are measured on a picture reduced to about this many pixels a side."""


class UnsuitableGrid(InferenceError):
    """A file that an import would have to warp first."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"{path.name} {reason}, so nothing was outlined. Warp it to a projected coordinate "
            "system with square pixels first (gdalwarp -t_srs), or import it in the app."
        )


@dataclass(frozen=True, slots=True)
class LocalLayer:
    """A file ready for prediction.

    Attributes:
        source: the layer.
        crs: of its grid, as WKT.
        unit_m: metres per unit of the CRS.
    """

    source: LayerSource
    crs: str
    unit_m: float


def open_local_layer(path: Path) -> LocalLayer:
    """The layer of a GeoTIFF.

    Bands 1, 2, 3 (and 4, where there is one) are taken as red, green, blue (and near infrared);
    a file of one or two bands shows its first three times. Bytes are taken as they are, other
    values between their percentiles (0.5 to 99.5).

    Raises:
        ImageUnreadable: it is no GeoTIFF that can be read.
        UnsuitableGrid: it is not in a projected CRS, or its pixels are not square and north-up.
    """
    try:
        with rasterio.open(path, driver="GTiff") as dataset:
            _check_grid(dataset, path)
            bands = list(range(1, min(4, dataset.count) + 1)) if dataset.count >= 3 else [1, 1, 1]
            transform = dataset.transform
            return LocalLayer(
                source=LayerSource(
                    key=f"{path.resolve()} {path.stat().st_mtime_ns}",
                    files=[FileSource(path=str(path), col=0, row=0)],
                    grid=GridMessage(
                        left=transform.c,
                        top=transform.f,
                        resolution=transform.a,
                        width=dataset.width,
                        height=dataset.height,
                    ),
                    bands=bands,
                    ranges=[_value_range(dataset, band) for band in bands],
                ),
                crs=dataset.crs.to_wkt(),
                unit_m=dataset.crs.linear_units_factor[1],
            )
    except RasterioError as error:
        raise ImageUnreadable(str(path)) from error


def _check_grid(dataset: rasterio.DatasetReader, path: Path) -> None:
    if dataset.crs is None:
        raise UnsuitableGrid(path, "does not say where it is")
    if not dataset.crs.is_projected or dataset.crs.to_epsg() == 3857:
        raise UnsuitableGrid(path, "is in degrees or Web Mercator, where areas are false")
    transform = dataset.transform
    is_square = abs(transform.a + transform.e) <= 1e-6 * transform.a
    if transform.b or transform.d or not is_square:
        raise UnsuitableGrid(path, "has rotated or oblong pixels")


def _value_range(dataset: rasterio.DatasetReader, band: int) -> ValueRange:
    """What becomes 0 and 1 for the network."""
    if dataset.dtypes[band - 1] == "uint8":
        return ValueRange(low=0, high=255)
    step = max(1, max(dataset.width, dataset.height) // SAMPLED_PX)
    shape = (max(1, dataset.height // step), max(1, dataset.width // step))
    sample = dataset.read(band, out_shape=shape, masked=True).compressed().astype(float)
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return ValueRange(low=0, high=1)
    low, high = np.percentile(sample, PERCENTILES)
    return ValueRange(low=float(low), high=float(high))
