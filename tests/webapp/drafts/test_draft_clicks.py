"""Drafts: who opens them, their clicks, and what an engine is asked."""

import base64

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.drawn.drafter import Drafter, X, Y, shown
from tests.drawn.engine_answers import draw_pass
from tests.drawn.labelled_project import LEFT, TOP, class_uid, draw_label, label_row, prepare
from tests.drawn.polygons import square
from webapp.drafts import actions, queries
from webapp.drafts.models import Draft
from webapp.errors import BadInput, Conflict, NotAllowed, NotFound
from webapp.ids import new_uid
from webapp.labels.models import Label, ReviewState
from webapp.projects.models import Membership, Project, Role

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


def draw_squares(place, code, *sides):
    for side in sides:
        draw_label(place, place.ana, square(LEFT + 10, TOP - 200, side), code=code)


def first_looks_for(ana, place, code):
    """Native pixels that the first click of a draft of that class looks for."""
    draft = ana.open(label_class=class_uid(place.project, code) if code else None)
    ana.click(draft, 1)
    return queries.segment_for(draft.pk).typical_px


def test_labels_of_the_class_say_what_the_first_click_looks_for(ana, place):
    draw_squares(place, "ICEPLANT", 6, 9, 12, 15)
    draw_squares(place, "RUSHSEEP", 60, 60, 60, 60, 60)
    assert first_looks_for(ana, place, "ICEPLANT") is None
    draw_squares(place, "ICEPLANT", 90)
    assert first_looks_for(ana, place, "ICEPLANT") == pytest.approx(20.0)  # 12 m on pixels of 0.6
    assert first_looks_for(ana, place, "RUSHSEEP") == pytest.approx(100.0)
    assert first_looks_for(ana, place, None) is None


def test_projects_own_size_is_heeded_before_that_of_its_labels(ana, place):
    draw_squares(place, "ICEPLANT", 6, 9, 12, 15, 90)
    Project.objects.update(typical_object_m=3.0)
    assert first_looks_for(ana, place, "ICEPLANT") == pytest.approx(5.0)
