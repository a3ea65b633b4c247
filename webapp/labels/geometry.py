"""A label's geometry: coordinates on the wire, WKB in the database, bit for bit the same.

Everything here is in the map frame (the project's CRS). Nothing is re-projected, simplified,
snapped or re-ordered between the page and the database, so an untouched vertex keeps all its
bits through any number of saves. WKB is two-dimensional, little-endian, always a MultiPolygon.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely import MultiPolygon

from webapp.bounds import Bounds
from webapp.errors import BadInput
from webapp.labels.schemas import MultiPolygonCoordinates

MAX_VERTICES = 100_000
"""More than any plant has; it bounds what one edit costs to check."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A checked geometry, ready to be stored.

    Attributes:
        wkb: MultiPolygon, two-dimensional, little-endian.
        bounds: its exact box.
        area: in square units of the project's CRS.
    """

    wkb: bytes
    bounds: Bounds
    area: float

    def area_m2(self, metres_per_unit: float) -> float:
        """Planar area in square metres, whatever the unit of the project's CRS."""
        return self.area * metres_per_unit**2


def shape_from_coordinates(coordinates: MultiPolygonCoordinates) -> Shape:
    """The shape a person drew.

    Raises:
        BadInput: the sentence says what is wrong with the border, and where.
    """
    if not coordinates or not all(coordinates):
        raise BadInput("The shape is empty, so nothing was saved. Draw at least three points.")
    rings = [ring for polygon in coordinates for ring in polygon]
    if sum(map(len, rings)) > MAX_VERTICES:
        raise BadInput(
            f"The shape has more than {MAX_VERTICES:,} points, so it was not saved. Split it."
        )
    for ring in rings:
        _check_ring(ring)
    return _checked(
        MultiPolygon([shapely.Polygon(outside, holes) for outside, *holes in coordinates])
    )


def shape_from_wkb(wkb: bytes) -> Shape:
    """The shape of an outline that an engine drew; `wkb` is kept as it is, to the bit.

    Raises:
        BadInput: it is not a valid, two-dimensional MultiPolygon.
    """
    return _checked(_parsed(wkb), wkb=wkb)


def coordinates_from_wkb(wkb: bytes) -> MultiPolygonCoordinates:
    """Polygons of rings of [x_map, y_map], as they were drawn; empty for empty bytes."""
    if not wkb:
        return []
    return [
        [shapely.get_coordinates(ring).tolist() for ring in (polygon.exterior, *polygon.interiors)]
        for polygon in _parsed(wkb).geoms
    ]


def area_of_wkb(wkb: bytes) -> float:
    """Area in square units of the project's CRS; 0 for empty bytes."""
    return float(_parsed(wkb).area) if wkb else 0.0


def parts_in_wkb(wkb: bytes) -> int:
    """How many polygons the geometry has; 0 for empty bytes."""
    return len(_parsed(wkb).geoms) if wkb else 0


def _parsed(wkb: bytes) -> MultiPolygon:
    try:
        geometry = shapely.from_wkb(wkb)
    except shapely.GEOSException as error:
        raise BadInput("The outline cannot be read, so it was not kept. Click again.") from error
    if not isinstance(geometry, MultiPolygon) or geometry.has_z:
        raise BadInput("The outline is not made of polygons, so it was not kept. Click again.")
    return geometry


def _check_ring(ring: Sequence[Sequence[float]]) -> None:
    if len(ring) < 4:
        raise BadInput("A border has fewer than three points, so nothing was saved. Add points.")
    for point in ring:
        if len(point) != 2 or not all(map(math.isfinite, point)):
            raise BadInput("A point has no proper coordinates, so nothing was saved. Draw it anew.")
    if list(ring[0]) != list(ring[-1]):
        raise BadInput("A border is not closed, so nothing was saved. End it where it begins.")


def _checked(geometry: MultiPolygon, wkb: bytes | None = None) -> Shape:
    if geometry.is_empty:
        raise BadInput("The shape is empty, so nothing was saved. Draw at least three points.")
    if not geometry.is_valid:
        raise BadInput(_what_is_wrong(shapely.is_valid_reason(geometry)))
    min_x, min_y, max_x, max_y = geometry.bounds
    return Shape(
        wkb=wkb or shapely.to_wkb(geometry, output_dimension=2, byte_order=1),
        bounds=(min_x, min_y, max_x, max_y),
        area=geometry.area,
    )


_REASONS = {
    "Self-intersection": "The border crosses itself",
    "Ring Self-intersection": "The border touches itself",
    "Hole lies outside shell": "A hole lies outside the border",
    "Holes are nested": "A hole lies inside another hole",
    "Interior is disconnected": "Holes cut the shape into pieces",
    "Nested shells": "One part lies inside another",
    "Duplicate Rings": "A border is there twice",
    "Too few points in geometry component": "A border has fewer than three points",
}


def _what_is_wrong(reason: str) -> str:
    """A sentence for GEOS's reason, such as `Self-intersection[618000.5 4070000.25]`."""
    match = re.fullmatch(r"(?P<what>[^\[]+)\[(?P<x>\S+) (?P<y>\S+)\]", reason)
    if match is None:
        return "The border is not valid, so nothing was saved. Draw that part again."
    what = _REASONS.get(match["what"], "The border is not valid")
    place = f"{float(match['x']):.1f}, {float(match['y']):.1f}"
    return f"{what} at {place}, so nothing was saved. Move a point there."
