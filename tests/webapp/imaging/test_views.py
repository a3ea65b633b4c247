import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.imaging.views import (
    PERCENTILE_STRETCHES,
    Stretch,
    UnknownView,
    View,
    named_views,
    parse_view,
)


@pytest.mark.parametrize(
    "text",
    [
        "rgb_3-2-1_p2-98",
        "grey_4_f0to3000",
        "ndvi_4-1_f-0.2to0.8",
        "rgb_1-2-3_p0.5-99.5_g1.4",
        "rgb_4-1-2_f0to3000~-5to900~0.5to1200_g2",
    ],
)
def test_canonical_spelling_survives_parsing(text):
    assert parse_view(text, 4).text == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "natural",
        "rgb_3-2_p2-98",
        "rgb_3-2-1",
        "rgb_3-2-9_p2-98",
        "rgb_0-2-1_p2-98",
        "rgb_03-2-1_p2-98",
        "rgb_3-2-1_p1-99",
        "rgb_3-2-1_p2-98_g1",
        "rgb_3-2-1_p2-98_g1.40",
        "rgb_3-2-1_p2-98_g0.01",
        "grey_1_f10to10",
        "grey_1_f00to10",
        "grey_1_f0.50to1",
        "grey_1_f-0to1",
        "grey_1_f0to1e9",
        "grey_1-2_p2-98",
        "ndvi_4-1_p2-98",
        "ndvi_4-1_f0to1~0to2",
        "grey_1_f0to1~0to2",
        "rgb_3-2-1_f0to1~0to2",
        "rgb_3-2-1_f0to1~0to1~0to1",
        "rgb_3-2-1_f0to1~0to2~5to2",
        "rgb_3-2-1_f0to1~",
        "rgb_3-2-1_p2-98/../..",
        "rgb_3-2-1_p2-98\n",
        "grey_\u0661_p2-98",
    ],
)
def test_any_other_spelling_is_unknown(text):
    with pytest.raises(UnknownView):
        parse_view(text, 4)


numbers = st.integers(-(10**9), 10**9).map(lambda number: number / 1000)
stretches = st.one_of(
    st.sampled_from(PERCENTILE_STRETCHES).map(Stretch),
    st.lists(
        st.tuples(numbers, numbers).filter(lambda ends: ends[0] < ends[1]), min_size=3, max_size=3
    ).map(lambda ranges: Stretch.fixed(*ranges)),
    st.tuples(numbers, numbers)
    .filter(lambda ends: ends[0] < ends[1])
    .map(lambda ends: Stretch.fixed(ends)),
)
gammas = st.integers(20, 500).map(lambda number: number / 100)


@given(st.lists(st.integers(1, 13), min_size=3, max_size=3), stretches, gammas)
def test_every_view_is_what_its_spelling_parses_to(bands, stretch, gamma):
    view = View("rgb", tuple(bands), stretch, gamma)

    assert parse_view(view.text, 13) == view


def test_four_band_imagery_starts_natural_and_offers_infrared_and_ndvi():
    views = named_views(["red", "green", "blue", "nir"])

    assert [(view.name, view.view.text) for view in views[:3]] == [
        ("Natural colour", "rgb_1-2-3_p2-98"),
        ("Colour infrared", "rgb_4-1-2_p2-98"),
        ("NDVI", "ndvi_4-1_f-0.2to0.8"),
    ]


def test_blue_first_imagery_is_natural_in_its_own_order():
    assert named_views(["blue", "green", "red"])[0].view.bands == (3, 2, 1)


def test_grey_imagery_starts_grey():
    assert named_views(["grey"])[0].view.text == "grey_1_p2-98"


@pytest.mark.parametrize("roles", [["grey"], ["red", "green", "blue", "nir"], ["", "grey", ""]])
def test_every_offered_view_parses(roles):
    for named in named_views(roles):
        assert parse_view(named.view.text, len(roles)) == named.view
