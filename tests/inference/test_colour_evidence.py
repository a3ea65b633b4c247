import numpy as np
import pytest

from inference.prediction.colour_evidence import bins_of, weigh_colours

SIZE = 96


@pytest.fixture
def plant():
    """S x S, a disk that is no circle to the pixel."""
    rows, cols = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    return np.hypot(rows, cols) < 25 + 4 * np.sin(5 * np.arctan2(rows, cols))


def picture(plant, rng, *, inside=(0.30, 0.55, 0.25), outside=(0.60, 0.55, 0.45)):
    """3 x S x S of two colours with noise."""
    pixels = np.where(plant, np.array(inside)[:, None, None], np.array(outside)[:, None, None])
    noisy = pixels + rng.normal(0, 0.03, pixels.shape)
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
    colours = bins_of(picture(plant, np.random.default_rng(1)))
    assert wrong(weigh_colours(rough, colours, weight=0.5), plant) < 0.6 * wrong(rough, plant)


def test_without_a_difference_of_colour_the_mask_stays(plant, rough):
    grey = (0.5, 0.5, 0.5)
    colours = bins_of(picture(plant, np.random.default_rng(2), inside=grey, outside=grey))
    after = weigh_colours(rough, colours, weight=0.5)
    assert np.mean((after >= 0.5) != (rough >= 0.5)) < 0.005


def test_what_the_network_is_sure_of_stays(plant, rough):
    colours = bins_of(picture(plant, np.random.default_rng(3)))
    after = weigh_colours(rough, colours, weight=0.5)
    sure = (rough > 0.86) | (rough < 0.14)  # logits beyond 1.5, the most that colours can add
    assert ((after >= 0.5) == (rough >= 0.5))[sure].all()


@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_empty_and_full_windows_have_nothing_to_compare(fill):
    values = np.full((SIZE, SIZE), fill, np.float32)
    colours = np.zeros((SIZE, SIZE), np.uint16)
    np.testing.assert_array_equal(weigh_colours(values, colours, weight=0.5), values)


def test_mask_of_few_pixels_stays():
    values = np.zeros((SIZE, SIZE), np.float32)
    values[40:44, 40:44] = 0.8
    colours = bins_of(np.random.default_rng(4).random((3, SIZE, SIZE)).astype(np.float32))
    np.testing.assert_array_equal(weigh_colours(values, colours, weight=0.5), values)


def test_weight_0_changes_nothing_but_certainty(plant, rough):
    colours = bins_of(picture(plant, np.random.default_rng(5)))
    after = weigh_colours(rough, colours, weight=0.0)
    np.testing.assert_allclose(after, np.clip(rough, 0.5 / 255, 1 - 0.5 / 255), atol=1e-6)


def test_bins_are_of_the_first_three_bands_and_end_with_white():
    pixels = np.zeros((4, 1, 3), np.float32)
    pixels[:, 0, 1] = 1.0
    pixels[3, 0, 2] = 1.0
    assert bins_of(pixels).tolist() == [[0, 16**3 - 1, 0]]
