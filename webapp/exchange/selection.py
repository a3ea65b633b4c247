"""Which labels an export holds, and what stands in each field of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.db.models import Count, Q, QuerySet, Sum

from webapp.errors import BadInput
from webapp.exchange.schemas import ExportPreviewOut, ExportRowOut, ExportState
from webapp.labels.models import Label, ReviewState
from webapp.projects.models import Project

SQUARE_METRES_PER_HECTARE = 10_000

Value = str | int | float | datetime | None


@dataclass(frozen=True, slots=True)
class Field:
    """One column. Names have at most 10 characters, so that a shapefile keeps them whole."""

    name: str
    meaning: str
    value: Callable[[Label], Value]


FIELDS: Sequence[Field] = (
    Field("number", "number of the label in its project", lambda label: label.number),
    Field("class_code", "code of the class", lambda label: label.label_class.code),
    Field("class_name", "name of the class", lambda label: label.label_class.name),
    Field("certainty", "sure or possible", lambda label: label.certainty),
    Field("review", "unreviewed, accepted or returned", lambda label: label.review_state),
    Field(
        "area_ha",
        "area in hectares, planar in this CRS",
        lambda label: label.area_m2 / SQUARE_METRES_PER_HECTARE,
    ),
    Field("area_m2", "area in square metres, planar in this CRS", lambda label: label.area_m2),
    Field("author", "who made the label", lambda label: label.created_by.display_name),
    Field("created_at", "when it was made (UTC)", lambda label: label.created_at),
    Field("changed_at", "when it was changed last (UTC)", lambda label: label.updated_at),
    Field(
        "reviewer",
        "who reviewed it last",
        lambda label: label.reviewed_by.display_name if label.reviewed_by else "",
    ),
    Field("note", "note of the author", lambda label: label.note),
    Field("layer", "imagery it was drawn on", lambda label: label.layer.name),
    Field("revision", "how often shape or attributes changed", lambda label: label.revision),
    Field("uid", "permanent id of the label", lambda label: str(label.uid)),
)


def labels_of(project: Project, state: ExportState) -> QuerySet[Label]:
    """The labels that an export of `state` holds, by number."""
    found = Label.objects.filter(project=project, deleted=False)
    if state == "accepted":
        found = found.filter(review_state=ReviewState.ACCEPTED)
    return found.select_related("label_class", "layer", "created_by", "reviewed_by").order_by(
        "number"
    )


def need_labels(project: Project, state: ExportState) -> None:
    """Nothing, where an export of `state` would hold something.

    Raises:
        BadInput: it would be empty.
    """
    if not labels_of(project, state).exists():
        raise BadInput(
            "No label is accepted yet, so nothing was exported. Choose 'all', or review first."
            if state == "accepted"
            else "Nothing is labelled yet, so nothing was exported."
        )


def default_state(project: Project) -> ExportState:
    """'all' where nobody else could accept one's labels, else 'accepted'."""
    return "all" if project.memberships.count() == 1 else "accepted"


def preview(project: Project, state: ExportState) -> ExportPreviewOut:
    """What an export of `state` would hold, and what it would leave out."""
    kept = ~Q(pk__in=[]) if state == "all" else Q(review_state=ReviewState.ACCEPTED)
    counts = Label.objects.filter(project=project, deleted=False).aggregate(
        labels=Count("pk", filter=kept),
        area=Sum("area_m2", filter=kept),
        left_out=Count("pk", filter=~kept),
        left_out_area=Sum("area_m2", filter=~kept),
    )
    return ExportPreviewOut(
        labels=counts["labels"],
        area_m2=counts["area"] or 0.0,
        left_out=counts["left_out"],
        left_out_area_m2=counts["left_out_area"] or 0.0,
        default_state=default_state(project),
        rows=summary(list(labels_of(project, state))),
    )


def summary(labels: Sequence[Label]) -> list[ExportRowOut]:
    """Labels and area by class, review state and person, in the order of the taxonomy."""

    def line(label: Label) -> tuple[int, str, str, str, str]:
        kind = label.label_class
        return kind.order, kind.code, kind.name, label.review_state, label.created_by.display_name

    rows = []
    for (_, code, name, state, author), group in groupby(sorted(labels, key=line), key=line):
        members = list(group)
        rows.append(
            ExportRowOut(
                class_code=code,
                class_name=name,
                review_state=ReviewState(state),
                author=author,
                labels=len(members),
                area_m2=sum(label.area_m2 for label in members),
            )
        )
    return rows
