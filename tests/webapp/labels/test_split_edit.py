"""The edit `split`: a line makes several labels of one, undone and done again to the bit."""

import pytest
import shapely

from tests.bad_input import sentences
from tests.drawn.labelled_project import LEFT, TOP, draw_label, member_of, prepare
from tests.drawn.polygons import blob, square, square_with_hole
from webapp.errors import BadInput, Conflict, NotAllowed
from webapp.ids import new_uid
from webapp.labels import actions, history
from webapp.labels.models import Certainty, Edit, Label, ReviewState
from webapp.labels.undo import undo_edit

X, Y = LEFT + 50, TOP - 100
SENTENCES = sentences("Splitting")


@pytest.fixture
def place(cast):
    prepare(cast.project)
    return cast


def split(place, user, edit, *line, uid=None):
    label = edit.labels[0]
    return actions.split_label(
        member_of(place.project, user),
        uid=uid or new_uid(),
        label=label.uid,
        base_revision=label.revision,
        line=line,
    )


def undo(place, edit):
    return undo_edit(member_of(place.project, place.ana), uid=new_uid(), edit=edit.uid)


def upright(x):
    """A line from above to below what is drawn here."""
    return (x, Y + 40), (x, Y - 40)


def everything():
    """Geometry to the bit, of every label that is there."""
    rows = Label.objects.filter(deleted=False).order_by("number")
    return {row.number: bytes(row.geometry) for row in rows}


def test_largest_piece_keeps_its_number_and_the_others_all_else(place):
    label = actions.create_label(
        member_of(place.project, place.max),
        uid=new_uid(),
        layer=place.project.layers.get().uid,
        label_class=place.project.classes.get(code="SALTGRASS").uid,
        certainty=Certainty.POSSIBLE,
        note="wet",
        shape=actions.Shape(
            wkb=shapely.to_wkb(shapely.MultiPolygon([shapely.box(X, Y, X + 10, Y + 10)])),
            bounds=(X, Y, X + 10, Y + 10),
            area=100,
        ),
        origin={"kind": "clicked", "clicks": 3},
    )
    done = split(place, place.ana, label, *upright(X + 7))
    assert [(each.number, each.area_m2) for each in done.labels] == [(1, 70), (2, 30)]
    kept, other = (Label.objects.get(number=number) for number in (1, 2))
    assert shapely.from_wkb(bytes(other.geometry)).equals(shapely.box(X + 7, Y, X + 10, Y + 10))
    for field in ("layer_id", "label_class_id", "certainty", "note", "origin", "created_by_id"):
        assert getattr(other, field) == getattr(kept, field)
    for row in (kept, other):
        told = history.rows_of_label(row, limit=1)
        assert [line.sentence for line in told] == ["Split #1 into #1, #2."]


def test_vertices_keep_their_bits(place):
    drawn = blob(5, X, Y, points=60)
    label = draw_label(place, place.ana, drawn)
    split(place, place.ana, label, *upright(X + 0.37))
    points = {
        tuple(point)
        for wkb in everything().values()
        for point in shapely.get_coordinates(shapely.from_wkb(wkb))
    }
    assert {tuple(point) for point in drawn[0][0]} <= points


def test_parts_that_are_not_crossed_and_scraps_stay(place):
    label = draw_label(place, place.ana, square(X, Y) + square_with_hole(X + 30, Y))
    scrap = X + 10 - 0.001
    done = split(
        place, place.ana, label, (X + 4, Y + 20), (X + 4, Y - 5), (scrap, Y - 5), (scrap, Y + 20)
    )
    assert [each.number for each in done.labels] == [1, 2]
    assert [each.area_m2 for each in done.labels] == [pytest.approx(60 + 96), pytest.approx(40)]
    assert len(done.labels[0].geometry) == 2


def test_line_through_several_parts_makes_a_label_of_each_piece(place):
    label = draw_label(place, place.ana, square(X, Y) + square(X, Y + 20))
    done = split(place, place.ana, label, (X + 6, Y - 5), (X + 6, Y + 40))
    assert [each.area_m2 for each in done.labels] == [60, 60, 40, 40]


def test_split_is_undone_and_done_again_to_the_bit(place):
    label = draw_label(place, place.ana, blob(6, X, Y))
    before = everything()
    done = split(place, place.ana, label, *upright(X))
    after = everything()
    assert len(after) == 2
    back = undo(place, done)
    assert everything() == before
    undo(place, back)
    assert everything() == after


def test_split_that_is_sent_twice_is_made_once(place):
    label = draw_label(place, place.ana, square(X, Y))
    uid = new_uid()
    assert split(place, place.ana, label, *upright(X + 5), uid=uid) == split(
        place, place.ana, label, *upright(X + 5), uid=uid
    )
    assert Edit.objects.count() == 2


# --- Refused ---------------------------------------------------------------------------------


def refused(place, label, *line, error=BadInput):
    before, edits = everything(), Edit.objects.count()
    with pytest.raises(error) as raised:
        split(place, place.ana, label, *line)
    assert (everything(), Edit.objects.count()) == (before, edits)
    return raised.value.sentence


@pytest.mark.parametrize(
    "line",
    [
        upright(X + 20),  # beside it
        ((X - 5, Y + 5), (X + 5, Y + 5)),  # ends within
        ((X, Y - 5), (X, Y + 20)),  # along its border
        upright(X + 9.9999),  # leaves a scrap only
        ((X + 5, Y + 5), (X + 5, Y + 5)),  # a point
    ],
)
def test_line_that_does_not_part_the_label_is_refused(place, line):
    label = draw_label(place, place.ana, square(X, Y))
    assert refused(place, label, *line) == SENTENCES["Line that does not part the label"]


def test_broken_label_is_not_split(place):
    label = draw_label(place, place.ana, square(X, Y))
    bow_tie = shapely.MultiPolygon([shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])])
    Label.objects.update(geometry=shapely.to_wkb(bow_tie))
    assert refused(place, label, *upright(X + 5)) == SENTENCES["Label with a broken border"]


def test_label_that_is_locked_or_has_gone_on_is_not_split(place):
    label = draw_label(place, place.ana, square(X, Y))
    accepted = actions.review_label(
        member_of(place.project, place.max),
        uid=new_uid(),
        label=label.labels[0].uid,
        revision=1,
        decision=ReviewState.ACCEPTED,
        comment="",
    )
    assert refused(place, accepted, *upright(X + 5), error=NotAllowed).startswith("#1 is accepted")
    split(place, place.max, accepted, *upright(X + 5))
    assert refused(place, label, *upright(X + 2), error=Conflict).startswith("Max Maier changed #1")
