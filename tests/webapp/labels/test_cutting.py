"""The overlap rule `cut`: what a new or changed label gives way to, and what it never touches."""

from itertools import combinations

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bad_input import sentences
from tests.drawn.labelled_project import (
    LEFT,
    RESOLUTION,
    TOP,
    draw_label,
    label_row,
    member_of,
    prepare,
)
from tests.drawn.polygons import blob, square, square_with_hole
from webapp.errors import BadInput
from webapp.ids import new_uid
from webapp.imaging.models import Layer
from webapp.labels import actions, history
from webapp.labels.geometry import coordinates_from_wkb, shape_from_coordinates
from webapp.labels.models import Edit, Label
from webapp.labels.overlaps import overlaps_of
from webapp.labels.schemas import AtRevision
from webapp.labels.undo import undo_edit
from webapp.projects.models import OverlapRule, Project

X, Y = LEFT + 50, TOP - 100
PIXEL = RESOLUTION**2
SENTENCES = sentences("Overlaps")


@pytest.fixture
def place(cast):
    prepare(cast.project)
    Project.objects.update(overlaps=OverlapRule.CUT)
    return cast


def geometry(edit):
    return shapely.from_wkb(bytes(label_row(edit).geometry))


def reshape(place, edit, coordinates, uid=None):
    label = edit.labels[0]
    return actions.reshape_label(
        member_of(place.project, place.ana),
        uid=uid or new_uid(),
        label=label.uid,
        base_revision=label.revision,
        shape=shape_from_coordinates(coordinates),
    )


def undo(place, edit):
    return undo_edit(member_of(place.project, place.ana), uid=new_uid(), edit=edit.uid)


def said(edit):
    return [(each.number, round(each.area_m2, 6)) for each in edit.cut]


def break_border(edit):
    """Store what no edit would: a border that crosses itself."""
    bow_tie = shapely.Polygon([(X, Y), (X + 10, Y + 10), (X + 10, Y), (X, Y + 10)])
    wkb = shapely.to_wkb(shapely.MultiPolygon([bow_tie]))
    Label.objects.filter(pk=label_row(edit).pk).update(geometry=wkb)


@pytest.mark.parametrize("rule", [OverlapRule.ALLOWED, OverlapRule.REPORTED])
def test_other_rules_cut_nothing(place, rule):
    Project.objects.update(overlaps=rule)
    draw_label(place, place.max, square(X, Y))
    made = draw_label(place, place.ana, square(X + 8, Y))
    assert made.cut == []
    assert made.labels[0].geometry == square(X + 8, Y)
    assert len(overlaps_of(label_row(made))) == 1


def test_what_lies_on_others_is_taken_from_the_new_label_alone_and_told(place):
    theirs = draw_label(place, place.max, square(X, Y))
    third = draw_label(place, place.max, square(X + 15, Y + 5))
    before = [bytes(label_row(each).geometry) for each in (theirs, third)]
    made = draw_label(place, place.ana, square(X + 8, Y))
    assert said(made) == [(1, 20), (2, 15)]
    assert made.labels[0].area_m2 == 100 - 20 - 15
    assert geometry(made).equals(
        shapely.box(X + 10, Y, X + 18, Y + 10) - shapely.box(X + 15, Y + 5, X + 25, Y + 15)
    )
    assert overlaps_of(label_row(made)) == []
    assert [bytes(label_row(each).geometry) for each in (theirs, third)] == before


def test_label_that_lies_on_nobody_is_stored_bit_for_bit(place):
    draw_label(place, place.max, square(X, Y))
    for drawn in (
        blob(3, X + 40, Y),  # far away
        square(X + 10, Y),  # along the border
        square(X + 10 - 0.9 * PIXEL / 10, Y + 10),  # at a corner
        square_with_hole(X - 40, Y) + blob(4, X - 40, Y + 40),
    ):
        made = draw_label(place, place.ana, drawn)
        assert bytes(label_row(made).geometry) == shape_from_coordinates(drawn).wkb
        assert made.cut == []


