"""What a person does with a draft: one function each, one transaction.

Only its owner acts on a draft. Everything may be sent twice (an outbox does so after a lost
connection) but undo and redo of a click, which have no number of their own.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from webapp.drafts.models import HEAVY, Draft, DraftState, DraftStep
from webapp.drafts.places import refuse_where_no_image_is
from webapp.drafts.queries import (
    draft_of,
    draft_to_change,
    is_finished,
    kept_outline,
    shown_step,
    typical_px,
)
from webapp.errors import AppError, BadInput, Conflict, NotAllowed, NotFound
from webapp.labels.actions import create_label, reshape_label, undo_edit
from webapp.labels.geometry import shape_from_wkb
from webapp.labels.models import Certainty, Edit, Label, ReviewState
from webapp.labels.queries import label_of, usable_class
from webapp.labels.schemas import EditOut
from webapp.projects.lock import lock
from webapp.projects.queries import member as member_in
from webapp.projects.roles import Member, Who

NOTHING_FOUND = "Nothing found here: add a click, or draw it."


@dataclass(frozen=True, slots=True)
class Finished:
    """How a save ended: with its edit, or refused, and then the draft is open again."""

    draft: Draft
    edit: EditOut | None
    refused: AppError | None


def open_draft(
    member: Member, uid: UUID, *, layer: UUID, label_class: UUID | None, start_label: UUID | None
) -> Draft:
    """Begin an object, or the refinement of a label.

    Raises:
        NotFound: layer, class or label are not in the project.
        NotAllowed: the label is accepted, and the person no manager.
        Conflict: the id is taken, or the label is deleted.
    """
    with transaction.atomic():
        lock(member.project)  # of two that open one draft at once, the second finds it open
        if Draft.objects.filter(uid=uid).exists():
            return _opened_before(member, uid)
        label = label_of(member.project, start_label) if start_label else None
        if label is not None:
            _refuse_to_refine(member, label)
        on = member.project.layers.filter(uid=layer).first()
        if on is None or not on.version:
            raise NotFound("This imagery cannot be shown yet, so no draft was begun.")
        classified = usable_class(member.project, label_class) if label_class else None
        return Draft.objects.create(
            uid=uid,
            project=member.project,
            layer=on,
            owner=member.user,
            label_class=classified or (label.label_class if label else None),
            start_label=label,
            start_revision=label.revision if label else None,
            start_outline=bytes(label.geometry) if label else b"",
        )


def add_click(
    member: Member, uid: UUID, *, step: int, x_map: float, y_map: float, include: bool
) -> Draft:
    """Append a click after the head; what a redo would have brought back is gone.

    Raises:
        BadInput: there is no image at this place.
        Conflict: the draft is closed, or other clicks were made meanwhile.
    """
    with transaction.atomic():
        draft = draft_to_change(member, uid)
        if step <= draft.head:
            _refuse_another_click(draft, step, (x_map, y_map, include))
            return draft
        _need_open(draft)
        if step > draft.head + 1:
            raise Conflict("A click before this one is missing. Load the page to see your draft.")
        refuse_where_no_image_is(draft.layer, x_map, y_map)
        draft.steps.filter(number__gte=step).delete()
        DraftStep.objects.create(
            draft=draft, number=step, x_map=x_map, y_map=y_map, include=include
        )
        draft.head = step
        if step == 1:
            draft.typical_px = typical_px(draft.project, draft.layer)
        draft.save()
        return draft


def undo_click(member: Member, uid: UUID) -> Draft:
    """Move the head back by one click; at the beginning it stays."""
    return _move_head(member, uid, by=-1)


def redo_click(member: Member, uid: UUID) -> Draft:
    """Move the head forward by one click; at the end it stays."""
    return _move_head(member, uid, by=1)


def stop_draft(member: Member, uid: UUID) -> Draft:
    """Want no further pass for the head: what is shown is what a save takes."""
    with transaction.atomic():
        draft = draft_to_change(member, uid)
        _need_open(draft)
        head = draft.steps.filter(number=draft.head).defer(*HEAVY).first()
        if head is not None and head.last_pass and not head.settled:
            head.last_pass["stopped"] = True
            head.save(update_fields=["last_pass"])
        return draft


def classify_draft(member: Member, uid: UUID, *, label_class: UUID) -> Draft:
    """Give a draft its class.

    Raises:
        NotFound, BadInput: the class is not in the project, or retired.
        Conflict: the draft is closed.
    """
    with transaction.atomic():
        draft = draft_to_change(member, uid)
        _need_open(draft)
        draft.label_class = usable_class(member.project, label_class)
        draft.save()
        return draft


def keep_all_parts(member: Member, uid: UUID, *, keep_all: bool) -> Draft:
    """Keep also the parts that the project's rule leaves out, or go back to the rule.

    Raises:
        Conflict: the draft is closed.
    """
    with transaction.atomic():
        draft = draft_to_change(member, uid)
        if draft.keep_all == keep_all:
            return draft  # sent twice
        _need_open(draft)
        draft.keep_all = keep_all
        draft.save()
        return draft


def discard_draft(member: Member, uid: UUID) -> Draft:
    """Put a draft away, clicks and all.

    Raises:
        Conflict: it is saved.
    """
    with transaction.atomic():
        draft = draft_to_change(member, uid)
        if draft.state == DraftState.SAVED:
            raise Conflict("This draft is saved already. Undo the save to change it.")
        draft.state = DraftState.DISCARDED
        draft.save()
        return draft


def restore_draft(member: Member, uid: UUID) -> Draft:
    """Bring a discarded draft back.

    Raises:
        Conflict: it is saved, or there is no image under it any more.
    """
    with transaction.atomic():
        draft = draft_to_change(member, uid)
        if not draft.layer.version:
            raise Conflict("The image under this draft was removed, so it stays closed.")
        if draft.state == DraftState.DISCARDED:
            draft.state = DraftState.OPEN
            draft.save()
        _need_open(draft)
        return draft


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
        _need_open(draft)
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
        NotFound, NotAllowed, Conflict: as `labels.actions.undo_edit`.
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


def _need_open(draft: Draft) -> None:
    match draft.state:
        case DraftState.SAVING:
            raise Conflict("This draft is being saved. Click again to begin the next one.")
        case DraftState.SAVED:
            raise Conflict("This draft is saved already. Undo the save to change it.")
        case DraftState.DISCARDED:
            raise Conflict("This draft was discarded. Restore it, or click to begin a new one.")


def _move_head(member: Member, uid: UUID, *, by: int) -> Draft:
    with transaction.atomic():
        draft = draft_to_change(member, uid)
        _need_open(draft)
        draft.head = min(max(draft.head + by, 0), draft.steps.count())
        draft.save()
        return draft


def _opened_before(member: Member, uid: UUID) -> Draft:
    try:
        return draft_of(member, uid)
    except NotFound as error:
        raise Conflict("This draft carries a number that is taken. Click again.") from error


def _refuse_another_click(draft: Draft, step: int, click: tuple[float, float, bool]) -> None:
    known = draft.steps.get(number=step)
    if (known.x_map, known.y_map, known.include) != click:
        raise Conflict("This draft went on in another window. Load the page to see it.")


def _refuse_to_refine(member: Member, label: Label) -> None:
    if label.deleted:
        raise Conflict(f"{label} was deleted, so it cannot be refined.")
    if label.review_state == ReviewState.ACCEPTED and not member.may(Who.MANAGER):
        raise NotAllowed(f"{label} is accepted. Ask for it to be reopened.")
