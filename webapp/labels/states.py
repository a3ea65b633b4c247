"""What an edit remembers of a label: everything that an edit can change, as a value.

States go into `Change.before` and `Change.after` as JSON and come back out bit-equal: geometry is
WKB in hexadecimal. They name rows by primary key, because they never leave the server.
"""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, JsonValue

from webapp.labels.geometry import Shape, shape_from_wkb
from webapp.labels.models import Certainty, Label, ReviewState


class LabelState(BaseModel):
    """One label at one moment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label_class: int
    certainty: Certainty
    note: str
    attributes: dict[str, JsonValue]
    geometry: str
    revision: int
    review_state: ReviewState
    review_comment: str
    reviewed_by: int | None
    reviewed_at: datetime | None
    reviewed_revision: int | None

    @classmethod
    def of(cls, label: Label) -> Self:
        """The state of a row."""
        return cls(
            label_class=label.label_class_id,
            certainty=Certainty(label.certainty),
            note=label.note,
            attributes=label.attributes,
            geometry=bytes(label.geometry).hex(),
            revision=label.revision,
            review_state=ReviewState(label.review_state),
            review_comment=label.review_comment,
            reviewed_by=label.reviewed_by_id,
            reviewed_at=label.reviewed_at,
            reviewed_revision=label.reviewed_revision,
        )

    def same_content(self, other: "LabelState") -> bool:
        """Whether geometry and attributes are the same: what a revision counts."""
        return self._content() == other._content()

    def _content(self) -> tuple[object, ...]:
        return self.label_class, self.certainty, self.note, self.attributes, self.geometry


def put_shape(label: Label, shape: Shape, *, metres_per_unit: float) -> None:
    """Give a row a geometry, with the box and the area that follow from it."""
    label.geometry = shape.wkb
    label.min_x, label.min_y, label.max_x, label.max_y = shape.bounds
    label.area_m2 = shape.area_m2(metres_per_unit)


def put_state(label: Label, state: LabelState, *, metres_per_unit: float) -> None:
    """Make a row what it was, geometry to the bit; all but its revision, which never goes back."""
    wkb = bytes.fromhex(state.geometry)
    if wkb != bytes(label.geometry):
        put_shape(label, shape_from_wkb(wkb), metres_per_unit=metres_per_unit)
    label.label_class_id = state.label_class
    label.certainty = state.certainty
    label.note = state.note
    label.attributes = state.attributes
    label.review_state = state.review_state
    label.review_comment = state.review_comment
    label.reviewed_by_id = state.reviewed_by
    label.reviewed_at = state.reviewed_at
    label.reviewed_revision = state.reviewed_revision
