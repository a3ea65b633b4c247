"""The edits, and `undo.py` beside them: the only way labels change.

One function each, one transaction, one event.
Every function takes the edit's id, made by its author: sent twice, it is applied once. Each answers
with the edit as everybody in the project hears of it.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from webapp.errors import BadInput, NotFound
from webapp.imaging.models import Layer
from webapp.labels.changesets import Changeset, already_applied
from webapp.labels.geometry import Shape
from webapp.labels.guards import (
    refuse_gone_on,
    refuse_others,
    refuse_own,
    writable,
)
from webapp.labels.merging import merge_into
from webapp.labels.models import Certainty, EditKind, Label, ReviewState
from webapp.labels.queries import labels_of, usable_class
from webapp.labels.schemas import AtRevision, EditOut
from webapp.labels.splitting import split_at
from webapp.labels.states import LabelState, put_shape
from webapp.projects.roles import Member, Who


def create_label(
    member: Member,
    *,
    uid: UUID,
    layer: UUID,
    label_class: UUID,
    certainty: Certainty,
    note: str,
    shape: Shape,
    origin: dict[str, Any],
) -> EditOut:
    """A new label under the project's next number.

    Args:
        member: its author.
        uid: the edit's id.
        layer: the imagery it was drawn on.
        label_class: its class, not retired.
        certainty: how sure the author is.
        note: free text.
        shape: its geometry, map frame.
        origin: as `Label.origin` says.

    Raises:
        NotFound: layer or class are not in the project.
        BadInput: the class is retired, or the project cuts overlaps and cannot cut this one.
    """
    with transaction.atomic():
        if known := already_applied(member, uid):
            return known
        label = Label(
            project=member.project,
            layer=_layer(member, layer),
            label_class=usable_class(member.project, label_class),
            certainty=certainty,
            note=note,
            origin=origin,
            created_by=member.user,
        )
        put_shape(label, shape, metres_per_unit=member.project.metres_per_unit)
        changeset = Changeset(member, uid, EditKind.CREATE)
        changeset.cut(label)
        changeset.created(label)
        return changeset.publish()


def reshape_label(
    member: Member,
    *,
    uid: UUID,
    label: UUID,
    base_revision: int,
    shape: Shape,
    label_class: UUID | None = None,
) -> EditOut:
    """New geometry for a label; an accepted or returned one waits for review again.

    Args:
        member: who reshapes it.
        uid: the edit's id.
        label: the label.
        base_revision: the revision of it that they saw.
        shape: its new geometry, map frame.
        label_class: its class from now on, where a refinement by clicks chose another one.

    Raises:
        NotFound, NotAllowed, Conflict: no such label, a locked one, or one that has gone on.
        BadInput: as in `create_label`.
    """
    with transaction.atomic():
        if known := already_applied(member, uid):
            return known
        row = writable(member, [AtRevision(label=label, base_revision=base_revision)])[0]
        before = LabelState.of(row)
        put_shape(row, shape, metres_per_unit=member.project.metres_per_unit)
        changeset = Changeset(member, uid, EditKind.RESHAPE)
        changeset.cut(row)
        if label_class is not None and label_class != row.label_class.uid:
            row.label_class = usable_class(member.project, label_class)
        _review_again(row, before)
        changeset.changed(row, before)
        return changeset.publish()


def cut_label(
    member: Member, *, uid: UUID, label: UUID, base_revision: int, at: Sequence[UUID]
) -> EditOut:
    """Take from a label what lies on others, which keep their ground.

    Args:
        member: who cuts it.
        uid: the edit's id.
        label: the label that gives way.
        base_revision: the revision of it that they saw.
        at: the others, as they are now.

    Raises:
        NotFound, NotAllowed, Conflict: as in `reshape_label`.
        BadInput: the label lies on none of them, or cannot be cut.
    """
    with transaction.atomic():
        if known := already_applied(member, uid):
            return known
        row = writable(member, [AtRevision(label=label, base_revision=base_revision)])[0]
        before = LabelState.of(row)
        changeset = Changeset(member, uid, EditKind.CUT)
        changeset.cut_at(row, set(at))
        _review_again(row, before)
        changeset.changed(row, before)
        return changeset.publish()


def classify_labels(
    member: Member,
    *,
    uid: UUID,
    labels: Sequence[AtRevision],
    label_class: UUID | None,
    certainty: Certainty | None,
    note: str | None,
) -> EditOut:
    """Another class, certainty or note for one or many labels, all or none; None leaves it.

    Raises:
        NotFound, NotAllowed, Conflict: as in `reshape_label`.
        BadInput: the class is retired.
    """
    with transaction.atomic():
        if known := already_applied(member, uid):
            return known
        wanted = usable_class(member.project, label_class) if label_class else None
        rows = writable(member, labels)
        changeset = Changeset(member, uid, EditKind.CLASSIFY)
        for row in rows:
            before = LabelState.of(row)
            row.label_class = wanted or row.label_class
            row.certainty = certainty or row.certainty
            row.note = row.note if note is None else note
            _review_again(row, before)
            changeset.changed(row, before)
        return changeset.publish()


def split_label(
    member: Member, *, uid: UUID, label: UUID, base_revision: int, line: Sequence[Sequence[float]]
) -> EditOut:
    """Several labels in place of one: the largest piece keeps its number.

    The others have its class, certainty, note, origin and author.

    Args:
        member: who splits it.
        uid: the edit's id.
        label: the label.
        base_revision: the revision of it that they saw.
        line: places in the map frame; it crosses the label from side to side.

    Raises:
        NotFound, NotAllowed, Conflict: as in `reshape_label`.
        BadInput: as in `split_at`.
    """
    with transaction.atomic():
        if known := already_applied(member, uid):
            return known
        row = writable(member, [AtRevision(label=label, base_revision=base_revision)])[0]
        parted = split_at(row, line)
        metres_per_unit = member.project.metres_per_unit
        before = LabelState.of(row)
        changeset = Changeset(member, uid, EditKind.SPLIT)
        put_shape(row, parted.kept, metres_per_unit=metres_per_unit)
        _review_again(row, before)
        changeset.changed(row, before)
        for shape in parted.others:
            piece = Label(
                project=member.project,
                layer=row.layer,
                label_class=row.label_class,
                certainty=row.certainty,
                note=row.note,
                attributes=row.attributes,
                origin=row.origin,
                created_by=row.created_by,
            )
            put_shape(piece, shape, metres_per_unit=metres_per_unit)
            changeset.created(piece)
        return changeset.publish()


def merge_labels(member: Member, *, uid: UUID, labels: Sequence[AtRevision]) -> EditOut:
    """One label in place of several: the one with the lowest number, on the ground of all.

    The others are deleted, so an annotator may merge only their own.

    Raises:
        NotFound, NotAllowed, Conflict: as in `delete_labels`.
        BadInput: as in `merge_into`, or it is one label only.
    """
    with transaction.atomic():
        if known := already_applied(member, uid):
            return known
        kept, *others = sorted(set(writable(member, labels)), key=lambda row: row.number)
        if not others:
            raise BadInput("One label alone is nothing to merge. Choose two or more.")
        for row in others:
            refuse_others(member, row, "Nothing was merged.")
        changeset = Changeset(member, uid, EditKind.MERGE)
        before = LabelState.of(kept)
        put_shape(kept, merge_into(kept, others), metres_per_unit=member.project.metres_per_unit)
        _review_again(kept, before)
        changeset.changed(kept, before)
        for row in others:
            _delete(changeset, row)
        return changeset.publish()


def delete_labels(member: Member, *, uid: UUID, labels: Sequence[AtRevision]) -> EditOut:
    """Take labels away; an annotator may do so with their own.

    Raises:
        NotFound, NotAllowed, Conflict: as in `reshape_label`, or somebody else's label.
    """
    with transaction.atomic():
        if known := already_applied(member, uid):
            return known
        rows = writable(member, labels)
        for row in rows:
            refuse_others(member, row, "It was not deleted.")
        changeset = Changeset(member, uid, EditKind.DELETE)
        for row in rows:
            _delete(changeset, row)
        return changeset.publish()


def _delete(changeset: Changeset, row: Label) -> None:
    before = LabelState.of(row)
    row.deleted = True
    changeset.changed(row, before)


def review_label(
    member: Member,
    *,
    uid: UUID,
    label: UUID,
    revision: int,
    decision: ReviewState,
    comment: str,
) -> EditOut:
    """A manager's decision on one revision of a label; it leaves the revision as it is.

    Raises:
        NotAllowed: no manager, or the label is their own and the project does not allow that.
        Conflict: the label has gone on since that revision.
        BadInput: it is returned without a word.
    """
    member.need(Who.MANAGER)
    if decision == ReviewState.RETURNED and not comment.strip():
        raise BadInput("Say what is wrong: a label goes back to its author with a comment.")
    with transaction.atomic():
        if known := already_applied(member, uid):
            return known
        row = labels_of(member.project, [label])[0]
        refuse_gone_on(row, revision)
        if decision != ReviewState.UNREVIEWED:
            refuse_own(member, row)
        before = LabelState.of(row)
        row.review_state = decision
        row.review_comment = comment
        row.reviewed_by = member.user
        row.reviewed_at = timezone.now()
        row.reviewed_revision = revision
        changeset = Changeset(member, uid, EditKind.REVIEW)
        changeset.changed(row, before)
        return changeset.publish()


def _layer(member: Member, uid: UUID) -> Layer:
    layer = member.project.layers.filter(uid=uid).first()
    if layer is None:
        raise NotFound("This imagery is not in the project any more. Load the page again.")
    return layer


def _review_again(row: Label, before: LabelState) -> None:
    """A judged label whose content changed waits for review; who judged it last stays known."""
    if not LabelState.of(row).same_content(before):
        row.review_state = ReviewState.UNREVIEWED
