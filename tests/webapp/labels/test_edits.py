import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

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
from webapp.errors import BadInput, Conflict, NotAllowed, NotFound
from webapp.ids import new_uid
from webapp.labels import actions, queries
from webapp.labels.geometry import coordinates_from_wkb, shape_from_coordinates
from webapp.labels.models import Certainty, Edit, EditKind, Label, ReviewState
from webapp.labels.project_view import start_project
from webapp.labels.schemas import AtRevision
from webapp.labels.undo import undo_edit
from webapp.projects.models import Project
from webapp.projects.schemas import ProjectIn


@pytest.fixture
def place(cast):
    prepare(cast.project)
    return cast


def at(edit, index=0):
    label = edit.labels[index]
    return AtRevision(label=label.uid, base_revision=label.revision)


def reshape(place, user, edit, geometry, *, uid=None, revision=None):
    label = edit.labels[0]
    return actions.reshape_label(
        member_of(place.project, user),
        uid=uid or new_uid(),
        label=label.uid,
        base_revision=label.revision if revision is None else revision,
        shape=shape_from_coordinates(geometry),
    )


def classify(place, user, *edits, code=None, certainty=None, note=None):
    return actions.classify_labels(
        member_of(place.project, user),
        uid=new_uid(),
        labels=[at(edit) for edit in edits],
        label_class=class_uid(place.project, code) if code else None,
        certainty=certainty,
        note=note,
    )


def delete(place, user, *edits):
    return actions.delete_labels(
        member_of(place.project, user), uid=new_uid(), labels=[at(edit) for edit in edits]
    )


def review(place, user, edit, decision, comment=""):
    label = edit.labels[0]
    return actions.review_label(
        member_of(place.project, user),
        uid=new_uid(),
        label=label.uid,
        revision=label.revision,
        decision=decision,
        comment=comment,
    )


def undo(place, user, edit, uid=None):
    return undo_edit(member_of(place.project, user), uid=uid or new_uid(), edit=edit.uid)


def test_numbers_of_labels_and_edits_have_no_gaps(place):
    first = draw_label(place, place.ana)
    with pytest.raises(NotFound):  # a refused edit uses up no number
        undo(place, place.ana, first.model_copy(update={"uid": new_uid()}))
    second = draw_label(place, place.max)
    assert [first.labels[0].number, second.labels[0].number] == [1, 2]
    assert list(place.project.edits.values_list("number", flat=True)) == [1, 2]


def test_edit_sent_twice_is_applied_once(place):
    uid = new_uid()
    first = draw_label(place, place.ana, uid=uid)
    again = draw_label(place, place.ana, uid=uid)
    assert again == first
    assert Label.objects.count() == Edit.objects.count() == 1


def test_resent_reshape_is_no_conflict_with_itself(place):
    made = draw_label(place, place.ana)
    uid = new_uid()
    first = reshape(place, place.ana, made, blob(1, LEFT + 60, TOP - 60), uid=uid)
    again = reshape(place, place.ana, made, blob(1, LEFT + 60, TOP - 60), uid=uid)
    assert again == first


def test_edit_id_of_somebody_else_is_refused(place):
    uid = new_uid()
    draw_label(place, place.ana, uid=uid)
    with pytest.raises(Conflict):
        draw_label(place, place.max, uid=uid)
    assert Label.objects.count() == 1


def test_two_people_on_one_label_second_is_told_and_overwrites_nothing(place):
    made = draw_label(place, place.ana)
    theirs = reshape(place, place.max, made, blob(1, LEFT + 60, TOP - 60))
    with pytest.raises(Conflict) as refused:
        reshape(place, place.ana, made, blob(2, LEFT + 60, TOP - 60))
    assert refused.value.sentence.startswith("Max Maier changed #1 just now.")
    assert refused.value.current == theirs.labels[0].model_dump(mode="json")
    assert queries.label_out(label_row(made)) == theirs.labels[0]


