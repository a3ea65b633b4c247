import base64
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.messages import WindowMask, WindowMessage
from tests.drawn.engine_answers import disc, draw_pass
from tests.drawn.labelled_project import (
    LEFT,
    TOP,
    class_uid,
    draw_label,
    label_row,
    member_of,
    prepare,
)
from tests.drawn.polygons import blob, square
from webapp.drafts import actions, queries
from webapp.drafts.models import Draft, DraftState
from webapp.drafts.passes import record_pass
from webapp.errors import AppError, BadInput, Conflict, NotAllowed, NotFound
from webapp.ids import new_uid
from webapp.labels import actions as label_actions
from webapp.labels.geometry import coordinates_from_wkb, shape_from_coordinates
from webapp.labels.models import Certainty, Edit, Label, ReviewState
from webapp.labels.schemas import AtRevision
from webapp.projects.models import Membership, Project, Role

X, Y = LEFT + 100.5, TOP - 100.5
EMPTY_OUTLINE = ""


class Drafter:
    """Somebody who makes drafts in the project of the cast."""

    def __init__(self, cast, user):
        self.cast, self.user = cast, user

    @property
    def member(self):
        return member_of(self.cast.project, self.user)

    def open(self, uid=None, start_label=None, label_class=None):
        return actions.open_draft(
            self.member,
            uid or new_uid(),
            layer=self.cast.project.layers.get().uid,
            label_class=label_class,
            start_label=start_label,
        )

    def click(self, draft, step, x=None, y=Y, include=True):
        return actions.add_click(
            self.member,
            draft.uid,
            step=step,
            x_map=X + step if x is None else x,
            y_map=y,
            include=include,
        )

    def answer(self, draft, number=3, limit=3, **other):
        """The engine answers what the draft's head asks now."""
        request = queries.segment_for(draft.pk)
        return record_pass(draft.pk, request, draw_pass(request, number, limit, **other))

    def save(self, draft, edit=None, code="ICEPLANT"):
        return actions.ask_to_save(
            self.member,
            draft.uid,
            edit=edit or new_uid(),
            label_class=class_uid(self.cast.project, code),
            certainty=Certainty.POSSIBLE,
            note="wet",
        )

    def saved(self, draft, edit=None, code="ICEPLANT"):
        self.save(draft, edit, code)
        return actions.finish_save(draft.pk)


@pytest.fixture
def place(cast):
    prepare(cast.project)
    return cast


@pytest.fixture
def ana(place):
    return Drafter(place, place.ana)


def shown(draft):
    return queries.draft_out(Draft.objects.get(pk=draft.pk))


# --- Opening -----------------------------------------------------------------------------------


def test_draft_opened_twice_is_opened_once(ana):
    uid = new_uid()
    assert ana.open(uid).pk == ana.open(uid).pk


def test_draft_id_of_somebody_else_is_refused(ana, place):
    uid = new_uid()
    ana.open(uid)
    with pytest.raises(Conflict):
        Drafter(place, place.max).open(uid)


def test_draft_of_somebody_else_is_not_found(ana, place):
    draft = ana.open()
    with pytest.raises(NotFound):
        Drafter(place, place.max).click(draft, 1)


def test_draft_on_a_layer_that_is_not_ready_is_not_begun(ana, place):
    place.project.layers.update(version="")
    with pytest.raises(NotFound):
        ana.open()
    assert not Draft.objects.exists()


def test_accepted_label_is_not_refined_by_an_annotator(ana, place):
    made = draw_label(place, place.ana)
    Label.objects.update(review_state=ReviewState.ACCEPTED)
    with pytest.raises(NotAllowed):
        ana.open(start_label=made.labels[0].uid)
    assert Drafter(place, place.max).open(start_label=made.labels[0].uid).start_revision == 1


# --- Clicks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (LEFT - 0.1, Y, "There is no image here. Click on the image, or choose another flight."),
        (LEFT + 600, Y, "There is no image here. Click on the image, or choose another flight."),
        (X, TOP - 600, "There is no image here. Click on the image, or choose another flight."),
        (LEFT + 500, Y, "This part of the image is empty."),
    ],
    ids=["left of it", "on its right edge", "on its lower edge", "nodata"],
)
def test_click_where_no_image_is_changes_nothing(ana, x, y, said):
    draft = ana.open()
    ana.click(draft, 1)
    before = shown(draft)
    with pytest.raises(BadInput) as refused:
        ana.click(draft, 2, x, y)
    assert refused.value.sentence == said
    assert shown(draft) == before


def test_click_on_the_first_pixel_and_on_the_footprints_edge_counts(ana):
    draft = ana.open()
    ana.click(draft, 1, LEFT, TOP)
    ana.click(draft, 2, LEFT + 480, TOP - 1)
    assert shown(draft).head == 2