def test_less_than_a_pixel_is_left_as_it_is(place):
    draw_label(place, place.max, square(X, Y))
    drawn = square(X + 10 - 0.9 * PIXEL / 10, Y)
    assert draw_label(place, place.ana, drawn).labels[0].geometry == drawn
    more = draw_label(place, place.ana, square(X, Y + 10 - 1.1 * PIXEL / 10))
    assert [number for number, _ in said(more)] == [1]


def test_parts_that_lie_on_nobody_and_vertices_that_stay_keep_their_bits(place):
    draw_label(place, place.max, square(X, Y))
    cut, free = blob(5, X + 12, Y + 5, points=40), blob(6, X + 60, Y)
    made = draw_label(place, place.ana, cut + free)
    stored = coordinates_from_wkb(bytes(label_row(made).geometry))
    assert stored[-1] == free[0]
    outside = [point for point in cut[0][0] if point[0] > X + 10]
    assert len(outside) > 10
    assert all(point in stored[0][0] for point in outside)


def test_label_inside_mine_leaves_a_hole_and_scraps_below_a_pixel_are_let_go(place):
    draw_label(place, place.max, square(X + 4, Y + 4, 2))
    made = draw_label(place, place.ana, square(X, Y))
    assert len(made.labels[0].geometry[0]) == 2
    # A wall that leaves a strip of a third of a pixel on its far side.
    draw_label(place, place.max, square(X + 50, Y - 5, 20))
    strip = PIXEL / 3 / 10
    split = [[[[x, y] for x, y in shapely.box(X + 40, Y, X + 70 + strip, Y + 10).exterior.coords]]]
    assert geometry(draw_label(place, place.ana, split)).equals(
        shapely.box(X + 40, Y, X + 50, Y + 10)
    )


def test_other_years_and_deleted_labels_do_not_cut(place):
    other = draw_label(place, place.max, square(X, Y))
    layer = place.project.layers.get()
    earlier = Layer.objects.get(pk=layer.pk)
    earlier.pk, earlier.uid, earlier.name = None, new_uid(), "Drawn 2014"
    earlier.save()
    Label.objects.filter(pk=label_row(other).pk).update(layer=earlier)
    made = draw_label(place, place.ana, square(X, Y), layer=layer)
    assert made.cut == []
    actions.delete_labels(
        member_of(place.project, place.ana),
        uid=new_uid(),
        labels=[AtRevision(label=made.labels[0].uid, base_revision=1)],
    )
    assert draw_label(place, place.ana, square(X + 1, Y), layer=layer).cut == []


def test_changed_label_is_cut_at_others_and_never_at_itself(place):
    draw_label(place, place.max, square(X, Y))
    made = draw_label(place, place.ana, square(X + 20, Y))
    drawn = square(X + 12, Y, 18)
    free = reshape(place, made, drawn)
    assert (free.cut, free.labels[0].geometry) == ([], drawn)
    wider = reshape(place, free, square(X + 8, Y))
    assert said(wider) == [(1, 20)]
    assert geometry(wider).equals(shapely.box(X + 10, Y, X + 18, Y + 10))


def test_edit_that_is_sent_twice_is_cut_once_and_answered_alike(place):
    draw_label(place, place.max, square(X, Y))
    uid, again = new_uid(), new_uid()
    made = draw_label(place, place.ana, square(X + 8, Y), uid=uid)
    assert draw_label(place, place.ana, square(X + 8, Y), uid=uid) == made
    changed = reshape(place, made, square(X + 7, Y), again)
    assert reshape(place, made, square(X + 7, Y), again) == changed
    assert (said(made), said(changed)) == ([(1, 20)], [(1, 30)])
    assert Edit.objects.count() == 3


def test_history_tells_at_which_labels_an_edit_was_cut(place):
    for i in range(4):
        draw_label(place, place.max, square(X + 20 * i, Y))
    made = draw_label(place, place.ana, square(X, Y - 75, side=80))
    moved = draw_label(place, place.ana, square(X, Y + 40))
    reshape(place, moved, square(X, Y + 8))
    undo(place, made)

    told = [row.sentence for row in history.rows_of_project(place.project, limit=4)]
    assert told == [
        "Took back: the making of #5.",
        "Reshaped #6. What lay on #1 was cut.",
        "Created #6 as Iceplant.",
        "Created #5 as Iceplant. What lay on #1, #2, #3 and 1 more was cut.",
    ]