def test_bulk_edit_is_all_or_nothing(place):
    one, two = draw_label(place, place.ana), draw_label(place, place.ana)
    reshape(place, place.max, two, blob(3, LEFT + 60, TOP - 60))
    with pytest.raises(Conflict):
        classify(place, place.ana, one, two, code="SALTGRASS")
    assert label_row(one).label_class.code == "ICEPLANT"
    assert label_row(one).revision == 1


def test_classify_changes_what_it_names_and_leaves_the_rest(place):
    made = draw_label(place, place.ana)
    after = classify(place, place.ana, made, certainty=Certainty.POSSIBLE)
    assert after.labels[0].certainty == Certainty.POSSIBLE
    assert after.labels[0].label_class == made.labels[0].label_class
    assert after.labels[0].revision == 2


def test_untouched_vertices_stay_bit_equal_through_save_load_edit_save(place):
    drawn = blob(11, LEFT + 60, TOP - 60) + blob(12, LEFT + 90, TOP - 60)
    made = draw_label(place, place.ana, drawn)
    neighbour = draw_label(place, place.ana, blob(13, LEFT + 75, TOP - 60))
    neighbour_wkb = bytes(label_row(neighbour).geometry)
    loaded = queries.label_out(label_row(made)).geometry
    loaded[0][0][4] = [LEFT + 61.125, TOP - 57.0625]
    moved = reshape(place, place.ana, made, loaded)
    expected = [list(point) for point in drawn[0][0]]
    expected[4] = [LEFT + 61.125, TOP - 57.0625]
    stored = coordinates_from_wkb(bytes(label_row(moved).geometry))
    assert [[v.hex() for v in p] for p in stored[0][0]] == [[v.hex() for v in p] for p in expected]
    assert stored[1] == drawn[1]
    assert bytes(label_row(neighbour).geometry) == neighbour_wkb


def test_retired_class_takes_no_labels_and_keeps_its_own(place):
    made = draw_label(place, place.ana)
    place.project.classes.filter(code="ICEPLANT").update(retired=True)
    with pytest.raises(BadInput) as refused:
        draw_label(place, place.ana)
    assert "takes no new labels" in refused.value.sentence
    assert classify(place, place.ana, made, note="still here").labels[0].note == "still here"


def test_class_or_layer_of_another_project_is_not_found(place):
    other = start_project(place.max, ProjectIn(name="Other", template="iceplant")).project
    with pytest.raises(NotFound):
        actions.create_label(
            member_of(place.project, place.ana),
            uid=new_uid(),
            layer=place.project.layers.get().uid,
            label_class=class_uid(other, "ICEPLANT"),
            certainty=Certainty.SURE,
            note="",
            shape=shape_from_coordinates(square(LEFT, TOP)),
            origin={},
        )


# --- Who may -----------------------------------------------------------------------------------


def test_annotator_changes_a_colleagues_label_and_deletes_only_their_own(place):
    hers, his = draw_label(place, place.ana), draw_label(place, place.max)
    changed = classify(place, place.ana, his, code="SALTGRASS")
    with pytest.raises(NotAllowed) as refused:
        delete(place, place.ana, changed)
    assert "Max Maier" in refused.value.sentence
    assert delete(place, place.ana, hers).labels[0].deleted
    assert delete(place, place.max, changed).labels[0].deleted


def test_accepted_label_is_locked_for_annotators(place):
    made = draw_label(place, place.ana)
    accepted = review(place, place.max, made, ReviewState.ACCEPTED)
    for act in (
        lambda: reshape(place, place.ana, accepted, square(LEFT, TOP)),
        lambda: classify(place, place.ana, accepted, code="SALTGRASS"),
        lambda: delete(place, place.ana, accepted),
    ):
        with pytest.raises(NotAllowed) as refused:
            act()
        assert refused.value.sentence == "#1 is accepted. Ask for it to be reopened."


