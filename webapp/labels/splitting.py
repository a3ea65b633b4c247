"""Splitting: a line drawn across a label makes several of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from shapely import LineString, MultiPolygon, Polygon
from shapely.ops import split

from webapp.errors import BadInput
from webapp.labels.geometry import Shape, shape_from_wkb
from webapp.labels.models import Label


@dataclass(frozen=True, slots=True)
class Split:
    """What a line makes of a label.

    Attributes:
        kept: what the label is from now on: its largest piece, and parts that are not crossed.
        others: the other pieces, largest first, each of a pixel of its layer at least.
    """

    kept: Shape
    others: list[Shape]


def split_at(label: Label, line: Sequence[Sequence[float]]) -> Split:
    """Split a label at a line, map frame; vertices keep their bits.

    Scraps below a pixel, as a line along a border leaves them, stay with the largest piece.

    Raises:
        BadInput: the border is broken, or the line does not part the label.
    """
    geometry = shapely.from_wkb(bytes(label.geometry), on_invalid="ignore")
    if not shapely.is_valid(geometry):  # None is not
        raise BadInput(f"The border of {label} is broken, so nothing was split. Repair {label}.")
    drawn = LineString(line)
    kept: list[Polygon] = []
    pieces: list[Polygon] = []
    for part in shapely.get_parts(geometry):
        found = list(shapely.get_parts(split(part, drawn)))
        if len(found) > 1:
            pieces += found
        else:
            kept.append(part)
    pieces.sort(key=lambda piece: -piece.area)
    others = [piece for piece in pieces[1:] if piece.area >= label.layer.resolution**2]
    if not others:
        raise BadInput(
            f"This line does not part {label}, so nothing was split. "
            "Draw it from one side of the label to the other."
        )
    scraps = pieces[1 + len(others) :]
    largest = shapely.get_parts(shapely.union_all([pieces[0], *scraps])) if scraps else pieces[:1]
    return Split(_shape([*kept, *largest]), [_shape([piece]) for piece in others])


def _shape(parts: Sequence[Polygon]) -> Shape:
    return shape_from_wkb(shapely.to_wkb(MultiPolygon(parts), output_dimension=2, byte_order=1))