def test_undo_restores_to_the_bit_and_never_cuts(place):
    made = draw_label(place, place.ana, blob(7, X, Y))
    before = bytes(label_row(made).geometry)
    away = reshape(place, made, square(X + 40, Y))
    theirs = draw_label(place, place.max, square(X, Y))
    back = undo(place, away)
    assert (bytes(label_row(made).geometry), back.cut) == (before, [])
    assert [each.number for each in overlaps_of(label_row(made))] == [theirs.labels[0].number]
    again = undo(place, back)
    assert again.labels[0].geometry == square(X + 40, Y)


# --- Refused ---------------------------------------------------------------------------------


def refused(place, drawn):
    edits = Edit.objects.count()
    with pytest.raises(BadInput) as error:
        draw_label(place, place.ana, drawn)
    assert Edit.objects.count() == edits
    return error.value.sentence


def test_nothing_left_is_refused_and_names_what_it_lies_on_most_first(place):
    draw_label(place, place.max, square(X, Y))
    all_of_it = refused(place, square(X + 1, Y + 1, 8))
    assert all_of_it == SENTENCES["Label that lies on others altogether"]
    draw_label(place, place.max, square(X + 10, Y, 20))
    assert (
        refused(place, square(X + 7, Y + 1, 8))
        == "All of this lies on #2, #1, so nothing was saved."
    )
    for column in range(4):
        draw_label(place, place.max, square(X + 2 * column, Y + 50, 2))
    wide = [[[[x, y] for x, y in shapely.box(X, Y + 50.1, X + 8, Y + 51.9).exterior.coords]]]
    assert (
        refused(place, wide) == "All of this lies on #3, #4, #5 and 1 more, so nothing was saved."
    )


@pytest.mark.parametrize("stored", ["crossing itself", "unreadable"])
def test_broken_neighbour_is_named_and_not_guessed_at(place, stored):
    broken = draw_label(place, place.max, square(X, Y))
    if stored == "unreadable":
        Label.objects.update(geometry=b"no border")
    else:
        break_border(broken)
    assert refused(place, square(X + 8, Y)) == SENTENCES["Label beside a broken border"]
    assert draw_label(place, place.ana, square(X + 40, Y)).cut == []


def test_broken_label_can_be_drawn_anew(place):
    broken = draw_label(place, place.max, square(X, Y))
    break_border(broken)
    assert reshape(place, broken, square(X, Y, 9)).labels[0].area_m2 == 81


def test_cut_that_fails_saves_nothing(place, monkeypatch):
    draw_label(place, place.max, square(X, Y))

    def fail(*_):
        raise shapely.GEOSException("TopologyException: side location conflict")

    monkeypatch.setattr(shapely, "difference", fail)
    assert refused(place, square(X + 8, Y)) == SENTENCES["Label that cannot be cut"]


# --- Always ----------------------------------------------------------------------------------


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 9999), st.floats(0, 20), st.floats(0, 20)), max_size=5))
def test_no_two_labels_share_a_pixel_and_vertices_outside_keep_their_bits(place, drawn):
    Label.objects.update(deleted=True)
    stored = []
    for seed, x, y in drawn:
        coordinates = blob(seed, X + x, Y + y)
        taken = shapely.union_all(stored)
        try:
            stored.append(geometry(draw_label(place, place.ana, coordinates)))
        except BadInput:
            continue
        kept = {tuple(point) for point in shapely.get_coordinates(stored[-1])}
        for point in map(tuple, coordinates[0][0]):
            scrap = shapely.distance(stored[-1], shapely.Point(point)) > 0
            assert point in kept or scrap or taken.distance(shapely.Point(point)) < 1e-6
    assert all((one & other).area < PIXEL for one, other in combinations(stored, 2))
