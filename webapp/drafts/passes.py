"""Passes as they arrive from an engine: checked, then kept with the step they answer."""

import base64
import binascii
import zlib

from django.db import transaction

from inference.messages import PassDone, Segment, WindowMask
from webapp.drafts.events import AnswerOut
from webapp.drafts.models import HEAVY, Draft, DraftStep
from webapp.drafts.queries import RUNNING, answer_out
from webapp.errors import BadInput
from webapp.labels.geometry import parts_in_wkb, shape_from_wkb

_SAID = (
    "number",
    "limit",
    "parts_left_out",
    "specks_left_out",
    "holes_filled",
    "cut_at_image_edge",
    "coarse_factor",
    "all_parts",
)


def record_pass(draft_pk: int, request: Segment, answer: PassDone) -> AnswerOut | None:
    """Keep a pass with its step; what the page is to show, or None where it changes nothing.

    A pass is dropped when the draft is closed, when the clicks it answers are not the draft's any
    more, or when its step already has a later pass (after an undo a step may run again).

    Args:
        draft_pk: the draft.
        request: what the engine was asked.
        answer: one of its passes.

    Raises:
        BadInput: mask or outline are broken; nothing is kept.
    """
    mask = _mask_bytes(answer.mask)
    outline = _outline_wkb(answer.outline)
    all_parts = _outline_wkb(answer.all_parts.outline) if answer.all_parts else b""
    with transaction.atomic():
        draft = (
            Draft.objects.select_for_update(no_key=True, of=("self",))
            .select_related("project")
            .filter(pk=draft_pk, state__in=RUNNING)
            .first()
        )
        step = _step_answered(draft, request) if draft else None
        if draft is None or step is None:
            return None
        if not answer.settled and answer.number < step.last_pass.get("number", 0):
            return None
        step.window = answer.mask.window.model_dump()
        step.grid_left, step.grid_top = request.source.grid.left, request.source.grid.top
        step.mask = mask
        step.outline, step.all_parts = outline, all_parts
        step.last_pass = answer.model_dump(include=set(_SAID), exclude={"all_parts": {"outline"}})
        step.settled = answer.settled
        step.model_sha256 = answer.model_sha256
        step.preset = answer.preset[:20]
        step.save()
        return answer_out(step, draft.project) if step.number == draft.head else None


def _step_answered(draft: Draft, request: Segment) -> DraftStep | None:
    """The step of the request, if its clicks are still those of the draft, and count."""
    if request.step > draft.head:
        return None
    steps = list(draft.steps.filter(number__lte=request.step).defer(*HEAVY))
    asked = [(click.x, click.y, click.include) for click in request.clicks]
    kept = [(step.x_map, step.y_map, step.include) for step in steps]
    return steps[-1] if asked == kept else None


def _mask_bytes(mask: WindowMask) -> bytes:
    """The deflated mask; it must inflate to size x size bytes and no more."""
    pixels = mask.window.size**2
    try:
        deflated = base64.b64decode(mask.data, validate=True)
        inflater = zlib.decompressobj()
        length = len(inflater.decompress(deflated, pixels + 1))
    except (binascii.Error, zlib.error) as error:
        raise BadInput(_BROKEN) from error
    if length != pixels or inflater.unconsumed_tail:
        raise BadInput(_BROKEN)
    return deflated


def _outline_wkb(encoded: str) -> bytes:
    """The outline to the bit; empty bytes where nothing was found."""
    try:
        wkb = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise BadInput(_BROKEN) from error
    is_empty = not wkb or parts_in_wkb(wkb) == 0
    return b"" if is_empty else shape_from_wkb(wkb).wkb


_BROKEN = "The engine's answer was broken, so the outline stays as it was. Click again to go on."
