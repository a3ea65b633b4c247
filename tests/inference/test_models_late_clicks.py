"""The late-clicks family: shapes, sizes, and what depends on clicks."""

import pytest
import torch

from inference.models.click_network import InvalidWindowSize
from inference.models.late_clicks import LateClicks, LateClicksConfig

SMALL = LateClicksConfig(
    edge_channels=8,
    encoder_channels=(8, 16, 16),
    encoder_blocks=(1, 1, 2),
    feature_channels=8,
    head_channels=(8, 8, 16),
)


def drawn_network(config: LateClicksConfig = SMALL) -> LateClicks:
    """Weights drawn so that no block is the identity it starts as."""
    torch.manual_seed(5)
    network = LateClicks(config).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return network


@pytest.mark.parametrize("size", [(64, 64), (192, 192), (96, 160), (224, 224)])
def test_logits_have_the_size_of_the_window(size):
    with torch.device("meta"):
        network = LateClicks()
        logits = network(
            torch.empty(2, 3, *size), torch.empty(2, 1, *size), torch.empty(2, 2, *size)
        )
    assert logits.shape == (2, 1, *size)


def test_a_network_for_four_bands_takes_four():
    network = drawn_network(LateClicksConfig(bands=4, encoder_channels=(8, 16, 16)))
    logits = network(
        torch.zeros(1, 4, 64, 64), torch.zeros(1, 1, 64, 64), torch.zeros(1, 2, 64, 64)
    )
    assert logits.shape == (1, 1, 64, 64)


def test_default_weights_fit_into_twelve_megabytes_of_half_precision():
    with torch.device("meta"):
        parameters = sum(p.numel() for p in LateClicks().parameters())
    assert 2 * parameters < 12e6


@torch.inference_mode()
def test_halves_give_what_the_whole_gives():
    network = drawn_network()
    image, previous = torch.rand(3, 3, 64, 96), torch.rand(3, 1, 64, 96)
    clicks = (torch.rand(3, 2, 64, 96) > 0.97).float()
    whole = network(image, previous, clicks)

    features = network.encode(image)
    one_by_one = [
        network.decode(
            tuple(f[i : i + 1] for f in features), previous[i : i + 1], clicks[i : i + 1]
        )
        for i in range(3)
    ]

    torch.testing.assert_close(torch.cat(one_by_one), whole, atol=1e-5, rtol=1e-4)


@torch.inference_mode()
def test_clicks_of_both_kinds_and_the_previous_mask_change_the_answer():
    network = drawn_network()
    features = network.encode(torch.rand(1, 3, 64, 64))
    empty = torch.zeros(1, 1, 64, 64), torch.zeros(1, 2, 64, 64)
    without = network.decode(features, *empty)
    include, exclude = torch.zeros(1, 2, 64, 64), torch.zeros(1, 2, 64, 64)
    include[0, 0, 30:35, 30:35] = 1
    exclude[0, 1, 30:35, 30:35] = 1

    answers = [
        network.decode(features, empty[0], include),
        network.decode(features, empty[0], exclude),
        network.decode(features, torch.ones(1, 1, 64, 64), empty[1]),
    ]

    for answer in answers:
        assert not torch.allclose(answer, without)
    assert not torch.allclose(answers[0], answers[1])


@pytest.mark.parametrize(
    ("asked", "taken"), [(1, 32), (160, 160), (167, 160), (168, 176), (448, 448)]
)
def test_nearest_valid_size_is_a_multiple_of_the_coarsest_stride(asked, taken):
    assert drawn_network().nearest_valid_size(asked) == taken


def test_a_size_that_does_not_fit_is_refused_with_one_that_does():
    with pytest.raises(InvalidWindowSize, match="nearest size it can take is 96 x 64"):
        drawn_network().encode(torch.zeros(1, 3, 100, 64))
