"""Drafts: parts that the project's rule leaves out, and keeping them."""

import base64

import pytest
import shapely

from inference.messages import AllParts
from tests.drawn.drafter import X, Y, shown
from webapp.drafts import actions, saving
from webapp.drafts.models import Draft, DraftState
from webapp.errors import BadInput, Conflict
from webapp.ids import new_uid
from webapp.labels.geometry import area_of_wkb, coordinates_from_wkb
from webapp.labels.models import Label


def two_discs(step=1):
    """WKB of a disc around a click, and of another that no click is in."""
    discs = [shapely.Point(X + right, Y).buffer(3) for right in (step, 30)]
    return shapely.to_wkb(shapely.MultiPolygon(discs), byte_order=1)


def all_parts(wkb, **other):
    values = {"holes_filled": 2, "cut_at_image_edge": True, "coarse_factor": 4, **other}
    return AllParts(outline=base64.b64encode(wkb).decode(), **values)


def answered(ana):
    """A draft of one click whose outline has a part left out."""
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft, parts_left_out=1, all_parts=all_parts(two_discs()))
    return draft


def keep_all(ana, draft, *, on=True):
    return actions.keep_all_parts(ana.member, draft.uid, keep_all=on)


def test_left_out_parts_are_kept_with_the_step_and_told(ana):
    draft = answered(ana)
    step = draft.steps.get()
    assert bytes(step.all_parts) == two_discs()
    answer = shown(draft).answer
    assert answer.outline == coordinates_from_wkb(bytes(step.outline))
    said = answer.all_parts
    assert said.outline == coordinates_from_wkb(two_discs())
    assert said.area_m2 == area_of_wkb(two_discs())
    assert (said.holes_filled, said.cut_at_image_edge, said.coarse_factor) == (2, True, 4)


def test_answer_that_leaves_nothing_out_has_no_other_outline(ana):
    draft = answered(ana)
    ana.click(draft, 2)
    assert ana.answer(draft).all_parts is None


def test_step_answered_before_left_out_parts_were_kept_only_counts_them(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft, parts_left_out=2)
    step = draft.steps.get()
    del step.last_pass["all_parts"]
    step.save()
    keep_all(ana, draft)
    answer = shown(draft).answer
    assert (answer.parts_left_out, answer.all_parts) == (2, None)
    assert ana.saved(draft).edit is not None


def test_broken_left_out_parts_are_refused_and_the_outline_stays(ana):
    draft = answered(ana)
    before = shown(draft)
    ana.click(draft, 2)
    with pytest.raises(BadInput):
        ana.answer(draft, all_parts=all_parts(b"\x01\x06"))
    assert shown(draft).answer == before.answer


def test_all_parts_are_saved_bit_for_bit(ana):
    draft = answered(ana)
    keep_all(ana, draft)
    ana.saved(draft)
    assert bytes(Label.objects.get().geometry) == two_discs()


def test_kept_parts_and_no_others_are_saved_after_going_back_to_the_rule(ana):
    draft = answered(ana)
    keep_all(ana, draft)
    keep_all(ana, draft, on=False)
    ana.saved(draft)
    assert bytes(Label.objects.get().geometry) == bytes(draft.steps.get().outline)


def test_keeping_all_holds_for_further_clicks_and_undo_takes_clicks_back_only(ana):
    draft = answered(ana)
    keep_all(ana, draft)
    ana.click(draft, 2)
    ana.answer(draft, parts_left_out=1, all_parts=all_parts(two_discs(2)))
    assert shown(draft).keep_all
    actions.undo_click(ana.member, draft.uid)
    assert shown(draft).keep_all
    ana.saved(draft)
    assert bytes(Label.objects.get().geometry) == two_discs()


def test_keeping_all_sent_twice_is_kept_once_also_when_the_draft_is_closed(ana):
    draft = answered(ana)
    assert keep_all(ana, draft).keep_all
    assert keep_all(ana, draft).keep_all
    ana.saved(draft)
    assert keep_all(ana, draft).state == DraftState.SAVED
    with pytest.raises(Conflict):
        keep_all(ana, draft, on=False)


def test_parts_of_which_none_was_clicked_can_be_kept_and_saved(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft, outline="", parts_left_out=2, all_parts=all_parts(two_discs()))
    with pytest.raises(BadInput):
        ana.save(draft)
    keep_all(ana, draft)
    ana.saved(draft)
    assert bytes(Label.objects.get().geometry) == two_discs()


def test_redone_save_of_all_parts_closes_the_untouched_draft(ana):
    draft = answered(ana)
    keep_all(ana, draft)
    saved = ana.saved(draft).edit
    undone = saving.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
    assert shown(draft).keep_all
    saving.undo_with_drafts(ana.member, uid=new_uid(), edit=undone.uid)
    assert Draft.objects.get().state == DraftState.SAVED


def test_redone_save_leaves_a_draft_open_whose_parts_are_kept_otherwise(ana):
    draft = answered(ana)
    keep_all(ana, draft)
    saved = ana.saved(draft).edit
    undone = saving.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
    keep_all(ana, draft, on=False)
    saving.undo_with_drafts(ana.member, uid=new_uid(), edit=undone.uid)
    assert Draft.objects.get().state == DraftState.OPEN
