"""What a person does with a draft until they save it: one function each, one transaction.

Only its owner acts on a draft. Everything may be sent twice (an outbox does so after a lost
connection) but undo and redo of a click, which have no number of their own.
"""

from uuid import UUID

from django.db import transaction

from webapp.drafts.models import HEAVY, Draft, DraftState, DraftStep
from webapp.drafts.places import refuse_where_no_image_is
from webapp.drafts.queries import draft_of, draft_to_change, need_open, typical_px
from webapp.errors import Conflict, NotAllowed, NotFound
from webapp.labels.models import Label, ReviewState
from webapp.labels.queries import label_of, usable_class
from webapp.projects.lock import lock
from webapp.projects.roles import Member, Who


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
        need_open(draft)
        if step > draft.head + 1:
            raise Conflict("A click before this one is missing. Load the page to see your draft.")
        refuse_where_no_image_is(draft.layer, x_map, y_map)
        draft.steps.filter(number__gte=step).delete()
        DraftStep.objects.create(
            draft=draft, number=step, x_map=x_map, y_map=y_map, include=include
        )
        draft.head = step
        if step == 1:
            draft.typical_px = typical_px(draft)
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
        need_open(draft)
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
        need_open(draft)
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
        need_open(draft)
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
        need_open(draft)
        return draft


def _move_head(member: Member, uid: UUID, *, by: int) -> Draft:
    with transaction.atomic():
        draft = draft_to_change(member, uid)
        need_open(draft)
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
