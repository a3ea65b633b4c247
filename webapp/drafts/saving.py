"""Saving a draft, and what an undo of its save brings back: one transaction each.

A save waits until the head of its draft has settled; until then its draft takes no clicks.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from webapp.drafts.models import Draft, DraftState, DraftStep
from webapp.drafts.queries import (
    draft_to_change,
    is_finished,
    kept_outline,
    need_open,
    shown_step,
)
from webapp.errors import AppError, BadInput
from webapp.labels.actions import create_label, reshape_label
from webapp.labels.geometry import shape_from_wkb
from webapp.labels.models import Certainty, Edit, Label
from webapp.labels.queries import usable_class
from webapp.labels.schemas import EditOut
from webapp.labels.undo import undo_edit
from webapp.projects.queries import member as member_in
from webapp.projects.roles import Member, Who

NOTHING_FOUND = "Nothing found here: add a click, or draw it."


@dataclass(frozen=True, slots=True)
class Finished:
    """How a save ended: with its edit, or refused, and then the draft is open again."""

    draft: Draft
    edit: EditOut | None
    refused: AppError | None


def ask_to_save(
    member: Member,
    uid: UUID,
    *,
    edit: UUID,
    label_class: UUID,
    certainty: Certainty,
    note: str,
) -> Draft:
    """Close a draft to clicks; `finish_save` saves it when its head has settled.

    Raises:
        BadInput: there is nothing to save, or the class is retired.
        Conflict: the draft is closed.
    """
    with transaction.atomic():
        draft = draft_to_change(member, uid)
        if draft.save_request.get("edit") == str(edit):
            return draft  # sent twice, or undone since
        need_open(draft)
        draft.label_class = usable_class(member.project, label_class)
        shown = shown_step(draft)
        if draft.head == 0 or (is_finished(draft) and not (shown and kept_outline(draft, shown))):
            raise BadInput(NOTHING_FOUND)
        draft.save_request = {"edit": str(edit), "certainty": certainty, "note": note}
        draft.state = DraftState.SAVING
        draft.save()
        return draft


def finish_save(draft_pk: int) -> Finished | None:
    """Save the outline shown; None where the draft is not waiting to be saved.

    Bit for bit, but for what the project's overlap rule cuts from it.
    What keeps it from being saved (nothing found, a conflict) opens the draft again.
    """
    with transaction.atomic():
        draft = (
            Draft.objects.select_for_update(no_key=True, of=("self",))
            .select_related("project", "layer", "owner", "label_class", "start_label")
            .filter(pk=draft_pk, state=DraftState.SAVING)
            .first()
        )
        if draft is None:
            return None
        edit, refused = None, None
        try:
            with transaction.atomic():
                edit = _save(draft)
        except AppError as error:
            refused = error
            draft.save_request = {}
            draft.state = DraftState.OPEN
        draft.save()
        return Finished(draft=draft, edit=edit, refused=refused)


def undo_with_drafts(member: Member, *, uid: UUID, edit: UUID) -> EditOut:
    """Take an edit back; a draft that it saved is open again, and closed by a redo.

    Raises:
        NotFound, NotAllowed, Conflict: as `labels.undo.undo_edit`.
    """
    with transaction.atomic():
        _hold_draft_saved_by(member, edit)
        out = undo_edit(member, uid=uid, edit=edit, follow=_follow)
        if out.reopened_draft is None:  # sent twice: what it reopened may be open still
            draft = _draft_saved_by(Edit.objects.get(uid=uid))
            if draft is not None and draft.state == DraftState.OPEN:
                return out.model_copy(update={"reopened_draft": draft.uid})
        return out


def _save(draft: Draft) -> EditOut:
    member = member_in(draft.owner, draft.project.uid, Who.ANNOTATOR)
    step = shown_step(draft)
    outline = kept_outline(draft, step) if step else b""
    if step is None or not outline or draft.label_class is None:
        raise BadInput(NOTHING_FOUND)
    wanted = draft.save_request
    shape = shape_from_wkb(outline)
    if draft.start_label is not None:
        edit = reshape_label(
            member,
            uid=UUID(wanted["edit"]),
            label=draft.start_label.uid,
            base_revision=draft.start_revision or 0,
            shape=shape,
            label_class=draft.label_class.uid,
        )
    else:
        edit = create_label(
            member,
            uid=UUID(wanted["edit"]),
            layer=draft.layer.uid,
            label_class=draft.label_class.uid,
            certainty=Certainty(wanted["certainty"]),
            note=wanted["note"],
            shape=shape,
            origin=_origin(draft, step),
        )
    draft.state = DraftState.SAVED
    draft.save_request["outline"] = _hash(outline)
    draft.label = Label.objects.get(uid=edit.labels[0].uid)
    return edit


def _origin(draft: Draft, step: DraftStep) -> dict[str, Any]:
    return {
        "kind": "clicked",
        "draft": str(draft.uid),
        "model_sha256": step.model_sha256,
        "preset": step.preset,
        "clicks": draft.head,
    }


def _follow(edit: Edit) -> UUID | None:
    """Open the draft that an undone edit had saved; close it again when that is redone."""
    draft = _draft_saved_by(edit)
    if draft is None:
        return None
    if _takes_back(edit):
        if draft.state != DraftState.SAVED:
            return None
        draft.state = DraftState.OPEN
        if draft.start_label is not None:
            draft.start_revision = draft.start_label.revision
        draft.save()
        return draft.uid
    if draft.state == DraftState.OPEN and _is_as_saved(draft):
        draft.state = DraftState.SAVED
        draft.save()
    return None


def _is_as_saved(draft: Draft) -> bool:
    shown = shown_step(draft)
    if draft.label is None or shown is None:
        return False
    # Saves of earlier versions noted no outline, and what they stored was never cut.
    saved = draft.save_request.get("outline") or _hash(bytes(draft.label.geometry))
    return _hash(kept_outline(draft, shown)) == saved


def _hash(outline: bytes) -> str:
    return sha256(outline).hexdigest()


def _takes_back(edit: Edit) -> bool:
    """Whether a chain of undos ends in "not done" (odd) or in "done again" (even)."""
    takes_back = False
    while edit.inverts is not None:
        edit, takes_back = edit.inverts, not takes_back
    return takes_back


def _draft_saved_by(edit: Edit) -> Draft | None:
    """The draft saved by the edit at the bottom of a chain of undos."""
    while edit.inverts is not None:
        edit = edit.inverts
    return (
        Draft.objects.select_related("start_label", "label")
        .filter(label__changes__edit=edit, save_request__edit=str(edit.uid))
        .first()
    )


def _hold_draft_saved_by(member: Member, uid: UUID) -> None:
    """Take the draft's lock before the project's, as a save does (`projects.lock`)."""
    edit = member.project.edits.filter(uid=uid).first()
    draft = _draft_saved_by(edit) if edit is not None else None
    if draft is not None:
        Draft.objects.select_for_update(no_key=True).get(pk=draft.pk)
