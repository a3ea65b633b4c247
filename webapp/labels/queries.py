"""Reads of labels, classes and edits, each inside one project."""

from collections.abc import Sequence
from statistics import median
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Greatest

from webapp.accounts.models import User
from webapp.accounts.queries import user_out
from webapp.bounds import Bounds
from webapp.errors import BadInput, NotFound
from webapp.labels.geometry import coordinates_from_wkb
from webapp.labels.models import (
    Certainty,
    Edit,
    EditKind,
    Label,
    LabelClass,
    Pattern,
    ReviewState,
)
from webapp.labels.schemas import (
    ClassOut,
    ClassSummaryOut,
    EditOut,
    LabelOut,
    LabelsOut,
    OverlapOut,
    SummaryOut,
    TypicalObjectOut,
)
from webapp.projects.models import Project
from webapp.projects.roles import Member

MOST_LABELS = 5000
"""In one answer; the page asks again for a smaller piece of the map."""

ENOUGH_LABELS = 5
"""So many must there be before labels say what is typical of them."""

NEWEST_LABELS = 200
"""Only the newest are looked at: reading all of 200,000 takes too long at a click."""

_RELATED = ("layer", "label_class", "created_by", "reviewed_by")


def class_out(label_class: LabelClass) -> ClassOut:
    """A class as the page shows it."""
    return ClassOut(
        uid=label_class.uid,
        code=label_class.code,
        name=label_class.name,
        colour=label_class.colour,
        pattern=Pattern(label_class.pattern),
        description=label_class.description,
        order=label_class.order,
        key=label_class.key,
        retired=label_class.retired,
    )


def classes_of(project: Project) -> list[ClassOut]:
    """A project's taxonomy in its order, retired classes too."""
    return [class_out(each) for each in project.classes.all()]


def label_out(label: Label) -> LabelOut:
    """A label as everybody in its project sees it.

    Fetch its layer, class and people along with it (`select_related`) where there are many.
    """
    return LabelOut(
        uid=label.uid,
        number=label.number,
        layer=label.layer.uid,
        label_class=label.label_class.uid,
        certainty=Certainty(label.certainty),
        note=label.note,
        geometry=coordinates_from_wkb(bytes(label.geometry)),
        area_m2=label.area_m2,
        revision=label.revision,
        review_state=ReviewState(label.review_state),
        review_comment=label.review_comment,
        reviewed_by=label.reviewed_by.display_name if label.reviewed_by else None,
        reviewed_at=label.reviewed_at,
        created_by=user_out(label.created_by),
        created_at=label.created_at,
        updated_at=label.updated_at,
        clicks=label.origin.get("clicks"),
        deleted=label.deleted,
    )


def labels_in(
    project: Project,
    *,
    bounds: Bounds | None = None,
    review_state: ReviewState | None = None,
    author: User | None = None,
    limit: int = MOST_LABELS,
) -> LabelsOut:
    """Labels that are not deleted, by number.

    Args:
        project: whose labels.
        bounds: only those whose box meets this one (min_x, min_y, max_x, max_y, map frame).
        review_state: only those in this state.
        author: only those that this person made.
        limit: at most so many; `truncated` says that there were more.
    """
    labels = Label.objects.all()
    labels = labels.filter(project=project) if bounds is None else labels.in_bbox(project, bounds)
    labels = labels.filter(deleted=False)
    if review_state is not None:
        labels = labels.filter(review_state=review_state)
    if author is not None:
        labels = labels.filter(created_by=author)
    # Fetched beside the labels, not joined: few classes and people serve thousands of labels.
    found = list(labels.prefetch_related(*_RELATED).order_by("number")[: limit + 1])
    return LabelsOut(
        labels=[label_out(label) for label in found[:limit]], truncated=len(found) > limit
    )


def label_of(project: Project, uid: UUID) -> Label:
    """A label of the project, deleted or not.

    Raises:
        NotFound: the project has no such label.
    """
    label = project.labels.select_related(*_RELATED).filter(uid=uid).first()
    if label is None:
        raise NotFound("There is no such label in this project.")
    return label


