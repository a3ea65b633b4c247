"""Cutting: a border ends where other labels of its layer are.

By the overlap rule `cut` what is new or changed gives way, never what is there; an edit of its
own cuts any label at others that are named. What does not overlap is stored bit for bit as it was
drawn, and of what is cut the vertices that stay keep their bits. GEOS begins a ring elsewhere and
may turn it round even where nothing is taken from it, so parts of a shape that lie on nobody never
go through it.
"""

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from webapp.errors import BadInput
from webapp.labels.geometry import Shape, shape_from_wkb
from webapp.labels.models import Label
from webapp.labels.overlaps import Neighbour, Shared, neighbours_of, shared_ground
from webapp.labels.schemas import OverlapOut
from webapp.labels.states import put_shape

MOST_NAMED = 3


def cut_at_neighbours(label: Label) -> list[OverlapOut]:
    """Take from a label that is about to be stored what lies on others, and say what that was.

    To be called under the project's lock: of two people who save at once, the second is cut at
    what the first has stored. An overlap smaller than a pixel of the layer counts as none, as in
    `overlaps`, and is left as it is: to cut it would move a border by less than anybody sees, and
    borders along one another would collect vertices with every save.

    Raises:
        BadInput: a neighbour is broken, nothing would be left, or what would be left is no shape.
    """
    return _cut(label, neighbours_of(label))


def cut_at_labels(label: Label, others: Collection[UUID]) -> list[OverlapOut]:
    """The same at certain labels only, whatever the project's rule.

    Raises:
        BadInput: as in `cut_at_neighbours`, or the label lies on none of them.
    """
    taken = _cut(label, [each for each in neighbours_of(label) if each.label.uid in others])
    if not taken:
        raise BadInput(f"{label} does not lie there any more, so nothing was cut.")
    return taken


def _cut(label: Label, near: Sequence[Neighbour]) -> list[OverlapOut]:
    _refuse_broken(near)
    try:
        shared = shared_ground(label, near)
        if shared:
            put_shape(label, _rest(label, shared), metres_per_unit=label.project.metres_per_unit)
    except shapely.GEOSException as error:
        raise BadInput(
            f"This could not be cut beside {_names(near)}, so nothing was saved. "
            "Draw the border anew there."
        ) from error
    return [each.as_out() for each in shared]


def _refuse_broken(near: Sequence[Neighbour]) -> None:
    for each in near:
        if not shapely.is_valid(each.geometry):  # None is not
            raise BadInput(
                f"The border of {each.label} is broken, so nothing was cut and nothing was saved. "
                f"Repair {each.label}."
            )


def _rest(label: Label, shared: Sequence[Shared]) -> Shape:
    others = [each.neighbour for each in shared]
    taken = shapely.union_all([each.geometry for each in others])
    drawn = shapely.get_parts(shapely.from_wkb(bytes(label.geometry)))
    smallest = label.layer.resolution**2
    parts = [rest for part in drawn for rest in _outside(part, taken, smallest)]
    if not parts:
        raise BadInput(f"All of this lies on {_names(others)}, so nothing was saved.")
    return shape_from_wkb(shapely.to_wkb(MultiPolygon(parts), output_dimension=2, byte_order=1))


def _outside(part: Polygon, taken: BaseGeometry, smallest: float) -> Iterator[Polygon]:
    """What of a part lies outside; scraps below `smallest` that the cut leaves are let go."""
    if shapely.intersection(part, taken).area == 0:
        yield part
        return
    for rest in shapely.get_parts(shapely.difference(part, taken)):
        if rest.area >= smallest:
            yield rest


def _names(near: Sequence[Neighbour]) -> str:
    return names([each.label.number for each in near])


def names(numbers: Sequence[int]) -> str:
    """Labels as the page names them: "#7, #9, #12 and 2 more"."""
    named = ", ".join(f"#{number}" for number in numbers[:MOST_NAMED])
    more = len(numbers) - MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named
