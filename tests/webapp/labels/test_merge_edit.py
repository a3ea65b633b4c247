"""The edit `merge`: one label in place of several, undone and done again to the bit."""

import pytest
import shapely

from tests.bad_input import sentences
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
from webapp.errors import AppError, BadInput, Conflict, NotAllowed
from webapp.ids import new_uid
from webapp.imaging.models import Layer
from webapp.labels import actions, history
from webapp.labels.models import Certainty, Edit, Label, ReviewState
from webapp.labels.schemas import AtRevision
from webapp.labels.undo import undo_edit

X, Y = LEFT + 50, TOP - 100
SENTENCES = sentences("Merging")


@pytest.fixture
def place(cast):
    prepare(cast.project)
    return cast


def seen(edit):
    return AtRevision(label=edit.labels[0].uid, base_revision=edit.labels[0].revision)


def merge(place, user, *edits, uid=None):
    return actions.merge_labels(
        member_of(place.project, user), uid=uid or new_uid(), labels=[seen(edit) for edit in edits]
    )


def classify(place, edit, **change):
    nothing = {"label_class": None, "certainty": None, "note": None}
    member = member_of(place.project, place.ana)
    return actions.classify_labels(
        member, uid=new_uid(), labels=[seen(edit)], **{**nothing, **change}
    )


def undo(place, edit):
    return undo_edit(member_of(place.project, place.ana), uid=new_uid(), edit=edit.uid)


def everything():
    """Geometry to the bit, and what else a merge may change, of every label."""
    rows = Label.objects.order_by("number")
    return [(row.number, bytes(row.geometry), row.note, row.certainty, row.deleted) for row in rows]


def test_lowest_number_stays_on_the_ground_of_all(place):
    first, second, third = (draw_label(place, place.ana, square(x, Y)) for x in (X, X + 10, X + 50))
    done = merge(place, place.ana, third, first, second)
    assert [(label.number, label.deleted) for label in done.labels] == [
        (1, False),
        (2, True),
        (3, True),
    ]
    kept = label_row(first)
    assert kept.area_m2 == 300
    ground = shapely.from_wkb(bytes(kept.geometry))
    assert ground.equals(shapely.box(X, Y, X + 20, Y + 10) | shapely.box(X + 50, Y, X + 60, Y + 10))
    assert len(ground.geoms) == 2
    told = history.rows_of_project(place.project, limit=1)
    assert [row.sentence for row in told] == ["Merged #1, #2, #3 into one label, #1."]


def test_vertices_outside_the_others_keep_their_bits(place):
    one, other = blob(1, X, Y, points=40), blob(2, X + 8, Y, points=40)
    first, second = draw_label(place, place.ana, one), draw_label(place, place.ana, other)
    grounds = [shapely.from_wkb(bytes(label_row(each).geometry)) for each in (first, second)]
    assert grounds[0].intersects(grounds[1])
    merge(place, place.ana, first, second)
    kept = {tuple(p) for p in shapely.get_coordinates(shapely.from_wkb(label_row(first).geometry))}
    for drawn, beside in ((one, grounds[1]), (other, grounds[0])):
        for point in map(tuple, drawn[0][0]):
            assert (point in kept) != beside.contains(shapely.Point(point))


def test_notes_and_doubts_of_all_are_kept(place):
    first = draw_label(place, place.ana, square(X, Y))
    second = classify(place, draw_label(place, place.ana, square(X + 10, Y)), note="wet")
    third = classify(
        place,
        draw_label(place, place.ana, square(X + 20, Y)),
        note="edge unclear",
        certainty=Certainty.POSSIBLE,
    )
    fourth = classify(place, draw_label(place, place.ana, square(X + 30, Y)), note="wet")
    kept = merge(place, place.ana, first, second, third, fourth).labels[0]
    assert (kept.note, kept.certainty) == ("wet\nedge unclear", Certainty.POSSIBLE)


def test_merge_is_undone_and_done_again_to_the_bit(place):
    edits = [draw_label(place, place.ana, blob(seed, X + 6 * seed, Y)) for seed in range(4)]
    before = everything()
    done = merge(place, place.ana, *edits)
    after = everything()
    assert after != before
    back = undo(place, done)
    assert everything() == before
    undo(place, back)
    assert everything() == after


