"""Boxes on the map, as addresses spell them."""

from webapp.errors import BadInput

Bounds = tuple[float, float, float, float]
"""(min_x, min_y, max_x, max_y), map frame."""


def parse_bounds(bbox: str) -> Bounds:
    """The box that `bbox=minx,miny,maxx,maxy` spells.

    Raises:
        BadInput: it is not four numbers, the smaller ones first.
    """
    try:
        min_x, min_y, max_x, max_y = (float(part) for part in bbox.split(","))
    except ValueError as error:
        raise BadInput("bbox is four numbers: minx,miny,maxx,maxy in the project's CRS.") from error
    if not (min_x <= max_x and min_y <= max_y):
        raise BadInput("In bbox the smaller numbers come first: minx,miny,maxx,maxy.")
    return min_x, min_y, max_x, max_y