def labels_of(project: Project, uids: Sequence[UUID]) -> list[Label]:
    """Labels of the project in the order asked for.

    Raises:
        NotFound: the project lacks one of them.
    """
    found = {
        label.uid: label for label in project.labels.select_related(*_RELATED).filter(uid__in=uids)
    }
    if len(found) < len(set(uids)):
        raise NotFound("One of these labels is not in this project. Load the page again.")
    return [found[uid] for uid in dict.fromkeys(uids)]


def usable_class(project: Project, uid: UUID) -> LabelClass:
    """A class that takes new labels.

    Raises:
        NotFound: the project has no such class.
        BadInput: it is retired.
    """
    label_class = project.classes.filter(uid=uid).first()
    if label_class is None:
        raise NotFound("This class is not in the project any more. Load the page again.")
    if label_class.retired:
        raise BadInput(f"{label_class.name} takes no new labels any more. Choose another class.")
    return label_class


def edit_out(edit: Edit, *, reopened_draft: UUID | None = None) -> EditOut:
    """An edit, with its labels as they are now."""
    labels = Label.objects.filter(changes__edit=edit).select_related(*_RELATED).order_by("number")
    return EditOut(
        uid=edit.uid,
        number=edit.number,
        kind=EditKind(edit.kind),
        author=user_out(edit.author),
        created_at=edit.created_at,
        inverts=edit.inverts.uid if edit.inverts else None,
        labels=[label_out(label) for label in labels],
        cut=[OverlapOut.model_validate(each) for each in edit.cut],
        reopened_draft=reopened_draft,
    )


def edit_named(project: Project, uid: UUID) -> EditOut:
    """The project's edit of this id, with its labels as they are now.

    Raises:
        NotFound: the project has none.
    """
    edit = project.edits.select_related("author", "inverts").filter(uid=uid).first()
    if edit is None:
        raise NotFound("There is no such change in this project.")
    return edit_out(edit)


def summary(member: Member) -> SummaryOut:
    """Labels and areas by class, and how far the review is."""
    labels = member.project.labels.filter(deleted=False)
    by_class = (
        labels.values("label_class__uid")
        .annotate(labels=Count("pk"), area_m2=Sum("area_m2"))
        .order_by("label_class__order", "label_class__uid")
    )
    states = labels.aggregate(
        unreviewed=Count("pk", filter=Q(review_state=ReviewState.UNREVIEWED)),
        accepted=Count("pk", filter=Q(review_state=ReviewState.ACCEPTED)),
        returned=Count("pk", filter=Q(review_state=ReviewState.RETURNED)),
        returned_to_me=Count(
            "pk", filter=Q(review_state=ReviewState.RETURNED, created_by=member.user)
        ),
    )
    return SummaryOut(
        classes=[
            ClassSummaryOut(
                label_class=row["label_class__uid"], labels=row["labels"], area_m2=row["area_m2"]
            )
            for row in by_class
        ],
        **states,
    )


def typical_object(project: Project) -> TypicalObjectOut:
    """How long the objects are that this project's labels show, whatever their class."""
    length = _median_length(project.labels.all())
    return TypicalObjectOut(length_m=None if length is None else length * project.metres_per_unit)


def typical_length(project: Project, label_class: LabelClass) -> float | None:
    """How long the objects of a class are in a project, in map units; None for too few labels."""
    return _median_length(project.labels.filter(label_class=label_class))


def _median_length(labels: QuerySet[Label]) -> float | None:
    """Median of the longest sides of the newest labels' boxes, in map units; None for too few."""
    longest = Greatest(F("max_x") - F("min_x"), F("max_y") - F("min_y"))
    newest = labels.filter(deleted=False).order_by("-pk").annotate(longest=longest)
    lengths = list(newest.values_list("longest", flat=True)[:NEWEST_LABELS])
    return median(lengths) if len(lengths) >= ENOUGH_LABELS else None