def test_click_sent_twice_is_one_click(ana):
    draft = ana.open()
    ana.click(draft, 1)
    assert ana.click(draft, 1).head == 1
    assert draft.steps.count() == 1


def test_another_click_under_a_number_that_is_taken_is_a_conflict(ana):
    draft = ana.open()
    ana.click(draft, 1)
    with pytest.raises(Conflict):
        ana.click(draft, 1, include=False)


def test_click_that_leaves_one_out_is_a_conflict(ana):
    draft = ana.open()
    with pytest.raises(Conflict):
        ana.click(draft, 2)


def test_new_click_cuts_what_a_redo_would_have_brought_back(ana):
    draft = ana.open()
    for step in (1, 2, 3):
        ana.click(draft, step)
    actions.undo_click(ana.member, draft.uid)
    actions.undo_click(ana.member, draft.uid)
    ana.click(draft, 2, include=False)
    actions.redo_click(ana.member, draft.uid)
    out = shown(draft)
    assert (out.head, [step.include for step in out.steps]) == (2, [True, False])


def test_undo_at_the_beginning_and_redo_at_the_end_stay(ana):
    draft = ana.open()
    assert actions.undo_click(ana.member, draft.uid).head == 0
    ana.click(draft, 1)
    assert actions.redo_click(ana.member, draft.uid).head == 1


