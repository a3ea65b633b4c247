"""Labels that lie on one another."""

import pytest

from tests.drawn.labelled_project import (
    LEFT,
    RESOLUTION,
    TOP,
    draw_label,
    label_row,
    member_of,
    prepare,
)
from tests.drawn.polygons import square, square_with_hole
from webapp.ids import new_uid
from webapp.imaging.models import Layer
from webapp.labels import actions
from webapp.labels.models import Label
from webapp.labels.overlaps import overlaps_of
from webapp.labels.schemas import AtRevision

X, Y = LEFT + 50, TOP - 100


@pytest.fixture
def place(cast):
    prepare(cast.project)
    return cast


def drawn(place, geometry) -> Label:
    return label_row(draw_label(place, place.ana, geometry))


def shared(label: Label) -> list[tuple[int, float]]:
    return [(o.number, round(o.area_m2, 6)) for o in overlaps_of(label)]


def test_the_ground_that_two_labels_share_is_told_of_both(place):
    first = drawn(place, square(X, Y))
    second = drawn(place, square(X + 8, Y))
    third = drawn(place, square(X + 5, Y - 5))
    assert shared(first) == [(third.number, 25), (second.number, 20)]
    assert shared(second) == [(third.number, 35), (first.number, 20)]


def test_neighbours_that_touch_share_nothing_nor_does_a_filled_hole(place):
    label = drawn(place, square_with_hole(X, Y))
    drawn(place, square(X + 10, Y))
    drawn(place, square(X + 4, Y + 4, 2))
    assert shared(label) == []


def test_less_than_a_pixel_is_no_overlap(place):
    label = drawn(place, square(X, Y))
    drawn(place, square(X + 10 - 0.9 * RESOLUTION**2 / 10, Y))
    assert shared(label) == []
    other = drawn(place, square(X, Y - 10 + 1.1 * RESOLUTION**2 / 10))
    assert [number for number, _ in shared(label)] == [other.number]


def test_other_years_and_deleted_labels_do_not_count(place):
    label = drawn(place, square(X, Y))
    other = drawn(place, square(X, Y))
    earlier = Layer.objects.get(project=place.project)
    earlier.pk, earlier.uid, earlier.name = None, new_uid(), "Drawn 2014"
    earlier.save()
    Label.objects.filter(pk=other.pk).update(layer=earlier)
    assert shared(label) == []
    Label.objects.filter(pk=other.pk).update(layer=label.layer)
    assert shared(label) == [(other.number, 100)]
    actions.delete_labels(
        member_of(place.project, place.ana),
        uid=new_uid(),
        labels=[AtRevision(label=other.uid, base_revision=other.revision)],
    )
    assert shared(label) == []
    assert shared(Label.objects.get(pk=other.pk)) == []


def test_they_are_told_in_square_metres_whatever_the_unit(place):
    label = drawn(place, square(X, Y))
    drawn(place, square(X + 5, Y))
    label.project.metres_per_unit = 0.5
    assert [o.area_m2 for o in overlaps_of(label)] == [pytest.approx(12.5)]


def test_page_asks_for_them_by_label(place, client_of):
    label = drawn(place, square(X, Y))
    other = drawn(place, square(X + 5, Y))
    address = f"/api/projects/{place.project.uid}/labels/{label.uid}/overlaps"
    answer = client_of(place.vera).get(address)
    assert answer.json() == [{"label": str(other.uid), "number": other.number, "area_m2": 50.0}]
    assert client_of(place.stan).get(address).status_code == 404