@pytest.mark.parametrize("verdict", [ReviewState.ACCEPTED, ReviewState.RETURNED])
def test_label_that_changes_after_its_review_waits_for_review_again(place, verdict):
    made = draw_label(place, place.ana)
    judged = review(place, place.max, made, verdict, comment="border")
    label = reshape(place, place.max, judged, blob(5, LEFT + 60, TOP - 60)).labels[0]
    assert label.review_state == ReviewState.UNREVIEWED
    assert (label.reviewed_by, label.review_comment) == ("Max Maier", "border")


def test_classify_that_changes_nothing_leaves_the_review_and_the_revision(place):
    accepted = review(place, place.max, draw_label(place, place.ana), ReviewState.ACCEPTED)
    same = classify(place, place.max, accepted, code="ICEPLANT")
    assert same.labels[0].review_state == ReviewState.ACCEPTED
    assert same.labels[0].revision == accepted.labels[0].revision


# --- Review ------------------------------------------------------------------------------------


def test_review_leaves_the_revision_and_names_it(place):
    made = draw_label(place, place.ana)
    accepted = review(place, place.max, made, ReviewState.ACCEPTED)
    assert accepted.labels[0].revision == 1
    assert label_row(made).reviewed_revision == 1
    assert label_row(made).reviewed_by == place.max


def test_decision_on_an_older_revision_is_refused(place):
    made = draw_label(place, place.ana)
    reshape(place, place.ana, made, blob(5, LEFT + 60, TOP - 60))
    with pytest.raises(Conflict):
        review(place, place.max, made, ReviewState.ACCEPTED)
    assert label_row(made).review_state == ReviewState.UNREVIEWED


def test_only_a_manager_reviews(place):
    made = draw_label(place, place.ana)
    for user in (place.ana, place.vera):
        with pytest.raises(NotAllowed):
            review(place, user, made, ReviewState.ACCEPTED)


def test_own_label_is_reviewed_only_where_the_project_allows_it_or_has_one_member(place):
    made = draw_label(place, place.max)
    with pytest.raises(NotAllowed) as refused:
        review(place, place.max, made, ReviewState.ACCEPTED)
    assert "your own" in refused.value.sentence
    Project.objects.update(own_review_allowed=True)
    assert review(place, place.max, made, ReviewState.ACCEPTED).labels[0].review_state == "accepted"
    Project.objects.update(own_review_allowed=False)
    place.project.memberships.exclude(user=place.max).delete()
    alone = draw_label(place, place.max)
    assert (
        review(place, place.max, alone, ReviewState.ACCEPTED).labels[0].review_state == "accepted"
    )


def test_label_is_returned_with_a_word_or_not_at_all(place):
    made = draw_label(place, place.ana)
    with pytest.raises(BadInput):
        review(place, place.max, made, ReviewState.RETURNED, comment="  ")
    returned = review(place, place.max, made, ReviewState.RETURNED, comment="part missing")
    assert returned.labels[0].review_comment == "part missing"
    assert queries.summary(member_of(place.project, place.ana)).returned_to_me == 1
    assert queries.summary(member_of(place.project, place.max)).returned_to_me == 0


# --- Undo --------------------------------------------------------------------------------------


def test_undone_creation_takes_the_label_away_and_redo_brings_it_back(place):
    made = draw_label(place, place.ana)
    gone = undo(place, place.ana, made)
    assert (gone.kind, gone.inverts) == (EditKind.DELETE, made.uid)
    assert queries.labels_in(place.project).labels == []
    back = undo(place, place.ana, gone)
    assert back.kind == EditKind.RESTORE
    assert back.labels[0].number == made.labels[0].number
    assert back.labels[0].geometry == made.labels[0].geometry


