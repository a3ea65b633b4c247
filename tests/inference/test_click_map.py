import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from inference.clicks import WindowClick
from inference.prediction.click_map import click_map, reference_click_map

SIZE = 32


def test_disk_holds_the_pixels_whose_centres_are_within_the_radius():
    disks = click_map([WindowClick(10.5, 20.5, include=True)], size=SIZE, radius_px=2)
    expected = {
        (20 + down, 10 + across)
        for down in range(-2, 3)
        for across in range(-2, 3)
        if down**2 + across**2 <= 4
    }
    assert set(map(tuple, np.argwhere(disks[0]).tolist())) == expected
    assert not disks[1].any()


def test_exclude_clicks_are_in_the_second_channel():
    disks = click_map([WindowClick(10.5, 20.5, include=False)], size=SIZE, radius_px=3)
    assert not disks[0].any()
    assert disks[1, 20, 10] == 1


def test_click_beyond_the_edge_draws_the_part_that_reaches_in():
    disks = click_map([WindowClick(-1.0, 5.5, include=True)], size=SIZE, radius_px=3)
    assert disks[0, 5].tolist()[:3] == [1, 1, 0]


def test_click_far_beyond_the_edge_draws_nothing():
    for u, v in [(-50, 5), (500, 5), (5, -50), (5, 500)]:
        assert not click_map([WindowClick(u, v, include=True)], size=SIZE, radius_px=3).any()


places = st.lists(
    st.tuples(st.floats(-6, SIZE + 6), st.floats(-6, SIZE + 6), st.booleans()), max_size=6
)


@given(places)
def test_turning_the_clicks_turns_the_map(clicks):
    drawn = click_map([WindowClick(u, v, include=i) for u, v, i in clicks], size=SIZE, radius_px=3)
    turned = click_map(
        [WindowClick(v, SIZE - u, include=i) for u, v, i in clicks], size=SIZE, radius_px=3
    )
    # A turn by 90 degrees counter-clockwise moves (u, v) to (v, SIZE - u); a rounding of
    # SIZE - u may move a centre that lies exactly on the rim.
    assert np.count_nonzero(np.rot90(drawn, axes=(1, 2)) != turned) <= len(clicks)


@given(places)
def test_order_of_the_clicks_does_not_matter(clicks):
    points = [WindowClick(u, v, include=i) for u, v, i in clicks]
    forward = click_map(points, size=SIZE, radius_px=3)
    assert np.array_equal(forward, click_map(points[::-1], size=SIZE, radius_px=3))


def disk_of(row, col, *, rounds=False, radius_px=5):
    places = np.array([[row, col]], np.float64)
    drawn = reference_click_map(
        places, np.array([True]), shape=(SIZE, SIZE + 8), radius_px=radius_px, rounds=rounds
    )
    return drawn[0]


def test_reference_disk_is_the_same_disk_with_centres_at_whole_numbers():
    expected = click_map([WindowClick(10.5, 20.5, include=True)], size=SIZE, radius_px=3)[0]
    assert np.array_equal(disk_of(20, 10, radius_px=3)[:, :SIZE], expected)


def test_reference_ignores_a_place_only_when_both_coordinates_are_negative():
    assert not disk_of(-0.5, -0.5).any()
    assert disk_of(-0.5, 10).any()
    assert disk_of(10, SIZE + 9).any()


def test_rounded_disk_is_that_of_the_nearest_pixel():
    assert np.array_equal(disk_of(10.4, 12.6, rounds=True), disk_of(10, 13))
    assert not np.array_equal(disk_of(10.4, 12.6), disk_of(10, 13))
