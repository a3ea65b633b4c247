"""From the bands of a file to the pixels of a picture, and which of them are there."""

import numpy as np
from numpy.typing import NDArray

from webapp.imaging.band_plan import BandPlan
from webapp.imaging.raster_facts import Page


def compose(
    values: NDArray[np.generic], mask: NDArray[np.bool_], page: Page, plan: BandPlan
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """The COG's pixels and whether each is visible.

    An integer pixel is empty where all its bands have their empty value: in a photograph a
    single band reaches 0 or 255 on real ground. A floating-point pixel that is empty in any
    way is NaN in all bands, so that no mask is needed beside it.

    Args:
        values: all bands of the file, bands x rows x cols.
        mask: rows x cols, what the file's own mask lets through.
        page: for its colour table.
        plan: how the bands are used.

    Returns:
        Pixels, bands of the COG x rows x cols (8 bit for a palette, else the file's type), and
        visible, rows x cols.
    """
    visible = mask
    if plan.alpha is not None:
        visible = visible & (values[plan.alpha - 1] != 0)
    if plan.expands_palette and page.palette is not None:
        return _expand(values[0], visible, page.palette, plan.nodata[0])
    pixels = values[[band - 1 for band in plan.kept]]
    empty = _empty(pixels, plan.nodata)
    if pixels.dtype.kind == "f":
        visible = visible & ~(empty | np.isnan(pixels)).all(axis=0)
        return np.where(empty | ~visible, np.nan, pixels).astype(pixels.dtype), visible
    return pixels, visible & ~empty.all(axis=0)


def _empty(pixels: NDArray[np.generic], nodata: tuple[float | None, ...]) -> NDArray[np.bool_]:
    """Whether a value is its band's empty one, per band."""
    empty = np.zeros(pixels.shape, dtype=bool)
    for band, value in enumerate(nodata):
        if value is not None and not np.isnan(value):
            if pixels.dtype.kind == "f":
                # -3.4e38 in a file is the nearest number of its own type.
                empty[band] = pixels[band] == pixels.dtype.type(value)
            else:
                empty[band] = pixels[band] == value
    return empty


def _expand(
    indices: NDArray[np.generic],
    visible: NDArray[np.bool_],
    palette: dict[int, tuple[int, int, int, int]],
    nodata: float | None,
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The colours of a palette, 3 x rows x cols; entries without opacity are not visible."""
    table = np.zeros((max(palette) + 2, 4), dtype=np.uint8)
    for entry, colour in palette.items():
        table[entry] = colour
    # Indices beyond the table fall on its last row, which is transparent.
    looked_up = table[np.minimum(indices.astype(np.int64), len(table) - 1)]
    visible = visible & (looked_up[..., 3] != 0)
    if nodata is not None:
        visible = visible & (indices != nodata)
    return np.moveaxis(looked_up[..., :3], -1, 0), visible
