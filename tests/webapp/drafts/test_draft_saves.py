"""Drafts: how they become labels, and how they come back."""

import pytest

from tests.drawn.drafter import X, Y, shown
from tests.drawn.engine_answers import disc
from tests.drawn.labelled_project import LEFT, TOP, class_uid, draw_label, member_of
from tests.drawn.polygons import blob, square
from webapp.drafts import actions, saving
from webapp.drafts.models import Draft, DraftState
from webapp.errors import AppError, BadInput, Conflict, NotFound
from webapp.ids import new_uid
from webapp.labels import actions as label_actions
from webapp.labels.geometry import area_of_wkb, shape_from_coordinates
from webapp.labels.models import Certainty, Edit, Label
from webapp.labels.schemas import AtRevision
from webapp.projects.models import OverlapRule, Project

EMPTY_OUTLINE = ""


# --- Saving ------------------------------------------------------------------------------------


def test_saved_polygon_is_the_outline_bit_for_bit(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    finished = ana.saved(draft)
    row = Label.objects.get()
    assert bytes(row.geometry) == bytes(draft.steps.get().outline) == disc(X + 1, Y, 3.3)
    assert row.origin == {
        "kind": "clicked",
        "draft": str(draft.uid),
        "model_sha256": "ab" * 32,
        "preset": "interactive",
        "clicks": 1,
    }
    assert (row.certainty, row.note) == (Certainty.POSSIBLE, "wet")
    assert (finished.draft.state, finished.draft.label) == (DraftState.SAVED, row)
    assert finished.edit.labels[0].clicks == 1


def test_save_sent_twice_makes_one_label(ana):
    draft, edit = ana.open(), new_uid()
    ana.click(draft, 1)
    ana.answer(draft)
    ana.saved(draft, edit)
    assert ana.saved(draft, edit) is None
    assert ana.save(draft, edit).state == DraftState.SAVED
    assert Label.objects.count() == 1


def test_saved_draft_takes_no_clicks_and_no_other_save(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    ana.saved(draft)
    assert ana.click(draft, 1).state == DraftState.SAVED  # a resent click
    for act in (
        lambda: ana.click(draft, 2),
        lambda: ana.save(draft),
        lambda: actions.undo_click(ana.member, draft.uid),
        lambda: actions.discard_draft(ana.member, draft.uid),
    ):
        with pytest.raises(Conflict):
            act()


@pytest.mark.parametrize("clicks", [0, 1])
def test_draft_without_an_outline_is_not_saved(ana, clicks):
    draft = ana.open()
    for step in range(1, clicks + 1):
        ana.click(draft, step)
        ana.answer(draft, outline=EMPTY_OUTLINE)
    with pytest.raises(BadInput) as refused:
        ana.save(draft)
    assert refused.value.sentence == "Nothing found here: add a click, or draw it."
    assert Draft.objects.get().state == DraftState.OPEN


def test_save_that_waited_in_vain_opens_the_draft_again(ana):
    draft = ana.open()
    ana.click(draft, 1)
    finished = ana.saved(draft)  # the engine never answered
    assert finished.refused.sentence == "Nothing found here: add a click, or draw it."
    assert Draft.objects.get().state == DraftState.OPEN
    ana.answer(draft)
    assert ana.saved(draft).edit is not None


def test_refined_label_keeps_number_note_and_certainty_and_gets_the_new_outline(ana, place):
    made = draw_label(place, place.ana)
    draft = ana.open(start_label=made.labels[0].uid)
    ana.click(draft, 1)
    ana.answer(draft)
    finished = ana.saved(draft, code="ICE_MIX")
    (label,) = finished.edit.labels
    assert (finished.edit.kind, label.number, label.revision) == ("reshape", 1, 2)
    assert label.label_class == class_uid(place.project, "ICE_MIX")
    assert (label.certainty, label.note) == (Certainty.SURE, "")
    assert bytes(Label.objects.get().geometry) == bytes(draft.steps.get().outline)


def test_refinement_of_a_label_that_went_on_is_a_conflict_and_the_draft_stays(ana, place):
    made = draw_label(place, place.ana)
    draft = ana.open(start_label=made.labels[0].uid)
    ana.click(draft, 1)
    ana.answer(draft)
    theirs = label_actions.reshape_label(
        member_of(place.project, place.max),
        uid=new_uid(),
        label=made.labels[0].uid,
        base_revision=1,
        shape=shape_from_coordinates(blob(1, LEFT + 60, TOP - 60)),
    )
    finished = ana.saved(draft)
    assert isinstance(finished.refused, Conflict)
    assert finished.refused.current == theirs.labels[0].model_dump(mode="json")
    assert Draft.objects.get().state == DraftState.OPEN


def test_member_who_was_taken_out_saves_nothing(ana, place):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    ana.save(draft)
    place.project.memberships.filter(user=place.ana).delete()
    assert isinstance(saving.finish_save(draft.pk).refused, NotFound)
    assert not Label.objects.exists()


# --- In a project that cuts --------------------------------------------------------------------


@pytest.fixture
def cutting(place):
    """Max has labelled the right side of what Ana is about to click."""
    Project.objects.update(overlaps=OverlapRule.CUT)
    return draw_label(place, place.max, square(X + 1, Y - 20, 40))


def test_saved_draft_is_cut_and_its_redo_closes_it(ana, cutting):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    saved = ana.saved(draft).edit
    whole = area_of_wkb(bytes(draft.steps.get().outline))
    assert [cut.number for cut in saved.cut] == [cutting.labels[0].number]
    assert saved.labels[0].area_m2 == pytest.approx(whole / 2)
    stored = bytes(Label.objects.get(uid=saved.labels[0].uid).geometry)
    undone = saving.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
    assert Draft.objects.get().state == DraftState.OPEN
    redone = saving.undo_with_drafts(ana.member, uid=new_uid(), edit=undone.uid)
    assert (Draft.objects.get().state, redone.cut) == (DraftState.SAVED, [])
    assert bytes(Label.objects.get(uid=saved.labels[0].uid).geometry) == stored


def test_refinement_is_cut_at_others(ana, place, cutting):
    made = draw_label(place, place.ana, square(X - 20, Y, 10))
    draft = ana.open(start_label=made.labels[0].uid)
    ana.click(draft, 1)
    ana.answer(draft)
    edit = ana.saved(draft).edit
    assert [cut.number for cut in edit.cut] == [cutting.labels[0].number]


def test_draft_that_lies_on_others_altogether_stays_open(ana, cutting):
    draft = ana.open()
    ana.click(draft, 1, x=X + 20)
    ana.answer(draft)
    finished = ana.saved(draft)
    assert finished.refused.sentence == "All of this lies on #1, so nothing was saved."
    assert Draft.objects.get().state == DraftState.OPEN
    assert Label.objects.count() == 1


def test_redo_of_a_save_from_before_outlines_were_noted_closes_its_draft(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    saved = ana.saved(draft).edit
    row = Draft.objects.get()
    del row.save_request["outline"]
    row.save()
    undone = saving.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
    saving.undo_with_drafts(ana.member, uid=new_uid(), edit=undone.uid)
    assert Draft.objects.get().state == DraftState.SAVED


# --- Undoing a save ----------------------------------------------------------------------------


def test_undone_save_deletes_the_label_and_opens_the_draft_with_its_clicks(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    before = shown(draft)
    saved = ana.saved(draft).edit
    uid = new_uid()
    undone = saving.undo_with_drafts(ana.member, uid=uid, edit=saved.uid)
    assert undone.reopened_draft == draft.uid
    assert undone.labels[0].deleted
    assert shown(draft).model_copy(update={"label_class": None}) == before
    again = saving.undo_with_drafts(ana.member, uid=uid, edit=saved.uid)
    assert again.reopened_draft == draft.uid


def test_redone_save_brings_the_label_back_and_closes_the_untouched_draft(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    saved = ana.saved(draft).edit
    undone = saving.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
    redone = saving.undo_with_drafts(ana.member, uid=new_uid(), edit=undone.uid)
    assert (redone.reopened_draft, redone.labels[0].deleted) == (None, False)
    assert Draft.objects.get().state == DraftState.SAVED
    third = saving.undo_with_drafts(ana.member, uid=new_uid(), edit=redone.uid)
    assert third.reopened_draft == draft.uid


def test_reopened_draft_that_went_on_stays_open_and_saves_as_a_new_label(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    saved = ana.saved(draft).edit
    undone = saving.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
    ana.click(draft, 2)
    ana.answer(draft)
    saving.undo_with_drafts(ana.member, uid=new_uid(), edit=undone.uid)
    assert Draft.objects.get().state == DraftState.OPEN
    assert ana.saved(draft).edit.labels[0].number == 2


def test_resent_save_of_a_save_that_was_undone_does_nothing(ana):
    draft, edit = ana.open(), new_uid()
    ana.click(draft, 1)
    ana.answer(draft)
    ana.saved(draft, edit)
    saving.undo_with_drafts(ana.member, uid=new_uid(), edit=edit)
    assert ana.save(draft, edit).state == DraftState.OPEN
    assert Edit.objects.count() == 2


def test_undone_refinement_opens_its_draft_and_can_be_saved_again(ana, place):
    made = draw_label(place, place.ana)
    draft = ana.open(start_label=made.labels[0].uid)
    ana.click(draft, 1)
    ana.answer(draft)
    saved = ana.saved(draft).edit
    undone = saving.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
    assert undone.labels[0].geometry == made.labels[0].geometry
    assert undone.reopened_draft == draft.uid
    ana.click(draft, 2)
    ana.answer(draft)
    assert ana.saved(draft).edit.labels[0].revision == 4


def test_undone_edit_of_a_drawn_label_opens_no_draft(ana, place):
    made = draw_label(place, place.ana)
    assert saving.undo_with_drafts(ana.member, uid=new_uid(), edit=made.uid).reopened_draft is None


def test_save_that_somebody_built_upon_is_not_undone_and_its_draft_stays_closed(ana, place):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    saved = ana.saved(draft).edit
    label_actions.classify_labels(
        member_of(place.project, place.max),
        uid=new_uid(),
        labels=[AtRevision(label=saved.labels[0].uid, base_revision=1)],
        label_class=None,
        certainty=Certainty.SURE,
        note=None,
    )
    with pytest.raises(Conflict):
        saving.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
    assert Draft.objects.get().state == DraftState.SAVED


def test_discarded_draft_comes_back_as_it_was(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    before = shown(draft)
    assert actions.discard_draft(ana.member, draft.uid).state == DraftState.DISCARDED
    with pytest.raises(AppError):
        ana.click(draft, 2)
    actions.restore_draft(ana.member, draft.uid)
    assert shown(draft) == before
