import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon

from inference.prediction.simplification import simplified


def blob(radius, seed, *, centre=(0.0, 0.0)):
    """A ring of bulges with vertices about as dense as contours have them."""
    random = np.random.default_rng(seed)
    angles = np.linspace(0, 2 * np.pi, int(9 * radius), endpoint=False)
    radii = np.full_like(angles, radius)
    for order in range(2, 6):
        phase = random.uniform(0, 2 * np.pi)
        radii += radius * 0.1 / (order - 1) * np.sin(order * angles + phase)
    radii += random.normal(0, 0.08, len(angles))
    points = np.column_stack([radii * np.cos(angles), radii * np.sin(angles)])
    return Polygon(points + centre)


BETWEEN = 0.01
"""What may be missed between the places that the simplification asks at, in pixels."""


def hausdorff(one, other):
    """Largest distance of any place on either boundary from the other, asked every 0.05."""
    boundaries = one.boundary, other.boundary
    return max(
        shapely.distance(
            b, shapely.points(shapely.get_coordinates(shapely.segmentize(a, 0.05)))
        ).max()
        for a, b in (boundaries, boundaries[::-1])
    )


@settings(max_examples=80, deadline=None)
@given(
    radius=st.floats(3, 60),
    seed=st.integers(0, 10_000),
    deviation=st.sampled_from([0.25, 0.5, 2.0]),
)
def test_simplified_outline_strays_no_further_than_stated(radius, seed, deviation):
    part = blob(radius, seed)
    result = simplified(part, deviation)
    assert result.is_valid
    assert hausdorff(part, result) <= deviation + BETWEEN
    assert len(result.exterior.coords) < len(part.exterior.coords)


@pytest.mark.parametrize("radius", [6, 10, 20, 60])
def test_simplification_takes_no_area_away(radius):
    parts = [blob(radius, seed) for seed in range(40)]
    before = sum(part.area for part in parts)
    after = sum(simplified(part, 0.5).area for part in parts)
    plain = sum(part.simplify(0.5).area for part in parts)
    assert abs(after / before - 1) < 0.002
    assert abs(after / before - 1) < abs(plain / before - 1) / 5


def test_square_with_cut_corners_gets_its_corners_back_almost():
    # What a contour makes of a binary square of 12 x 12: corners cut by half a pixel.
    square = Polygon(
        [(0.5, 0), (11.5, 0), (12, 0.5), (12, 11.5), (11.5, 12), (0.5, 12), (0, 11.5), (0, 0.5)]
    )
    result = simplified(square, 0.5)
    assert len(result.exterior.coords) == 5
    assert result.area == pytest.approx(square.area, rel=0.002)


def test_holes_are_simplified_alike():
    part = Polygon(blob(30, 1).exterior, [blob(8, 2).exterior])
    result = simplified(part, 0.5)
    assert len(result.interiors) == 1
    assert result.area == pytest.approx(part.area, rel=0.002)
    assert len(result.interiors[0].coords) < len(part.interiors[0].coords)


def test_thin_part_that_cannot_be_simplified_is_left_as_it_is():
    sliver = Polygon([(0, 0), (20, 0.05), (40, 0), (20, 0.1)])
    assert simplified(sliver, 0.5).is_valid
    assert hausdorff(sliver, simplified(sliver, 0.5)) <= 0.5 + BETWEEN


def test_turned_outline_gives_the_turned_result_in_area():
    part = blob(15, 3)
    turned = shapely.affinity.rotate(part, 90, origin=(0, 0))
    assert simplified(turned, 0.5).area == pytest.approx(simplified(part, 0.5).area, rel=1e-6)
