"""Merging: several labels become one, on the ground of all of them."""

from collections.abc import Sequence

import shapely
from shapely import MultiPolygon

from webapp.errors import BadInput
from webapp.labels.geometry import MAX_VERTICES, Shape, shape_from_wkb
from webapp.labels.models import Certainty, Label

MOST_LETTERS = 4000
"""As many as a note may have."""


def merge_into(label: Label, others: Sequence[Label]) -> Shape:
    """What a label is to hold with the ground of others; notes and doubts of all go to it as well.

    Vertices keep their bits. Parts that neither touch nor overlap stay parts.

    Args:
        label: the one that stays; its note and certainty are altered, and not stored.
        others: of the same layer and class.

    Raises:
        BadInput: they are of several layers or classes, a border is broken, or all of them
            together are more than one label can hold.
    """
    rows = [label, *others]
    if any(other.layer_id != label.layer_id for other in others):
        raise BadInput(
            "These labels lie on different imagery, so nothing was merged. "
            "Choose labels of one layer."
        )
    if any(other.label_class_id != label.label_class_id for other in others):
        raise BadInput(
            "These labels are of different classes, so nothing was merged. "
            "Give all of them one class first."
        )
    shape = _union(rows)
    label.note = "\n".join(dict.fromkeys(row.note for row in rows if row.note))
    if len(label.note) > MOST_LETTERS:
        raise BadInput(
            f"The notes of these labels have more than {MOST_LETTERS:,} letters together, so "
            "nothing was merged. Shorten them first."
        )
    if any(row.certainty == Certainty.POSSIBLE for row in rows):
        label.certainty = Certainty.POSSIBLE
    return shape


def _union(rows: Sequence[Label]) -> Shape:
    shapes = shapely.from_wkb([bytes(row.geometry) for row in rows], on_invalid="ignore")
    for row, valid in zip(rows, shapely.is_valid(shapes), strict=True):
        if not valid:  # unreadable ones are None, which is not
            raise BadInput(f"The border of {row} is broken, so nothing was merged. Repair {row}.")
    together = shapely.union_all(shapes)
    if shapely.get_num_coordinates(together) > MAX_VERTICES:
        raise BadInput(
            f"Together these labels have more than {MAX_VERTICES:,} points, so nothing was "
            "merged. Choose fewer."
        )
    parts = MultiPolygon(list(shapely.get_parts(together)))
    return shape_from_wkb(shapely.to_wkb(parts, output_dimension=2, byte_order=1))
