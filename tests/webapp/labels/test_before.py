"""What a label's outline was before it was changed."""

import pytest

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
from webapp.ids import new_uid
from webapp.labels import actions
from webapp.labels.before import before_of
from webapp.labels.geometry import shape_from_coordinates
from webapp.labels.models import ReviewState
from webapp.labels.schemas import AtRevision
from webapp.labels.undo import undo_edit

FIRST, SECOND, THIRD = (blob(seed, LEFT + 50, TOP - 100) for seed in (1, 2, 3))


@pytest.fixture
def place(cast):
    prepare(cast.project)
    return cast


def reshape(place, edit, geometry):
    """Ana gives the edit's label another outline."""
    label = label_row(edit)
    return actions.reshape_label(
        member_of(place.project, place.ana),
        uid=new_uid(),
        label=label.uid,
        base_revision=label.revision,
        shape=shape_from_coordinates(geometry),
    )


def review(place, edit, decision):
    """Max decides on the edit's label as it is now."""
    label = label_row(edit)
    return actions.review_label(
        member_of(place.project, place.max),
        uid=new_uid(),
        label=label.uid,
        revision=label.revision,
        decision=decision,
        comment="border",
    )


def classify(place, edit):
    """Ana calls the edit's label something else."""
    label = label_row(edit)
    return actions.classify_labels(
        member_of(place.project, place.ana),
        uid=new_uid(),
        labels=[AtRevision(label=label.uid, base_revision=label.revision)],
        label_class=class_uid(place.project, "ICE_MIX"),
        certainty=None,
        note=None,
    )


def delete(place, edit):
    label = label_row(edit)
    return actions.delete_labels(
        member_of(place.project, place.ana),
        uid=new_uid(),
        labels=[AtRevision(label=label.uid, base_revision=label.revision)],
    )


def undo(place, edit):
    member = member_of(place.project, place.ana)
    return undo_edit(member, uid=new_uid(), edit=edit.uid)


def outline_before(edit):
    found = before_of(label_row(edit))
    return None if found is None else found.geometry


def test_outline_before_the_last_change_comes_with_all_its_bits(place):
    made = draw_label(place, place.ana, FIRST)
    reshape(place, made, SECOND)
    reshape(place, made, THIRD)
    before = before_of(label_row(made))
    assert before.geometry == SECOND
    assert before.revision == 2


def test_label_that_was_never_reshaped_has_none(place):
    made = draw_label(place, place.ana, FIRST)
    review(place, made, ReviewState.RETURNED)
    classify(place, made)
    assert outline_before(made) is None


def test_change_of_class_after_a_reshape_does_not_hide_it(place):
    made = draw_label(place, place.ana, FIRST)
    reshape(place, made, SECOND)
    classify(place, made)
    assert outline_before(made) == FIRST


def test_after_a_return_it_is_what_was_returned_however_often_vertices_were_moved(place):
    made = draw_label(place, place.ana, FIRST)
    review(place, made, ReviewState.RETURNED)
    reshape(place, made, SECOND)
    reshape(place, made, THIRD)
    assert outline_before(made) == FIRST
    # Also when the mended one was accepted: the reviewer looks at the same pair again.
    review(place, made, ReviewState.ACCEPTED)
    assert outline_before(made) == FIRST


def test_newest_judgement_counts(place):
    made = draw_label(place, place.ana, FIRST)
    review(place, made, ReviewState.RETURNED)
    reshape(place, made, SECOND)
    review(place, made, ReviewState.RETURNED)
    reshape(place, made, THIRD)
    assert outline_before(made) == SECOND


def test_what_was_taken_back_is_no_change_and_what_was_done_again_is_one(place):
    made = draw_label(place, place.ana, FIRST)
    undone = undo(place, reshape(place, made, SECOND))
    assert outline_before(made) is None
    undo(place, undone)
    assert outline_before(made) == FIRST


def test_label_that_was_deleted_and_restored_keeps_its_past(place):
    made = draw_label(place, place.ana, FIRST)
    reshape(place, made, SECOND)
    undo(place, delete(place, made))
    assert outline_before(made) == FIRST


def test_area_is_in_square_metres_whatever_the_unit(place):
    made = draw_label(place, place.ana, square(LEFT + 50, TOP - 100, 10))
    reshape(place, made, SECOND)
    label = label_row(made)
    label.project.metres_per_unit = 0.5
    assert before_of(label).area_m2 == 25


def test_page_asks_for_it_by_label(place, client_of):
    made = draw_label(place, place.ana, FIRST)
    address = f"/api/projects/{place.project.uid}/labels/{made.labels[0].uid}/before"
    never = client_of(place.vera).get(address)
    assert (never.status_code, never.json()) == (200, None)
    reshape(place, made, SECOND)
    before = client_of(place.vera).get(address).json()
    assert before["geometry"] == FIRST
    assert before["revision"] == 1
    assert client_of(place.stan).get(address).status_code == 404
    assert client_of(None).get(address).status_code == 401