def test_undone_deletion_restores_the_number_and_the_bits(place):
    made = draw_label(place, place.ana, blob(9, LEFT + 60, TOP - 60))
    wkb = bytes(label_row(made).geometry)
    undo(place, place.ana, delete(place, place.ana, made))
    assert bytes(label_row(made).geometry) == wkb
    assert not label_row(made).deleted


def test_several_edits_are_taken_back_one_by_one(place):
    made = draw_label(place, place.ana)
    second = classify(place, place.ana, made, code="SALTGRASS")
    third = reshape(place, place.ana, second, blob(5, LEFT + 60, TOP - 60))
    undo(place, place.ana, third)
    back = undo(place, place.ana, second)
    assert back.labels[0].geometry == made.labels[0].geometry
    assert back.labels[0].label_class == made.labels[0].label_class
    assert back.labels[0].revision == 5
    assert undo(place, place.ana, made).labels[0].deleted


def test_edit_that_somebody_has_built_upon_is_not_undone(place):
    made = draw_label(place, place.ana)
    mine = classify(place, place.ana, made, code="SALTGRASS")
    theirs = classify(place, place.max, mine, code="ICE_MIX")
    with pytest.raises(Conflict) as refused:
        undo(place, place.ana, mine)
    assert refused.value.current == theirs.labels[0].model_dump(mode="json")
    assert "Max Maier" in refused.value.sentence


def test_undo_after_a_review_is_refused_until_the_review_is_taken_back(place):
    made = draw_label(place, place.ana)
    accepted = review(place, place.max, made, ReviewState.ACCEPTED)
    with pytest.raises(Conflict):
        undo(place, place.ana, made)
    reopened = undo(place, place.max, accepted)
    assert reopened.labels[0].review_state == ReviewState.UNREVIEWED
    assert undo(place, place.ana, made).labels[0].deleted


def test_undone_reshape_of_an_accepted_label_is_accepted_again(place):
    accepted = review(place, place.max, draw_label(place, place.ana), ReviewState.ACCEPTED)
    changed = reshape(place, place.max, accepted, blob(5, LEFT + 60, TOP - 60))
    assert undo(place, place.max, changed).labels[0].review_state == ReviewState.ACCEPTED


def test_only_the_author_or_a_manager_undoes(place):
    his = draw_label(place, place.max)
    with pytest.raises(NotAllowed):
        undo(place, place.ana, his)
    hers = draw_label(place, place.ana)
    assert undo(place, place.max, hers).labels[0].deleted


def test_undo_sent_twice_is_applied_once(place):
    made = draw_label(place, place.ana)
    uid = new_uid()
    assert undo(place, place.ana, made, uid=uid) == undo(place, place.ana, made, uid=uid)
    assert Edit.objects.count() == 2


def test_change_of_a_deleted_label_is_a_conflict_that_says_so(place):
    made = draw_label(place, place.ana)
    delete(place, place.max, made)
    with pytest.raises(Conflict) as refused:
        reshape(place, place.ana, made, square(LEFT, TOP))
    assert "Max Maier deleted #1 just now" in refused.value.sentence
    assert refused.value.current["deleted"]


# --- Cost --------------------------------------------------------------------------------------


def test_number_of_queries_does_not_grow_with_the_number_of_labels(place):
    def cost(read):
        with CaptureQueriesContext(connection) as queries_run:
            read()
        return len(queries_run)

    member = member_of(place.project, place.ana)
    few = [draw_label(place, place.ana) for _ in range(2)]
    reads = (
        lambda: queries.labels_in(place.project, bounds=(-1e9, -1e9, 1e9, 1e9)),
        lambda: queries.summary(member),
        lambda: queries.edit_out(Edit.objects.latest("number")),
    )
    classify(place, place.ana, *few, code="SALTGRASS")
    before = [cost(read) for read in reads]
    many = [draw_label(place, place.ana) for _ in range(12)]
    classify(place, place.ana, *many, code="SALTGRASS")
    assert [cost(read) for read in reads] == before
