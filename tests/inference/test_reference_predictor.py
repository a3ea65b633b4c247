"""Which passes the reference runs, with a network that is easy to foresee."""

import numpy as np
import pytest
import torch

from inference.clicks import PixelClick
from inference.models.click_network import ClickNetwork
from inference.prediction.reference_predictor import ReferencePredictor
from inference.prediction.reference_settings import ReferenceSettings
from inference.prediction.zoom_in import Box, ZoomRules

IMAGE = np.zeros((120, 160, 3), np.uint8)
CLICK = PixelClick(60, 80, include=True)
PLAIN = ReferenceSettings(zoom=None, flip=False)


class GrowingNetwork(ClickNetwork):
    """Finds what it was fed and one column more on the left; at first the clicks' disks."""

    bands = 3
    click_radius_px = 5

    def __init__(self):
        super().__init__()
        self.nothing = torch.nn.Parameter(torch.zeros(1))
        self.encoded = []

    def encode(self, image):
        self.encoded.append(tuple(image.shape))
        return (image,)

    def decode(self, features, previous_mask, click_map):
        known = torch.maximum(previous_mask, click_map[:, :1])
        grown = torch.maximum(known, known.roll(-1, 3))
        return (grown > 0.5).float() * 20 - 10

    def nearest_valid_size(self, side_px):
        return side_px


def passes(settings, clicks=(CLICK,)):
    predictor = ReferencePredictor(GrowingNetwork(), settings)
    predictor.set_image(IMAGE)
    counts = []
    for number in range(1, len(clicks) + 1):
        predictor.predict(clicks[:number])
        counts.append(len(predictor.trace))
    return counts


THREE = (CLICK, PixelClick(30, 40, include=False), PixelClick(90, 100, include=True))


@pytest.mark.parametrize(
    ("scope", "expected"), [("first", [3, 1, 1]), (2, [3, 3, 1]), ("all", [3, 3, 3])]
)
def test_only_clicks_in_scope_are_refined(scope, expected):
    settings = ReferenceSettings(zoom=None, flip=False, refinements=2, refined_clicks=scope)
    assert passes(settings, THREE) == expected


def test_every_click_takes_one_pass_by_default():
    assert passes(PLAIN, THREE) == [1, 1, 1]


# A pass adds the disk's height, 11 pixels: so many change between two passes.
@pytest.mark.parametrize(("stop_px", "expected"), [(10, 5), (11, 2)])
def test_adaptive_refining_stops_at_the_number_of_changed_pixels(stop_px, expected):
    settings = ReferenceSettings(
        zoom=None, flip=False, refinements=4, is_adaptive=True, stop_px=stop_px
    )
    assert passes(settings) == [expected]


def test_each_pass_is_fed_what_the_last_one_found():
    predictor = ReferencePredictor(
        GrowingNetwork(), ReferenceSettings(zoom=None, flip=False, refinements=2)
    )
    predictor.set_image(IMAGE)
    last = predictor.predict([CLICK])
    first, second, third = predictor.trace
    assert not first.previous.any()
    np.testing.assert_array_equal(second.previous, first.probabilities)
    np.testing.assert_array_equal(third.previous, second.probabilities)
    np.testing.assert_array_equal(last, third.probabilities)


def test_supplied_mask_reaches_the_first_pass_even_where_clicks_are_refined():
    mask = np.zeros(IMAGE.shape[:2], np.uint8)
    mask[10:20, 30:50] = 1
    predictor = ReferencePredictor(
        GrowingNetwork(), ReferenceSettings(zoom=None, flip=False, refinements=1)
    )
    predictor.set_image(IMAGE)
    found = predictor.predict([CLICK], previous=mask)
    assert np.array_equal(predictor.trace[0].previous, mask)
    assert (found[10:20, 28:50] > 0.49).all()


def test_stored_mask_is_fed_once_and_does_not_direct_the_zoom():
    mask = np.zeros(IMAGE.shape[:2], np.uint8)
    mask[10:20, 30:50] = 1
    predictor = ReferencePredictor(
        GrowingNetwork(), ReferenceSettings(zoom=ZoomRules((120, 160)), flip=False)
    )
    predictor.set_image(IMAGE, previous=mask)
    predictor.predict([CLICK])
    assert np.array_equal(predictor.trace[0].previous, mask)
    assert predictor.trace[0].box == Box.whole((120, 160))


def test_what_lies_outside_the_box_is_dropped():
    predictor = ReferencePredictor(
        GrowingNetwork(), ReferenceSettings(zoom=ZoomRules((96, 96), smallest_px=40), flip=False)
    )
    predictor.set_image(IMAGE)
    predictor.predict([CLICK])
    found = predictor.predict([CLICK, PixelClick(62, 82, include=True)])
    rows, cols = predictor.trace[0].box.slices
    outside = found.copy()
    outside[rows, cols] = 0
    assert predictor.trace[0].box.width < 160
    assert not outside.any()


def test_mirror_is_averaged_in():
    """Alone the network grows to the left; with the mirror half as surely to both sides."""
    predictor = ReferencePredictor(GrowingNetwork(), ReferenceSettings(zoom=None, flip=True))
    predictor.set_image(IMAGE)
    found = predictor.predict([CLICK])
    np.testing.assert_allclose(found[60, [74, 80, 86]], [0.5, 1 / (1 + np.exp(-10)), 0.5])
    assert np.array_equal(found, found[:, ::-1][:, [*range(159, 160), *range(159)]])


def test_features_are_computed_once_while_the_box_stays():
    network = GrowingNetwork()
    predictor = ReferencePredictor(
        network, ReferenceSettings(zoom=None, refinements=4, refined_clicks="all")
    )
    predictor.set_image(IMAGE)
    predictor.predict([CLICK])
    predictor.predict(THREE[:2])
    assert network.encoded == [(2, 3, 120, 160)]
    predictor.set_image(IMAGE)
    predictor.predict([CLICK])
    assert len(network.encoded) == 2


def test_network_is_shown_only_the_first_clicks():
    predictor = ReferencePredictor(
        GrowingNetwork(), ReferenceSettings(zoom=None, flip=False, most_clicks=1)
    )
    predictor.set_image(IMAGE)
    found = predictor.predict([CLICK, PixelClick(20, 20, include=True)])
    assert found[60, 80] > 0.5
    assert found[20, 20] < 0.5
