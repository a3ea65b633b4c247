"""From pixel values to the bytes of a tile: stretch, colours, encoding. Pure numpy and Pillow."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.imaging.verdict import BandStatistics
from webapp.imaging.views import Stretch, View

Limits: TypeAlias = tuple[float, float]
"""Values of a band that become black and white."""

TileFormat = Literal["jpg", "webp", "png"]
FORMATS: tuple[TileFormat, ...] = ("jpg", "webp", "png")

_MEDIA_TYPES: dict[TileFormat, str] = {
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "png": "image/png",
}


@dataclass(frozen=True, slots=True)
class Tile:
    """An encoded tile; the media type may differ from the suffix asked for, see `encode`."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One stop of a colour ramp: a value and its colour as #rrggbb."""

    value: float
    colour: str


def page_format(*, has_mask: bool) -> TileFormat:
    """The suffix that the page asks for: `jpg` where whole tiles are opaque, else `webp`."""
    return "webp" if has_mask else "jpg"


def colour(
    values: NDArray[np.generic],
    visible: NDArray[np.bool_],
    view: View,
    statistics: Sequence[BandStatistics],
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The picture of a view.

    Args:
        values: the view's bands in its order, bands x rows x cols.
        visible: rows x cols.
        view: what to make of them.
        statistics: of the layer, one per band of it.

    Returns:
        Rows x cols x 3, or rows x cols for grey; and what is visible in it: a value that is
        not a number is not.
    """
    if values.dtype.kind == "f":
        visible = visible & ~np.isnan(values).any(axis=0)
    if view.kind == "ndvi":
        return _ndvi(values, visible, view.stretch)
    percentiles = view.stretch.percentiles
    if percentiles is None:
        limits = [view.stretch.range_of(place) for place in range(len(view.bands))]
    else:
        measured = [_limits(percentiles, statistics[band - 1], values.dtype) for band in view.bands]
        limits = balanced(measured, values.dtype)
    channels = [
        _stretched(band, band_limits, view.gamma)
        for band, band_limits in zip(values, limits, strict=True)
    ]
    picture = channels[0] if view.kind == "grey" else np.stack(channels, axis=-1)
    return picture, visible


def balanced(limits: Sequence[Limits], dtype: np.dtype[np.generic]) -> list[Limits]:
    """Black and white of bands that are seen together.

    An 8-bit picture was balanced when it was made: a stretch per band would turn a green meadow
    grey and a white roof blue. Wider types hold measurements, whose bands have scales of their own.
    """
    if dtype != np.uint8:
        return list(limits)
    lows, highs = zip(*limits, strict=True)
    return [(min(lows), max(highs))] * len(limits)


def _limits(percentiles: str, statistics: BandStatistics, dtype: np.dtype[np.generic]) -> Limits:
    """Black and white of a band between percentiles of its layer.

    Where the percentiles meet (a drawing, a band of one value) the extremes serve, and where
    these meet too, the range of 8-bit values.
    """
    extremes = statistics.minimum, statistics.maximum
    low, high = {
        "p2-98": (statistics.p2, statistics.p98),
        "p0.5-99.5": (statistics.p0_5, statistics.p99_5),
        "p0-100": extremes,
    }[percentiles]
    if low < high:
        return low, high
    return (0.0, 255.0) if extremes[0] == extremes[1] and dtype == np.uint8 else extremes


def _stretched(band: NDArray[np.generic], limits: Limits, gamma: float) -> NDArray[np.uint8]:
    """A band in 8 bit; one grey where the limits leave no room between them."""
    if band.dtype.kind == "u" and band.dtype.itemsize <= 2:
        # One look-up per pixel, however costly the curve.
        table = _table(256**band.dtype.itemsize, limits, gamma)
        return np.take(table, band.astype(np.uint16))
    return _curve(band.astype(np.float64), limits, gamma)


@lru_cache(maxsize=256)
def _table(length: int, limits: Limits, gamma: float) -> NDArray[np.uint8]:
    return _curve(np.arange(length, dtype=np.float64), limits, gamma)


def _curve(values: NDArray[np.float64], limits: Limits, gamma: float) -> NDArray[np.uint8]:
    low, high = limits
    if high <= low:
        return np.where(values < low, 0, np.where(values > high, 255, 128)).astype(np.uint8)
    share = np.clip(np.nan_to_num((values - low) / (high - low)), 0, 1)
    return np.rint(255 * share ** (1 / gamma)).astype(np.uint8)


# NDVI


def ndvi(values: NDArray[np.generic]) -> NDArray[np.float32]:
    """(near infrared - red) / (near infrared + red); not finite where both are 0."""
    near_infrared, red = values.astype(np.float32)
    with np.errstate(divide="ignore", invalid="ignore"):
        index: NDArray[np.float32] = (near_infrared - red) / (near_infrared + red)
    return index


def _ndvi(
    values: NDArray[np.generic], visible: NDArray[np.bool_], stretch: Stretch
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    index = ndvi(values)
    low, high = stretch.range_of(0)
    visible = visible & np.isfinite(index)
    # One float32 pass: the general curve in float64 took twice as long as reading the tile.
    scale = np.float32(255 / (high - low))
    entries = np.clip((index - np.float32(low)) * scale, 0, 255)
    entries = np.rint(np.where(visible, entries, 0)).astype(np.uint8)
    return np.take(even_ramp(), entries, axis=0), visible


@cache
def even_ramp() -> NDArray[np.uint8]:
    """A ramp of 256 colours, 256 x 3, dark blue over grey to yellow.

    Lightness and the blue-yellow axis of CIELAB grow evenly and the green-red axis stays near
    zero, so equal steps of the value look equal, also in print and to the colour-blind (what
    Cividis is made for; this is a straight line in CIELAB, not its table).
    """
    share = np.linspace(0, 1, 256)
    lightness = 16 + 76 * share
    green_red = np.zeros_like(share)
    blue_yellow = -34 + 94 * share
    return _lab_to_rgb(lightness, green_red, blue_yellow)


def _lab_to_rgb(
    lightness: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """8-bit sRGB of CIELAB (CIE 15, white D65; sRGB: IEC 61966-2-1)."""
    fy = (lightness + 16) / 116
    f = np.stack([fy + a / 500, fy, fy - b / 200])
    xyz = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    xyz *= np.array([0.95047, 1.0, 1.08883])[:, None]
    to_linear = np.array(
        [
            [3.2406, -1.5372, -0.4986],
            [-0.9689, 1.8758, 0.0415],
            [0.0557, -0.2040, 1.0570],
        ]
    )
    linear = np.clip(to_linear @ xyz, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.ascontiguousarray(np.rint(255 * encoded).astype(np.uint8).T)


def ndvi_legend(stretch: Stretch, stops: int = 6) -> list[LegendEntry]:
    """Evenly spaced values of an NDVI view's stretch with their colours."""
    ramp = even_ramp()
    low, high = stretch.range_of(0)
    entries = []
    for share in np.linspace(0, 1, stops):
        red, green, blue = ramp[round(255 * share)].tolist()
        value = low + share * (high - low)
        entries.append(LegendEntry(round(float(value), 3), f"#{red:02x}{green:02x}{blue:02x}"))
    return entries


# Encoding


def encode(picture: NDArray[np.uint8], visible: NDArray[np.bool_], asked: TileFormat) -> Tile:
    """The bytes of a tile.

    JPEG has no transparency: a tile that is asked as `jpg` but is not opaque (the mask, or the
    part of an edge tile beyond the image) is answered as WebP, with WebP's media type, which
    browsers go by. White or black there would look like ground.

    JPEG 85 is the cheaper one where bandwidth is not scarce: 512 x 512 of textured ground took
    6 ms and 103 kB, lossy WebP 80 (method 0) 40 ms and 89 kB, PNG 135 ms and 651 kB (medians of
    30 on a busy two-core machine).
    """
    is_opaque = bool(visible.all())
    kind: TileFormat = "webp" if asked == "jpg" and not is_opaque else asked
    if is_opaque:
        image = Image.fromarray(picture)
    else:
        image = Image.fromarray(_with_alpha(picture, visible))
    buffer = io.BytesIO()
    if kind == "jpg":
        image.save(buffer, "JPEG", quality=85)
    elif kind == "webp":
        image.save(buffer, "WEBP", quality=80, method=0, alpha_quality=100)
    else:
        image.save(buffer, "PNG", compress_level=1)
    return Tile(buffer.getvalue(), _MEDIA_TYPES[kind])


def _with_alpha(picture: NDArray[np.uint8], visible: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Rows x cols x 4; colours that are not seen are black, so they cost nothing."""
    rgb = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=-1)
    alpha = np.where(visible, 255, 0).astype(np.uint8)[..., None]
    return np.concatenate([np.where(alpha > 0, rgb, 0).astype(np.uint8), alpha], axis=-1)