def test_merge_that_is_sent_twice_is_made_once_and_waits_for_review(place):
    edits = [draw_label(place, place.ana, square(X + 10 * i, Y)) for i in range(2)]
    reviewed = actions.review_label(
        member_of(place.project, place.max),
        uid=new_uid(),
        label=edits[0].labels[0].uid,
        revision=1,
        decision=ReviewState.ACCEPTED,
        comment="",
    )
    uid = new_uid()
    done = merge(place, place.max, reviewed, edits[1], uid=uid)
    assert merge(place, place.max, reviewed, edits[1], uid=uid) == done
    assert done.labels[0].review_state == ReviewState.UNREVIEWED
    assert Edit.objects.count() == 4


# --- Refused ---------------------------------------------------------------------------------


def refused(place, *edits, error: type[AppError] = BadInput):
    before, count = everything(), Edit.objects.count()
    with pytest.raises(error) as raised:
        merge(place, place.ana, *edits)
    assert (everything(), Edit.objects.count()) == (before, count)
    return raised.value.sentence


def test_labels_of_several_classes_are_not_merged(place):
    one = draw_label(place, place.ana, square(X, Y))
    other = draw_label(place, place.ana, square(X + 10, Y), code="SALTGRASS")
    assert refused(place, one, other) == SENTENCES["Labels of several classes"]
    same = classify(place, other, label_class=class_uid(place.project, "ICEPLANT"))
    assert merge(place, place.ana, one, same).labels[0].area_m2 == 200


def test_labels_of_several_layers_are_not_merged(place):
    year = Layer.objects.create(
        project=place.project, name="2020", resolution=1, left=LEFT, top=TOP, width=200, height=200
    )
    one = draw_label(place, place.ana, square(X, Y), layer=place.project.layers.first())
    other = draw_label(place, place.ana, square(X + 10, Y), layer=year)
    assert refused(place, one, other) == SENTENCES["Labels of several layers"]


@pytest.mark.parametrize("stored", ["crossing itself", "unreadable"])
def test_broken_border_is_named(place, stored):
    broken, other = (draw_label(place, place.ana, square(X + 10 * i, Y)) for i in range(2))
    bow_tie = shapely.MultiPolygon([shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])])
    geometry = b"no border" if stored == "unreadable" else shapely.to_wkb(bow_tie)
    Label.objects.filter(pk=label_row(broken).pk).update(geometry=geometry)
    assert refused(place, broken, other) == SENTENCES["Label with a broken border"]


def test_more_than_one_label_can_hold_is_not_merged(place, monkeypatch):
    one, other = (draw_label(place, place.ana, square(X + 20 * i, Y)) for i in range(2))
    noted = [
        classify(place, each, note=letter * 2100) for each, letter in ((one, "a"), (other, "b"))
    ]
    assert refused(place, *noted) == SENTENCES["Notes that are too long together"]
    short = [classify(place, each, note="") for each in noted]
    monkeypatch.setattr("webapp.labels.merging.MAX_VERTICES", 9)
    assert refused(place, *short).startswith("Together these labels have more than 9 points")


def test_somebody_elses_label_is_not_merged_away_by_an_annotator(place):
    theirs = draw_label(place, place.max, square(X, Y))
    mine = draw_label(place, place.ana, square(X + 10, Y))
    more = draw_label(place, place.max, square(X + 20, Y))
    sentence = refused(place, mine, more, error=NotAllowed)
    assert sentence == "#3 is Max Maier's. Nothing was merged. Ask them, or a manager."
    assert merge(place, place.ana, theirs, mine).labels[0].area_m2 == 200


def test_label_that_has_gone_on_is_not_merged(place):
    one, other = (draw_label(place, place.ana, square(X + 10 * i, Y)) for i in range(2))
    classify(place, other, note="wet")
    assert refused(place, one, other, error=Conflict).startswith("Ana Ruiz changed #2 just now.")


def test_one_label_alone_is_not_merged(place):
    one = draw_label(place, place.ana, square(X, Y))
    assert refused(place, one, one) == SENTENCES["One label"]
