from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from webapp.accounts.schemas import UserOut
from webapp.labels.models import Certainty, EditKind, Pattern, ReviewState
from webapp.sent import Sent

MultiPolygonCoordinates = list[list[list[list[float]]]]
"""Polygons of rings of [x_map, y_map]; the first ring of a polygon is its outside."""


Position = tuple[FiniteFloat, FiniteFloat]
"""x_map, y_map."""


class ClassOut(Schema):
    """One class of the taxonomy, with what is labelled in it."""

    uid: UUID
    code: str
    name: str
    colour: str
    pattern: Pattern
    description: str
    order: int
    key: int | None
    retired: bool


class ClassIn(Sent):
    """A new class, or all of what a manager may change of one."""

    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern=r"^[A-Z0-9_]{1,10}$")
    name: str = Field(min_length=1, max_length=80)
    colour: str = Field(pattern=r"^#[0-9A-Fa-f]{6}$")
    pattern: Pattern = Pattern.PLAIN
    description: str = Field(default="", max_length=2000)
    key: int | None = Field(default=None, ge=1, le=9)
    retired: bool = False


# Labels come by the thousand: plain pydantic is three times as fast as ninja's Schema, which
# looks at every field twice to find Django's managers.
class LabelOut(BaseModel):
    """A label's current state. `geometry` is bit for bit what was drawn, in the map frame."""

    uid: UUID
    number: int
    layer: UUID
    label_class: UUID
    certainty: Certainty
    note: str
    geometry: MultiPolygonCoordinates
    area_m2: float
    revision: int
    review_state: ReviewState
    review_comment: str
    reviewed_by: str | None
    reviewed_at: datetime | None
    created_by: UserOut
    created_at: datetime
    updated_at: datetime
    clicks: int | None
    deleted: bool


class LabelsOut(BaseModel):
    """Labels whose box meets the asked one; `truncated` when there were more."""

    labels: list[LabelOut]
    truncated: bool


class BeforeOut(Schema):
    """A label's outline before it was changed, bit for bit, and the revision that had it."""

    geometry: MultiPolygonCoordinates
    area_m2: float
    revision: int


class OverlapOut(Schema):
    """A label that lies on another one, and how much ground they share."""

    label: UUID
    number: int
    area_m2: float


class ClassSummaryOut(Schema):
    """What is labelled in one class."""

    label_class: UUID
    labels: int
    area_m2: float


class SummaryOut(Schema):
    """What is labelled in a project; `returned_to_me` counts what waits for this person."""

    classes: list[ClassSummaryOut]
    unreviewed: int
    accepted: int
    returned: int
    returned_to_me: int


class TypicalObjectOut(Schema):
    """Median of the longest sides of the labels' boxes; None while there are too few to tell."""

    length_m: float | None


class EditBase(Sent):
    """Every edit carries an id made by its author: sent twice, it is applied once."""

    model_config = ConfigDict(extra="forbid")

    uid: UUID


class AtRevision(Sent):
    """A label, and the revision of it that the author saw."""

    model_config = ConfigDict(extra="forbid")

    label: UUID
    base_revision: int


class CreateEdit(EditBase):
    """A label drawn by hand; a clicked one is created by saving its draft."""

    kind: Literal["create"]
    layer: UUID
    label_class: UUID
    certainty: Certainty = Certainty.SURE
    note: str = Field(default="", max_length=4000)
    geometry: MultiPolygonCoordinates


class ReshapeEdit(EditBase):
    """New geometry for a label; untouched vertices stay bit-equal."""

    kind: Literal["reshape"]
    label: UUID
    base_revision: int
    geometry: MultiPolygonCoordinates


class ClassifyEdit(EditBase):
    """Class, certainty or note of one or many labels; None leaves it as it is."""

    kind: Literal["classify"]
    labels: list[AtRevision] = Field(min_length=1, max_length=1000)
    label_class: UUID | None = None
    certainty: Certainty | None = None
    note: str | None = Field(default=None, max_length=4000)


class CutEdit(EditBase):
    """Take from a label what lies on others, named in `at`, which keep their ground."""

    kind: Literal["cut"]
    label: UUID
    base_revision: int
    at: list[UUID] = Field(min_length=1, max_length=1000)


class SplitEdit(EditBase):
    """Several labels in place of one, parted by a line of [x_map, y_map]."""

    kind: Literal["split"]
    label: UUID
    base_revision: int
    line: list[Position] = Field(min_length=2, max_length=10_000)


class MergeEdit(EditBase):
    """One label in place of several: the one with the lowest number, on the ground of all."""

    kind: Literal["merge"]
    labels: list[AtRevision] = Field(min_length=2, max_length=1000)


class DeleteEdit(EditBase):
    """Take labels away; undo brings them back under the same number."""

    kind: Literal["delete"]
    labels: list[AtRevision] = Field(min_length=1, max_length=1000)


class UndoEdit(EditBase):
    """Take an edit back by a new one. A redo is the undo of an undo."""

    kind: Literal["undo"]
    edit: UUID


class ReviewEdit(EditBase):
    """A decision on one revision of a label."""

    kind: Literal["review"]
    label: UUID
    revision: int
    decision: ReviewState
    comment: str = Field(default="", max_length=2000)


EditIn = Annotated[
    CreateEdit
    | ReshapeEdit
    | ClassifyEdit
    | CutEdit
    | SplitEdit
    | MergeEdit
    | DeleteEdit
    | UndoEdit
    | ReviewEdit,
    Field(discriminator="kind"),
]


class EditOut(BaseModel):
    """A changeset as everyone in the project hears of it: the labels after it."""

    uid: UUID
    number: int
    kind: EditKind
    author: UserOut
    created_at: datetime
    inverts: UUID | None
    labels: list[LabelOut]
    # What was taken from the label where others are, most first.
    cut: list[OverlapOut]
    # The draft that an undone save opened again; only its owner acts on it.
    reopened_draft: UUID | None


class EditRowOut(Schema):
    """One line of the history: of a project, or of one label."""

    uid: UUID
    number: int
    kind: EditKind
    author: UserOut
    created_at: datetime
    sentence: str
    label_count: int