def test_undo_shows_the_stored_outline_and_asks_for_nothing(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    before = shown(draft)
    ana.click(draft, 2)
    ana.answer(draft)
    assert shown(draft).answer != before.answer
    actions.undo_click(ana.member, draft.uid)
    assert shown(draft).answer == before.answer
    assert queries.segment_for(draft.pk) is None


def test_undo_to_an_unsettled_step_runs_its_passes_again_from_the_mask_before_it(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    ana.click(draft, 2)
    first_time = queries.segment_for(draft.pk)
    ana.answer(draft, number=2)
    ana.click(draft, 3)
    actions.undo_click(ana.member, draft.uid)
    again = queries.segment_for(draft.pk)
    assert again.model_copy(update={"request": first_time.request}) == first_time


moves = st.lists(
    st.sampled_from(["click", "exclude", "undo", "redo", "pass", "settle"]), max_size=25
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves)
def test_undo_after_any_click_restores_the_draft_to_the_bit(cast, drawn):
    project = Project.objects.create(name=f"Example {new_uid()}", created_by=cast.max)
    Membership.objects.create(project=project, user=cast.ana, role=Role.ANNOTATOR)
    prepare(project)
    ana = Drafter(type(cast)(project, *(None,) * 5), cast.ana)
    draft = ana.open()

    def columns():
        row = Draft.objects.get(pk=draft.pk)
        steps = row.steps.filter(number__lte=row.head)
        return row.head, list(
            steps.values("x_map", "y_map", "include", "mask", "outline", "settled")
        )

    for move in drawn:
        head = Draft.objects.get(pk=draft.pk).head
        if move in ("click", "exclude"):
            before = columns()
            ana.click(draft, head + 1, include=move == "click")
            after = columns()
            actions.undo_click(ana.member, draft.uid)
            assert columns() == before
            actions.redo_click(ana.member, draft.uid)
            assert columns() == after
        elif move in ("undo", "redo"):
            (actions.undo_click if move == "undo" else actions.redo_click)(ana.member, draft.uid)
        elif queries.segment_for(draft.pk) is not None:
            ana.answer(draft, number=3 if move == "settle" else 1)


# --- What an engine is asked -------------------------------------------------------------------


def test_request_carries_all_clicks_up_to_the_head_and_the_mask_before_it(ana):
    draft = ana.open()
    ana.click(draft, 1)
    first = queries.segment_for(draft.pk)
    assert (first.previous, first.start_outline) == (None, None)
    ana.answer(draft)
    ana.click(draft, 2, include=False)
    second = queries.segment_for(draft.pk)
    assert [(click.x, click.include) for click in second.clicks] == [(X + 1, True), (X + 2, False)]
    assert second.previous == draw_pass(first, 3).mask
    assert second.step == 2


def test_first_click_that_excludes_waits_for_an_include_click(ana):
    draft = ana.open()
    ana.click(draft, 1, include=False)
    assert queries.segment_for(draft.pk) is None
    ana.click(draft, 2)
    assert len(queries.segment_for(draft.pk).clicks) == 2


def test_rules_of_the_project_reach_the_engine_in_native_pixels(ana, place):
    Project.objects.update(min_part_m2=9, min_hole_m2=3.6, simplify_px=0.25)
    draft = ana.open()
    ana.click(draft, 1)
    rules = queries.segment_for(draft.pk).rules
    assert (rules.min_part_px, rules.min_hole_px) == (pytest.approx(25), pytest.approx(10))
    assert (rules.deviation_px, rules.keep) == (0.25, "clicked")


def test_refined_label_starts_from_its_shape_and_loses_none_of_its_parts(ana, place):
    one = draw_label(place, place.ana, square(LEFT + 50, TOP - 100))
    two = draw_label(place, place.ana, square(LEFT + 50, TOP - 100) + square(LEFT + 90, TOP - 100))
    for edit, include in ((one, True), (one, False), (two, True)):
        draft = ana.open(start_label=edit.labels[0].uid)
        ana.click(draft, 1, include=include)
        request = queries.segment_for(draft.pk)
        assert base64.b64decode(request.start_outline) == bytes(label_row(edit).geometry)
        assert request.rules.keep == "all"


FOOT = 1200 / 3937


@pytest.mark.parametrize(
    ("metres_per_unit", "typical_px"), [(1.0, 20.0), (FOOT, pytest.approx(20.0 / FOOT))]
)
def test_typical_object_is_told_in_native_pixels(ana, metres_per_unit, typical_px):
    Project.objects.update(typical_object_m=12.0, metres_per_unit=metres_per_unit)
    draft = ana.open()
    ana.click(draft, 1)
    assert queries.segment_for(draft.pk).typical_px == typical_px  # 12 m on pixels of 0.6


def test_change_of_the_typical_object_leaves_a_begun_draft_its_windows(ana):
    Project.objects.update(typical_object_m=12.0)
    draft = ana.open()
    ana.click(draft, 1, include=False)
    Project.objects.update(typical_object_m=60.0)
    ana.click(draft, 2)
    assert queries.segment_for(draft.pk).typical_px == 20.0
    actions.undo_click(ana.member, draft.uid)
    actions.redo_click(ana.member, draft.uid)
    assert queries.segment_for(draft.pk).typical_px == 20.0


def test_first_click_made_anew_takes_the_typical_object_of_now(ana):
    draft = ana.open()
    ana.click(draft, 1)
    assert queries.segment_for(draft.pk).typical_px is None
    Project.objects.update(typical_object_m=12.0)
    actions.undo_click(ana.member, draft.uid)
    ana.click(draft, 1, x=X + 5)
    assert queries.segment_for(draft.pk).typical_px == 20.0


# --- Passes ------------------------------------------------------------------------------------


def test_pass_is_kept_with_its_step_bit_for_bit(ana):
    draft = ana.open()
    ana.click(draft, 1)
    request = queries.segment_for(draft.pk)
    done = draw_pass(
        request,
        2,
        5,
        parts_left_out=2,
        specks_left_out=3,
        holes_filled=1,
        cut_at_image_edge=True,
        coarse_factor=4,
    )
    answer = record_pass(draft.pk, request, done)
    step = draft.steps.get()
    assert bytes(step.outline) == base64.b64decode(done.outline)
    assert bytes(step.mask) == base64.b64decode(done.mask.data)
    assert zlib.decompress(bytes(step.mask)) == bytes([121]) * 32**2
    assert (answer.number, answer.limit, answer.settled) == (2, 5, False)
    assert (answer.parts_left_out, answer.cut_at_image_edge, answer.coarse_factor) == (2, True, 4)
    assert (answer.specks_left_out, answer.holes_filled) == (3, 1)
    assert answer.outline == coordinates_from_wkb(bytes(step.outline))


def test_pass_kept_before_small_things_were_counted_is_still_shown(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    step = draft.steps.get()
    del step.last_pass["specks_left_out"], step.last_pass["holes_filled"]
    step.save()
    assert (shown(draft).answer.specks_left_out, shown(draft).answer.holes_filled) == (0, 0)


def test_pass_for_clicks_that_are_not_there_any_more_is_dropped(ana):
    draft = ana.open()
    ana.click(draft, 1)
    request = queries.segment_for(draft.pk)
    actions.undo_click(ana.member, draft.uid)
    assert record_pass(draft.pk, request, draw_pass(request)) is None
    ana.click(draft, 1, x=X + 20)
    assert record_pass(draft.pk, request, draw_pass(request)) is None
    assert draft.steps.get().last_pass == {}


def test_pass_of_an_earlier_step_is_kept_and_not_shown(ana):
    draft = ana.open()
    ana.click(draft, 1)
    request = queries.segment_for(draft.pk)
    ana.click(draft, 2)
    assert record_pass(draft.pk, request, draw_pass(request, 1)) is None
    assert draft.steps.get(number=1).last_pass["number"] == 1


def test_step_that_runs_again_goes_on_showing_its_later_pass(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft, number=2, limit=4)
    assert ana.answer(draft, number=1, limit=4) is None
    assert shown(draft).answer.number == 2
    assert ana.answer(draft, number=3, limit=4).number == 3


def test_pass_for_a_closed_draft_is_dropped(ana):
    draft = ana.open()
    ana.click(draft, 1)
    request = queries.segment_for(draft.pk)
    actions.discard_draft(ana.member, draft.uid)
    assert record_pass(draft.pk, request, draw_pass(request)) is None


BOMB = base64.b64encode(zlib.compress(b"\0" * 10_000_000)).decode()


@pytest.mark.parametrize(
    "broken",
    [
        {"outline": base64.b64encode(b"\x01\x06").decode()},
        {"outline": "not base64!"},
        {
            "outline": base64.b64encode(
                shape_from_coordinates(square(0, 0)).wkb.replace(
                    bytes(8), b"\0\0\0\0\0\0\xf8\x7f", 1
                )
            ).decode()
        },
        {"mask": WindowMask(window=WindowMessage(col=0, row=0, factor=1, size=32), data=BOMB)},
        {"mask": WindowMask(window=WindowMessage(col=0, row=0, factor=1, size=32), data="eJw=")},
    ],
    ids=["cut short", "no base64", "not a number", "too large a mask", "too small a mask"],
)
def test_broken_answer_is_refused_and_the_outline_stays(ana, broken):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft, number=1)
    before = shown(draft)
    with pytest.raises(BadInput):
        ana.answer(draft, number=2, **broken)
    assert shown(draft) == before


def test_stopped_draft_asks_for_nothing_and_saves_what_is_shown(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft, number=1)
    actions.stop_draft(ana.member, draft.uid)
    assert queries.segment_for(draft.pk) is None
    assert not shown(draft).answer.settled
    assert ana.saved(draft).edit is not None


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
    assert isinstance(actions.finish_save(draft.pk).refused, NotFound)
    assert not Label.objects.exists()


# --- Undoing a save ----------------------------------------------------------------------------


def test_undone_save_deletes_the_label_and_opens_the_draft_with_its_clicks(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    before = shown(draft)
    saved = ana.saved(draft).edit
    uid = new_uid()
    undone = actions.undo_with_drafts(ana.member, uid=uid, edit=saved.uid)
    assert undone.reopened_draft == draft.uid
    assert undone.labels[0].deleted
    assert shown(draft).model_copy(update={"label_class": None}) == before
    again = actions.undo_with_drafts(ana.member, uid=uid, edit=saved.uid)
    assert again.reopened_draft == draft.uid


def test_redone_save_brings_the_label_back_and_closes_the_untouched_draft(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    saved = ana.saved(draft).edit
    undone = actions.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
    redone = actions.undo_with_drafts(ana.member, uid=new_uid(), edit=undone.uid)
    assert (redone.reopened_draft, redone.labels[0].deleted) == (None, False)
    assert Draft.objects.get().state == DraftState.SAVED
    third = actions.undo_with_drafts(ana.member, uid=new_uid(), edit=redone.uid)
    assert third.reopened_draft == draft.uid


def test_reopened_draft_that_went_on_stays_open_and_saves_as_a_new_label(ana):
    draft = ana.open()
    ana.click(draft, 1)
    ana.answer(draft)
    saved = ana.saved(draft).edit
    undone = actions.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
    ana.click(draft, 2)
    ana.answer(draft)
    actions.undo_with_drafts(ana.member, uid=new_uid(), edit=undone.uid)
    assert Draft.objects.get().state == DraftState.OPEN
    assert ana.saved(draft).edit.labels[0].number == 2


def test_resent_save_of_a_save_that_was_undone_does_nothing(ana):
    draft, edit = ana.open(), new_uid()
    ana.click(draft, 1)
    ana.answer(draft)
    ana.saved(draft, edit)
    actions.undo_with_drafts(ana.member, uid=new_uid(), edit=edit)
    assert ana.save(draft, edit).state == DraftState.OPEN
    assert Edit.objects.count() == 2


def test_undone_refinement_opens_its_draft_and_can_be_saved_again(ana, place):
    made = draw_label(place, place.ana)
    draft = ana.open(start_label=made.labels[0].uid)
    ana.click(draft, 1)
    ana.answer(draft)
    saved = ana.saved(draft).edit
    undone = actions.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
    assert undone.labels[0].geometry == made.labels[0].geometry
    assert undone.reopened_draft == draft.uid
    ana.click(draft, 2)
    ana.answer(draft)
    assert ana.saved(draft).edit.labels[0].revision == 4


def test_undone_edit_of_a_drawn_label_opens_no_draft(ana, place):
    made = draw_label(place, place.ana)
    assert actions.undo_with_drafts(ana.member, uid=new_uid(), edit=made.uid).reopened_draft is None


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
        actions.undo_with_drafts(ana.member, uid=new_uid(), edit=saved.uid)
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
