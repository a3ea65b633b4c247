import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tests.drawn.polygons import blob, square, square_with_hole
from webapp.errors import BadInput
from webapp.labels.geometry import (
    coordinates_from_wkb,
    parts_in_wkb,
    shape_from_coordinates,
    shape_from_wkb,
)


def bits(coordinates):
    return [[[(x.hex(), y.hex()) for x, y in ring] for ring in polygon] for polygon in coordinates]


@given(st.integers(0, 10_000), st.floats(-1e7, 1e7), st.floats(-1e7, 1e7))
def test_coordinates_come_back_bit_for_bit(seed, x, y):
    drawn = blob(seed, x, y)
    assert bits(coordinates_from_wkb(shape_from_coordinates(drawn).wkb)) == bits(drawn)


def test_holes_and_parts_are_kept_in_their_order():
    drawn = square_with_hole(0.1, 0.2) + square(100.3, 0.7)
    shape = shape_from_coordinates(drawn)
    assert bits(coordinates_from_wkb(shape.wkb)) == bits(drawn)
    assert parts_in_wkb(shape.wkb) == 2


def test_wkb_is_two_dimensional_little_endian_multipolygon():
    wkb = shape_from_coordinates(square(0, 0)).wkb
    assert wkb[:5] == b"\x01\x06\x00\x00\x00"


def test_outline_of_an_engine_is_kept_as_it_is():
    wkb = shapely.to_wkb(shapely.MultiPolygon([shapely.box(0, 0, 3, 4)]), byte_order=0)
    assert shape_from_wkb(wkb).wkb == wkb


def test_box_and_area_are_those_of_the_shape():
    shape = shape_from_coordinates(square_with_hole(10, 20, side=5))
    assert shape.bounds == (10, 20, 15, 25)
    assert shape.area == pytest.approx(25 - 1)


def test_area_is_in_square_metres_whatever_the_unit():
    us_survey_foot_m = 1200 / 3937
    shape = shape_from_coordinates(square(0, 0, side=100))
    assert shape.area_m2(us_survey_foot_m) == pytest.approx((100 * us_survey_foot_m) ** 2)


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        ([], "empty"),
        ([[]], "empty"),
        ([[[[0, 0], [1, 1], [0, 0]]]], "fewer than three points"),
        ([[[[0, 0], [1, 0], [1, 1], [0, 1]]]], "not closed"),
        ([[[[0, 0], [1, 0], [1, math.nan], [0, 0]]]], "no proper coordinates"),
        ([[[[0, 0], [1, 0], [1, math.inf], [0, 0]]]], "no proper coordinates"),
        ([[[[0, 0, 5], [1, 0, 5], [1, 1, 5], [0, 0, 5]]]], "no proper coordinates"),
        ([[[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]], "The border crosses itself at 1.0, 1.0"),
        (
            [square(0, 0)[0] + square(50, 50)[0]],
            "A hole lies outside the border at 50.0, 50.0",
        ),
        (square(0, 0, 10) + square(2, 2, 3), "One part lies inside another"),
    ],
)
def test_bad_shape_is_refused_in_a_sentence(drawn, said):
    with pytest.raises(BadInput) as refused:
        shape_from_coordinates(drawn)
    assert said in refused.value.sentence


@pytest.mark.parametrize(
    "wkb",
    [
        b"\x01\x02",
        shapely.to_wkb(shapely.Point(1, 2)),
        shapely.to_wkb(shapely.box(0, 0, 1, 1)),
        shapely.to_wkb(shapely.MultiPolygon([shapely.Polygon([(0, 0, 1), (1, 0, 1), (1, 1, 1)])])),
        shapely.to_wkb(shapely.MultiPolygon()),
    ],
    ids=["cut short", "a point", "one polygon", "heights", "empty"],
)
def test_outline_that_is_no_multipolygon_is_refused(wkb):
    with pytest.raises(BadInput):
        shape_from_wkb(wkb)
