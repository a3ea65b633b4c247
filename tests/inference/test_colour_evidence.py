import numpy as np
import pytest

from inference.clicks import WindowClick
from inference.prediction.click_map import click_map
from inference.prediction.colour_evidence import looks_of, weigh_colours

SIZE = 96
NO_CLICKS = np.zeros((2, SIZE, SIZE), np.float32)


@pytest.fixture
def plant():
    """S x S, a disk that is no circle to the pixel."""
    rows, cols = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    return np.hypot(rows, cols) < 25 + 4 * np.sin(5 * np.arctan2(rows, cols))


def picture(plant, rng, *, inside=(0.30, 0.55, 0.25), outside=(0.60, 0.55, 0.45), noise=0.03):
    """3 x S x S of two colours with noise."""
    pixels = np.where(plant, np.array(inside)[:, None, None], np.array(outside)[:, None, None])
    noisy = pixels + rng.normal(0, noise, pixels.shape)
    return np.clip(noisy, 0, 1).astype(np.float32)


@pytest.fixture
def rough():
    """S x S, what a network says of it: a smooth circle, unsure at its edge."""
    rows, cols = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    logits = (26 - np.hypot(rows, cols)) * 0.3
    return (1 / (1 + np.exp(-logits))).astype(np.float32)


def wrong(probabilities, plant):
    return int(np.count_nonzero((probabilities >= 0.5) != plant))


def test_edge_goes_to_where_the_colour_changes(plant, rough):
    looks = looks_of(picture(plant, np.random.default_rng(1)))
    after = weigh_colours(rough, looks, NO_CLICKS, weight=0.5)
    assert wrong(after, plant) < 0.75 * wrong(rough, plant)


def test_edge_goes_to_where_the_texture_changes(plant, rough):
    """The same mean colour on both sides, smooth inside and speckled outside."""
    grey, rng = (0.5, 0.5, 0.5), np.random.default_rng(6)
    smooth, speckled = (
        picture(plant, rng, inside=grey, outside=grey, noise=noise) for noise in (0.01, 0.15)
    )
    looks = looks_of(np.where(plant, smooth, speckled))
    after = weigh_colours(rough, looks, NO_CLICKS, weight=0.5)
    assert wrong(after, plant) < 0.75 * wrong(rough, plant)


def test_an_excluded_colour_goes_wherever_the_network_is_unsure_of_it(plant):
    """A neighbour of a colour of its own was taken in; a click on it says which colour is wrong."""
    pixels = picture(plant, np.random.default_rng(7))
    neighbour = np.zeros_like(plant)
    neighbour[30:70, 78:92] = True
    pixels[:, neighbour] = np.array((0.35, 0.40, 0.60))[:, None]
    said = np.where(plant, 0.95, np.where(neighbour, 0.52, 0.05)).astype(np.float32)
    looks = looks_of(pixels)
    click = WindowClick(u=85.0, v=35.0, include=False)
    clicked = click_map([click], size=SIZE, radius_px=3)

    def kept(disks):
        return np.mean(weigh_colours(said, looks, disks, weight=0.5)[neighbour] >= 0.5)

    assert kept(NO_CLICKS) > 0.9
    assert kept(clicked) < 0.4


def test_without_a_difference_of_colour_the_mask_stays(plant, rough):
    grey = (0.5, 0.5, 0.5)
    looks = looks_of(picture(plant, np.random.default_rng(2), inside=grey, outside=grey))
    after = weigh_colours(rough, looks, NO_CLICKS, weight=0.5)
    assert np.mean((after >= 0.5) != (rough >= 0.5)) < 0.005


def test_what_the_network_is_sure_of_stays(plant, rough):
    looks = looks_of(picture(plant, np.random.default_rng(3)))
    click = WindowClick(u=48.0, v=48.0, include=False)
    after = weigh_colours(rough, looks, click_map([click], size=SIZE, radius_px=3), weight=0.5)
    sure = (rough > 0.86) | (rough < 0.14)  # logits beyond 1.5, the most that colours can add
    assert ((after >= 0.5) == (rough >= 0.5))[sure].all()


@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_empty_and_full_windows_have_nothing_to_compare(fill):
    values = np.full((SIZE, SIZE), fill, np.float32)
    looks = looks_of(np.zeros((3, SIZE, SIZE), np.float32))
    np.testing.assert_array_equal(weigh_colours(values, looks, NO_CLICKS, weight=0.5), values)


def test_mask_of_few_pixels_stays():
    values = np.zeros((SIZE, SIZE), np.float32)
    values[40:44, 40:44] = 0.8
    looks = looks_of(np.random.default_rng(4).random((3, SIZE, SIZE)).astype(np.float32))
    np.testing.assert_array_equal(weigh_colours(values, looks, NO_CLICKS, weight=0.5), values)


def test_mask_stays_where_clicks_leave_nothing_of_one_kind(rough):
    looks = looks_of(np.random.default_rng(8).random((3, SIZE, SIZE)).astype(np.float32))
    everywhere = np.stack([np.ones((SIZE, SIZE), np.float32), NO_CLICKS[1]])
    np.testing.assert_array_equal(weigh_colours(rough, looks, everywhere, weight=0.5), rough)


def test_weight_0_changes_nothing_but_certainty(plant, rough):
    looks = looks_of(picture(plant, np.random.default_rng(5)))
    after = weigh_colours(rough, looks, NO_CLICKS, weight=0.0)
    np.testing.assert_allclose(after, np.clip(rough, 0.5 / 255, 1 - 0.5 / 255), atol=1e-6)


def test_looks_are_of_the_first_three_bands():
    pixels = np.random.default_rng(9).random((4, 8, 8)).astype(np.float32)
    looks = looks_of(pixels)
    np.testing.assert_array_equal(looks, looks_of(pixels[:3]))
    np.testing.assert_allclose(looks[:-1].mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(looks[:-1].std(axis=1), 1, atol=1e-3)
    np.testing.assert_array_equal(looks[-1], 1)
    red = (pixels[0] - pixels[0].mean()) / pixels[0].std()
    np.testing.assert_allclose(looks[0].reshape(8, 8), red, atol=1e-3)


@pytest.mark.parametrize("bands", [1, 2])
def test_pictures_of_fewer_bands_are_weighed_too(bands, plant, rough):
    looks = looks_of(picture(plant, np.random.default_rng(10))[:bands])
    after = weigh_colours(rough, looks, NO_CLICKS, weight=0.5)
    assert wrong(after, plant) < 0.8 * wrong(rough, plant)
