"""Undo: the inverse of an edit, as an edit of its own; the undo of an undo is a redo."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from webapp.errors import NotAllowed, NotFound
from webapp.labels.changesets import Changeset, Follow, already_applied
from webapp.labels.guards import conflict, refuse_locked
from webapp.labels.models import Change, Edit, EditKind, Label
from webapp.labels.queries import labels_of
from webapp.labels.schemas import EditOut
from webapp.labels.states import LabelState, put_state
from webapp.labels.undo_stacks import stacks_of
from webapp.projects.roles import Member, Who


def undo_edit(member: Member, *, uid: UUID, edit: UUID, follow: Follow | None = None) -> EditOut:
    """Take an edit back by its inverse; the undo of an undo is a redo.

    It restores to the bit, so it never cuts, whatever the project's overlap rule: what it brings
    back may lie on what was drawn since, and says so as any overlap does.

    Args:
        member: the edit's author, or a manager.
        uid: id of the new edit.
        edit: the one that is taken back.
        follow: what else comes with it, in the same transaction.

    Raises:
        NotFound: the project has no such edit.
        NotAllowed: it is somebody else's, or a label of it is locked.
        Conflict: one of its labels has been changed since.
    """
    with transaction.atomic():
        if known := already_applied(member, uid):
            return known
        target = _edit_to_undo(member, edit)
        changes = list(target.changes.select_related("label").order_by("label__number"))
        rows = {row.pk: row for row in labels_of(member.project, [c.label.uid for c in changes])}
        _refuse_built_upon(member, target, list(rows.values()))
        changeset = Changeset(member, uid, _INVERSE[EditKind(target.kind)], inverts=target)
        for change in changes:
            _invert(changeset, change, rows[change.label_id])
        return changeset.publish(follow)


_INVERSE = {
    **{kind: kind for kind in EditKind},
    EditKind.CREATE: EditKind.DELETE,
    EditKind.IMPORT: EditKind.DELETE,
    EditKind.RESTORE: EditKind.DELETE,
    EditKind.DELETE: EditKind.RESTORE,
}


def _invert(changeset: Changeset, change: Change, row: Label) -> None:
    before = None if row.deleted else LabelState.of(row)
    row.deleted = change.before is None
    if change.before is not None:
        put_state(
            row,
            LabelState.model_validate(change.before),
            metres_per_unit=changeset.project.metres_per_unit,
        )
    changeset.changed(row, before)


def _edit_to_undo(member: Member, uid: UUID) -> Edit:
    target = member.project.edits.select_related("author").filter(uid=uid).first()
    if target is None:
        raise NotFound("There is no such change in this project.")
    if target.kind == EditKind.REVIEW:
        member.need(Who.MANAGER)
    if target.author_id != member.user.pk and not member.may(Who.MANAGER):
        raise NotAllowed(
            f"{target.author.display_name} made this change, so it was not undone. "
            "Ask them, or a manager."
        )
    return target


def _refuse_built_upon(member: Member, target: Edit, rows: Sequence[Label]) -> None:
    history: dict[int, list[tuple[int, int | None]]] = {row.pk: [] for row in rows}
    changes = Change.objects.filter(label__in=rows).order_by("edit__number")
    for label, edit, inverts in changes.values_list("label_id", "edit_id", "edit__inverts_id"):
        history[label].append((edit, inverts))
    for row in rows:
        if not stacks_of(history[row.pk]).may_invert(target.pk):
            raise conflict(row, "It was not undone.")
        refuse_locked(member, row)
