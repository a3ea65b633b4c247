"""Ways to look at a layer, and their spelling in a tile's address.

A view is spelled in one way only, so that equal pictures have equal addresses and every web
process can render any of them: what it shows, its bands, the stretch and, where it is not 1,
the gamma, joined by `_`:

    rgb_3-2-1_p2-98      three bands as red, green, blue between the layer's percentiles
    grey_4_f0to3000      one band in grey between fixed values
    rgb_4-1-2_f0to3000~0to900~0to1200    the same, where bands have scales of their own
    ndvi_4-1_f-0.2to0.8  (near infrared - red) / (near infrared + red)
    rgb_1-2-3_p2-98_g1.4 with gamma
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from webapp.imaging.verdict import BandRole

ViewKind = Literal["rgb", "grey", "ndvi"]

PERCENTILE_STRETCHES = ("p2-98", "p0.5-99.5", "p0-100")
"""The stretches by percentiles that an import measures; the first is the usual one."""

NDVI_RANGE = (-0.2, 0.8)
"""Water and bare ground to dense leaves; the ramp's ends also stand for what lies beyond."""

_BAND_COUNTS: dict[str, int] = {"rgb": 3, "grey": 1, "ndvi": 2}
_NUMBER = r"-?\d{1,9}(?:\.\d{1,6})?"
_RANGE = rf"{_NUMBER}to{_NUMBER}"
_SPELLING = re.compile(
    r"(?P<kind>rgb|grey|ndvi)_(?P<bands>\d{1,4}(?:-\d{1,4}){0,2})_"
    rf"(?:(?P<percentiles>p[\d.]+-[\d.]+)|f(?P<ranges>{_RANGE}(?:~{_RANGE}){{0,2}}))"
    r"(?:_g(?P<gamma>\d(?:\.\d{1,2})?))?"
)
_GAMMA_RANGE = (0.2, 5.0)


class UnknownView(ValueError):
    """Text that spells no view of this layer, or not in the canonical way."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which values become black and white.

    Attributes:
        percentiles: one of `PERCENTILE_STRETCHES`, or None for fixed values.
        ranges: fixed values that become black and white: one pair for all bands, or one a band.
    """

    percentiles: str | None = "p2-98"
    ranges: tuple[tuple[float, float], ...] = ()

    @classmethod
    def fixed(cls, *ranges: tuple[float, float]) -> "Stretch":
        """Between fixed values: one pair for all bands, or one a band."""
        return cls(None, ranges[:1] if len(set(ranges)) == 1 else ranges)

    def range_of(self, place: int) -> tuple[float, float]:
        """Black and white of a view's band, by its place in the view, where they are fixed."""
        return self.ranges[place % len(self.ranges)]

    @property
    def text(self) -> str:
        """Its spelling."""
        if self.percentiles:
            return self.percentiles
        return "f" + "~".join(f"{_number(low)}to{_number(high)}" for low, high in self.ranges)


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at a layer.

    Attributes:
        bands: numbers from 1: red, green, blue; or the grey one; or near infrared and red.
        gamma: brightness of the middle: value ** (1 / gamma).
    """

    kind: ViewKind
    bands: tuple[int, ...]
    stretch: Stretch = Stretch()
    gamma: float = 1.0

    @property
    def text(self) -> str:
        """The one spelling, safe in an address."""
        bands = "-".join(str(band) for band in self.bands)
        gamma = "" if self.gamma == 1 else f"_g{_number(self.gamma)}"
        return f"{self.kind}_{bands}_{self.stretch.text}{gamma}"


def parse_view(text: str, band_count: int) -> View:
    """The view that an address spells.

    Args:
        text: the canonical spelling; another spelling of the same view is refused.
        band_count: bands of the layer.

    Raises:
        UnknownView: not a view of such a layer.
    """
    found = _SPELLING.fullmatch(text)
    if found is None:
        raise UnknownView(text)
    kind: ViewKind = found["kind"]  # type: ignore[assignment]  # the pattern has these three only
    bands = tuple(int(band) for band in found["bands"].split("-"))
    if len(bands) != _BAND_COUNTS[kind] or not all(1 <= band <= band_count for band in bands):
        raise UnknownView(text)
    stretch = _stretch(found)
    if len(stretch.ranges) not in (0, 1, len(bands)) or (
        kind == "ndvi" and len(stretch.ranges) > 1
    ):
        raise UnknownView(text)
    view = View(kind, bands, stretch, float(found["gamma"] or 1))
    low, high = _GAMMA_RANGE
    if not low <= view.gamma <= high or view.text != text:
        raise UnknownView(text)
    return view


def _stretch(found: re.Match[str]) -> Stretch:
    if found["percentiles"]:
        if found["percentiles"] not in PERCENTILE_STRETCHES or found["kind"] == "ndvi":
            raise UnknownView(found[0])
        return Stretch(found["percentiles"])
    ranges = []
    for pair in found["ranges"].split("~"):
        low, high = map(float, pair.split("to"))
        if low >= high:
            raise UnknownView(found[0])
        ranges.append((low, high))
    return Stretch.fixed(*ranges)


def _number(value: float) -> str:
    """Shortest plain decimal, at most six places, never an exponent or a minus zero."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@dataclass(frozen=True, slots=True)
class NamedView:
    """A view with the name of its button."""

    name: str
    view: View


def named_views(roles: Sequence[BandRole]) -> list[NamedView]:
    """The views that a layer offers, the one to start with first.

    Args:
        roles: one per band of the layer.
    """
    place = {role: roles.index(role) + 1 for role in set(roles) if role}
    views = []
    if {"red", "green", "blue"} <= place.keys():
        bands = (place["red"], place["green"], place["blue"])
        views.append(NamedView("Natural colour", View("rgb", bands)))
    if {"nir", "red", "green"} <= place.keys():
        bands = (place["nir"], place["red"], place["green"])
        views.append(NamedView("Colour infrared", View("rgb", bands)))
    if {"nir", "red"} <= place.keys():
        stretch = Stretch.fixed(NDVI_RANGE)
        views.append(NamedView("NDVI", View("ndvi", (place["nir"], place["red"]), stretch)))
    if "grey" in place:
        views.append(NamedView("Grey", View("grey", (place["grey"],))))
    grey_bands = [band for band in range(1, len(roles) + 1) if band != place.get("grey")]
    views += [NamedView(f"Band {band}", View("grey", (band,))) for band in grey_bands]
    return views
