"""Networks that take bands beside those they were trained on."""

from dataclasses import replace

import pytest
import torch

from inference.models.extra_bands import with_extra_bands
from inference.models.formula_weights import fill_by_formula
from inference.models.late_clicks import LateClicks
from inference.models.simple_click import SimpleClick, SimpleClickConfig
from inference.training.networks import StartUnusable, carry, new_network, start_network
from tests.drawn.training_folders import TINY

PATCHES = SimpleClickConfig(16, 32, 4, 2, (16, 16, 16, 16), head_channels=16, smallest_px=64)
FAMILIES = {
    "late clicks": TINY,
    "patches": PATCHES,
    "convolutional stem": replace(PATCHES, stem="convolutional"),
}
SIDE_PX = 64

every_family = pytest.mark.parametrize("config", FAMILIES.values(), ids=FAMILIES)


def drawn_network(config) -> LateClicks | SimpleClick:
    network = new_network(config).eval()
    fill_by_formula(network)
    return network


def drawn_input(*, bands: int):
    torch.manual_seed(3)
    maps = (torch.rand(2, channels, SIDE_PX, SIDE_PX) > 0.9 for channels in (1, 2))
    return torch.rand(2, bands, SIDE_PX, SIDE_PX), *(m.float() for m in maps)


@every_family
@torch.inference_mode()
def test_whatever_they_hold_the_answer_is_as_it_was(config):
    network = drawn_network(config)
    image, previous, clicks = drawn_input(bands=5)

    extended = with_extra_bands(network, config.with_bands(5))

    assert extended.bands == 5
    assert not extended.training
    torch.testing.assert_close(
        extended(image, previous, clicks), network(image[:, :3], previous, clicks)
    )


@every_family
def test_they_can_learn(config):
    network = drawn_network(config)
    extended = with_extra_bands(network, config.with_bands(4))
    extended(*drawn_input(bands=4)).square().sum().backward()
    before, after = network.state_dict(), dict(extended.named_parameters())
    wider = [name for name in before if before[name].shape != after[name].shape]
    assert wider
    for name in wider:
        is_new = after[name] == 0
        assert is_new.any()
        assert after[name].grad[is_new].abs().max() > 0


@every_family
def test_the_network_itself_stays_as_it_was(config):
    network = drawn_network(config)
    before = {k: v.clone() for k, v in network.state_dict().items()}
    extended = with_extra_bands(network, config.with_bands(4))
    with torch.no_grad():
        for parameter in extended.parameters():
            parameter.add_(1)
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())


def test_their_statistics_are_the_average_unless_they_are_described():
    four = PATCHES.with_bands(4)
    assert four.mean == pytest.approx((0.485, 0.456, 0.406, 0.449))
    assert four.deviation == pytest.approx((0.229, 0.224, 0.225, 0.226))
    described = replace(four, mean=(*PATCHES.mean, 0.3), deviation=(*PATCHES.deviation, 0.2))
    assert with_extra_bands(drawn_network(PATCHES), described).config.mean[3] == 0.3
    assert four.with_bands(2).mean == (0.485, 0.456)


@pytest.mark.parametrize(
    "other", [TINY, TINY.with_bands(2), replace(TINY, bands=4, feature_channels=16), PATCHES]
)
def test_another_network_is_refused(other):
    with pytest.raises(ValueError, match="more than further bands"):
        with_extra_bands(drawn_network(TINY), other)


def test_a_run_of_four_bands_starts_from_weights_of_three(tmp_path):
    path = tmp_path / "three.pt"
    carry(drawn_network(TINY), path)
    image, previous, clicks = drawn_input(bands=4)
    three, four = (start_network(TINY.with_bands(bands), path).eval() for bands in (3, 4))
    with torch.inference_mode():
        torch.testing.assert_close(
            four(image, previous, clicks), three(image[:, :3], previous, clicks)
        )
    with pytest.raises(StartUnusable, match="another network"):
        start_network(TINY.with_bands(2), path)
