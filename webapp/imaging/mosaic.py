"""How the files of a layer lie on its one grid, and which files a layer takes."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from webapp.imaging.models import Image, ImageState, Layer
from webapp.imaging.verdict import (
    PERCENTS,
    BandRole,
    BandStatistics,
    BandValues,
    CogFacts,
    RasterRefused,
)

_SAMPLES = np.arange(0.05, 100, 0.1)
"""Percents, evenly: so many values of each file stand for all of its pixels."""


def need_same_bands(
    layer: Layer, name: str, roles: Sequence[BandRole], dtype: str | None = None
) -> None:
    """Nothing, where a file's bands are those of the layer; a layer without files takes any.

    Args:
        layer: where the file is to lie.
        name: of the file, for the sentence.
        roles: of the file, one per band.
        dtype: of its pixels; None where that is not known yet.

    Raises:
        RasterRefused: one set of views, of ranges and of statistics cannot serve both.
    """
    if not layer.version:
        return
    ours: list[BandRole] = layer.band_roles
    if len(roles) != len(ours):
        difference = f"has {_bands(len(roles))} and the layer has {_bands(len(ours))}"
    elif any(one and other and one != other for one, other in zip(roles, ours, strict=True)):
        difference = f"shows {_listed(roles)} and the layer shows {_listed(ours)}"
    elif dtype not in (None, layer.dtype):
        difference = f"holds {dtype} values and the layer holds {layer.dtype} values"
    else:
        return
    raise RasterRefused(
        f"{name} {difference}, so it was not added. Upload it as a layer of its own."
    )


def is_on_grid(layer: Layer, facts: CogFacts) -> bool:
    """Whether a COG lies on the layer's grid, shifted by whole pixels."""
    cols = (facts.left - layer.left) / layer.resolution
    rows = (layer.top - facts.top) / layer.resolution
    return (
        abs(facts.resolution / layer.resolution - 1) < 1e-9
        and abs(cols - round(cols)) < 0.01
        and abs(rows - round(rows)) < 0.01
    )


def lay_into(layer: Layer, image: Image, facts: CogFacts) -> None:
    """Lay an image into its layer: the grid grows to hold it; version and statistics change.

    The grid's origin stays where the first file put it unless a file reaches beyond it; then the
    places of all files move by whole pixels with it. Saves the layer and the other images, and
    sets the place of this one.
    """
    if not layer.version:
        layer.band_roles = list(facts.band_roles)
        layer.dtype = facts.dtype
    if not layer.resolution:
        layer.left, layer.top, layer.resolution = facts.left, facts.top, facts.resolution
        layer.width, layer.height = facts.width, facts.height
        image.col = image.row = 0
    else:
        image.col = round((facts.left - layer.left) / layer.resolution)
        image.row = round((layer.top - facts.top) / layer.resolution)
        _grow(layer, image)
    image.band_values = [asdict(band) for band in facts.band_values]
    others = layer.images.filter(state=ImageState.READY).exclude(pk=image.pk)
    spreads = [each.band_values for each in (*others, image)]
    _describe(layer, spreads, [*(each.cog_sha256 for each in others), facts.sha256])


def take_out(layer: Layer) -> None:
    """Describe a layer anew whose image was removed: version and statistics; the grid stays.

    Labels and drafts count on the grid. So a layer without any image keeps it, shows nothing, and
    has the next image laid onto it.
    """
    left = list(layer.images.filter(state=ImageState.READY))
    _describe(layer, [each.band_values for each in left], [each.cog_sha256 for each in left])


def statistics_of_all(parts: Sequence[BandValues]) -> BandStatistics:
    """One band's statistics over several files, each of them weighing as its pixels are many.

    Between the percentiles that are kept of a file its values count as evenly spread. Ground that
    several files show counts several times. A single file keeps its own statistics to the bit.
    """
    parts = [part for part in parts if part.pixels] or parts[:1]
    if len(parts) == 1:
        return parts[0].statistics
    values = np.concatenate([np.interp(_SAMPLES, PERCENTS, part.percentiles) for part in parts])
    weights = np.repeat([part.pixels for part in parts], len(_SAMPLES))
    percentiles = np.percentile(values, PERCENTS, weights=weights, method="inverted_cdf").tolist()
    percentiles[0] = min(part.percentiles[0] for part in parts)
    percentiles[-1] = max(part.percentiles[-1] for part in parts)
    return BandValues(float(weights.sum()), tuple(percentiles)).statistics


def _describe(layer: Layer, spreads: Sequence[Any], hashes: Sequence[str]) -> None:
    # A file that came before spreads were kept leaves the layer's statistics as they are.
    if spreads and all(spreads):
        layer.statistics = [
            statistics_of_all([_band_values(kept) for kept in band]).to_mapping()
            for band in zip(*spreads, strict=True)
        ]
    text = "\n".join(sorted(hashes))
    layer.version = hashlib.sha256(text.encode()).hexdigest()[:16] if hashes else ""
    layer.save()


def _band_values(kept: Mapping[str, Any]) -> BandValues:
    return BandValues(kept["pixels"], tuple(kept["percentiles"]))


def _grow(layer: Layer, image: Image) -> None:
    shift_cols, shift_rows = max(0, -image.col), max(0, -image.row)
    layer.left -= shift_cols * layer.resolution
    layer.top += shift_rows * layer.resolution
    for other in layer.images.filter(state=ImageState.READY):
        other.col, other.row = other.col + shift_cols, other.row + shift_rows
        other.save(update_fields=["col", "row"])
    image.col, image.row = image.col + shift_cols, image.row + shift_rows
    layer.width = max(layer.width + shift_cols, image.col + image.width)
    layer.height = max(layer.height + shift_rows, image.row + image.height)


def _bands(count: int) -> str:
    return "1 band" if count == 1 else f"{count} bands"


def _listed(roles: Sequence[BandRole]) -> str:
    return ", ".join(role or "unknown" for role in roles)
