"""The edit `cut`: any label gives way to others that are named, whatever the project's rule."""

import pytest
import shapely

from tests.bad_input import sentences
from tests.drawn.labelled_project import LEFT, TOP, draw_label, label_row, member_of, prepare
from tests.drawn.polygons import blob, square
from webapp.errors import BadInput, Conflict, NotAllowed
from webapp.ids import new_uid
from webapp.imaging.models import Layer
from webapp.labels import actions, history
from webapp.labels.models import Edit, ReviewState
from webapp.labels.overlaps import overlaps_of
from webapp.labels.undo import undo_edit

X, Y = LEFT + 50, TOP - 100


@pytest.fixture
def place(cast):
    prepare(cast.project)
    return cast


def cut(place, user, edit, *others, uid=None):
    label = edit.labels[0]
    return actions.cut_label(
        member_of(place.project, user),
        uid=uid or new_uid(),
        label=label.uid,
        base_revision=label.revision,
        at=[other.labels[0].uid for other in others],
    )


def accept(place, edit):
    label = edit.labels[0]
    return actions.review_label(
        member_of(place.project, place.max),
        uid=new_uid(),
        label=label.uid,
        revision=label.revision,
        decision=ReviewState.ACCEPTED,
        comment="",
    )


def undo(place, user, edit):
    return undo_edit(member_of(place.project, user), uid=new_uid(), edit=edit.uid)


def stored(edit):
    return bytes(label_row(edit).geometry)


def test_named_label_keeps_its_ground_and_the_other_is_cut_and_waits_for_review(place):
    theirs = draw_label(place, place.ana, square(X, Y))
    mine = draw_label(place, place.max, blob(3, X + 10, Y + 5))
    before = stored(mine)
    shared = shapely.from_wkb(stored(theirs)) & shapely.from_wkb(before)

    done = cut(place, place.max, accept(place, theirs), mine)

    assert [(each.number, each.area_m2) for each in done.cut] == [(2, pytest.approx(shared.area))]
    assert done.labels[0].area_m2 == pytest.approx(100 - shared.area)
    assert done.labels[0].review_state == ReviewState.UNREVIEWED
    assert overlaps_of(label_row(mine)) == []
    assert stored(mine) == before
    told = history.rows_of_label(label_row(theirs), limit=1)
    assert [row.sentence for row in told] == ["Cut #1: what lay on #2."]


def test_label_is_cut_at_the_named_ones_alone(place):
    others = [draw_label(place, place.max, square(X + 20 * i, Y)) for i in range(3)]
    long = draw_label(place, place.ana, square(X, Y - 45, side=50))
    done = cut(place, place.ana, long, others[0], others[2])
    assert [each.number for each in done.cut] == [1, 3]
    assert [each.number for each in overlaps_of(label_row(long))] == [2]


def test_cut_is_undone_and_done_again_to_the_bit(place):
    theirs = draw_label(place, place.max, blob(1, X, Y))
    mine = draw_label(place, place.ana, blob(2, X + 5, Y))
    before = stored(theirs)
    done = cut(place, place.ana, theirs, mine)
    after = stored(theirs)
    assert after != before
    back = undo(place, place.ana, done)
    assert stored(theirs) == before
    undo(place, place.ana, back)
    assert stored(theirs) == after


def test_cut_that_is_sent_twice_is_made_once(place):
    theirs = draw_label(place, place.max, square(X, Y))
    mine = draw_label(place, place.ana, square(X + 8, Y))
    uid = new_uid()
    assert cut(place, place.ana, theirs, mine, uid=uid) == cut(
        place, place.ana, theirs, mine, uid=uid
    )
    assert Edit.objects.count() == 3


# --- Refused ---------------------------------------------------------------------------------


def refused(place, error, label, *others):
    before, edits = stored(label), Edit.objects.count()
    with pytest.raises(error) as raised:
        cut(place, place.ana, label, *others)
    assert (stored(label), Edit.objects.count()) == (before, edits)
    return raised.value.sentence


def test_accepted_label_is_cut_by_managers_alone(place):
    accepted = accept(place, draw_label(place, place.ana, square(X, Y)))
    other = draw_label(place, place.ana, square(X + 8, Y))
    sentence = refused(place, NotAllowed, accepted, other)
    assert sentence == "#1 is accepted. Ask for it to be reopened."
    assert cut(place, place.max, accepted, other).labels[0].area_m2 == 80


def test_label_that_has_gone_on_is_not_cut(place):
    seen = draw_label(place, place.max, square(X, Y))
    mine = draw_label(place, place.ana, square(X + 8, Y))
    cut(place, place.max, seen, mine)
    assert refused(place, Conflict, seen, mine).startswith("Max Maier changed #1 just now.")


def test_label_that_lies_on_none_of_the_named_is_not_cut(place):
    label = draw_label(place, place.ana, square(X, Y))
    gone = draw_label(place, place.max, square(X + 8, Y))
    undo(place, place.max, gone)
    beside = draw_label(place, place.max, square(X + 10, Y))
    year = Layer.objects.create(
        project=place.project, name="2020", resolution=1, left=LEFT, top=TOP, width=200, height=200
    )
    of_other_year = draw_label(place, place.max, square(X + 8, Y), layer=year)
    sentence = sentences("Overlaps")["Label that does not lie on the one it is cut at"]
    assert refused(place, BadInput, label, gone, beside, of_other_year, label) == sentence


def test_label_that_lies_on_another_altogether_is_not_cut_away(place):
    small = draw_label(place, place.ana, square(X + 1, Y + 1, 8))
    large = draw_label(place, place.max, square(X, Y))
    assert refused(place, BadInput, small, large) == "All of this lies on #2, so nothing was saved."
