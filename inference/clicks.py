"""Clicks: what a person said about one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Click:
    """One click in the map frame.

    Attributes:
        x_map: easting in the project CRS.
        y_map: northing in the project CRS.
        include: True says "this belongs to the object", False "this does not".
    """

    x_map: float
    y_map: float
    include: bool


@dataclass(frozen=True, slots=True)
class WindowClick:
    """One click in the window frame (network pixels, outer corner of the first pixel at 0, 0)."""

    u: float
    v: float
    include: bool


@dataclass(frozen=True, slots=True)
class PixelClick:
    """One click on the centre of a pixel of an image in memory, by the pixel's indices."""

    row: int
    col: int
    include: bool
