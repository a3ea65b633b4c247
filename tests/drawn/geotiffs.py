"""GeoTIFFs of given pixels."""

import numpy as np
import rasterio


def write_tif(path, pixels, *, crs=None, transform=None):
    """H x W x bands of any type, in a folder that is made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width, count = pixels.shape
    profile = {"height": height, "width": width, "count": count, "dtype": pixels.dtype}
    where = transform or rasterio.Affine(1, 0, 0, 0, -1, 0)
    with rasterio.open(path, "w", driver="GTiff", crs=crs, transform=where, **profile) as dataset:
        dataset.write(np.moveaxis(pixels, -1, 0))
