"""SimpleClick against recorded outputs and key lists of its authors' code."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.models.click_network import InvalidWindowSize
from inference.models.formula_weights import fill_by_formula
from inference.models.plain_vit import windows_along
from inference.models.published_file import open_published_file
from inference.models.simple_click import (
    SIZES,
    VIT_B,
    VIT_H,
    VIT_L,
    XTINY,
    SimpleClick,
    SimpleClickConfig,
    without_unused_keys,
)

SHARED = Path(os.environ.get("SEGMAP_SHARED", Path(__file__).parents[3] / "shared"))
PARITY = SHARED / "reference" / "parity"
needs_parity = pytest.mark.skipif(
    not PARITY.is_dir(), reason="the recorded outputs of the shared data are not here"
)

SMALL = SimpleClickConfig(16, 32, 4, 2, (16, 16, 16, 16), head_channels=16)
RECORDED = [
    [0.444204, 0.542115, 0.481658],
    [0.272736, 0.734953, 0.288325],
    [0.478828, 0.340753, 0.218618],
]
"""Logits of the small network, every 150th row and 100th column."""

CASES = (
    "a448_one_click",
    "b448_prev_mask_four_clicks",
    "c448_fractional_batch2",
    "d672",
    "e448x672",
    "f224",
    "g512",
    "h448_no_click",
)


@pytest.fixture(scope="module")
def xtiny() -> SimpleClick:
    network = SimpleClick(XTINY).eval()
    file = open_published_file(PARITY / "simpleclick_xtiny.pth")
    network.load_state_dict(file.read(network.state_dict()))
    return network


@pytest.fixture(scope="module")
def recorded() -> np.lib.npyio.NpzFile:
    return np.load(PARITY / "network.npz")


@needs_parity
@pytest.mark.parametrize("case", CASES)
@torch.inference_mode()
def test_logits_equal_those_of_the_authors_code(case, xtiny, recorded):
    image = torch.from_numpy(recorded[f"{case}/image"]).permute(2, 0, 1)[None] / 255
    disks = torch.from_numpy(recorded[f"{case}/disks"]).float()
    previous = torch.from_numpy(recorded[f"{case}/prev_mask"]).float()
    if len(disks) == 2:  # the second of the batch is the mirror of the first
        image = torch.cat([image, image.flip(3)])
        if len(previous) == 1:
            previous = torch.cat([previous, previous.flip(3)])

    logits = xtiny(image, previous, disks).numpy()

    whole = f"{case}/logits"
    if whole in recorded:
        np.testing.assert_allclose(logits, recorded[whole], atol=5e-5, rtol=0)
    else:
        every_4th = recorded[f"{case}/logits_every_4th"]
        np.testing.assert_allclose(logits[..., ::4, ::4], every_4th, atol=5e-5, rtol=0)


@needs_parity
@torch.inference_mode()
def test_vit_b_with_formula_weights_equals_the_authors_code():
    recorded = np.load(PARITY / "formula_vit_b.npz")
    network = SimpleClick(VIT_B).eval()
    fill_by_formula(network)
    image = torch.from_numpy(recorded["image"]).permute(2, 0, 1)[None] / 255
    previous = torch.from_numpy(recorded["prev_mask"]).float()[None, None]

    logits = network(image, previous, disks_of_points(recorded["points"], 448)).numpy()

    expected = recorded["logits_every_4th"]
    np.testing.assert_allclose(logits[..., ::4, ::4], expected, atol=5e-5, rtol=1e-5)


def disks_of_points(points: np.ndarray, size: int) -> torch.Tensor:
    """1 x 2 x S x S disks of radius 5 from 1 x 2k x 3 points (row, col, index; -1 = none)."""
    rows, cols = np.mgrid[:size, :size]
    halves = np.split(points[0], 2)
    maps = np.zeros((1, 2, size, size), np.float32)
    for channel, half in enumerate(halves):
        for row, col, _ in half:
            if max(row, col) >= 0:
                maps[0, channel][(rows - row) ** 2 + (cols - col) ** 2 <= 25] = 1
    return torch.from_numpy(maps)


@needs_parity
@pytest.mark.parametrize(
    ("config", "name"), [(XTINY, "xtiny"), (VIT_B, "vit_b"), (VIT_L, "vit_l"), (VIT_H, "vit_h")]
)
def test_keys_and_shapes_are_those_of_the_published_files(config, name):
    published = json.loads((PARITY / f"network_{name}_shapes.json").read_text())["keys"]
    with torch.device("meta"):
        network = SimpleClick(config)

    ours = {k: list(v.shape) for k, v in network.state_dict().items()}

    assert ours == without_unused_keys(published)


@pytest.mark.parametrize("config", SIZES.values(), ids=SIZES)
def test_each_size_answers_in_the_size_of_the_window(config):
    with torch.device("meta"):
        network = SimpleClick(config).eval()
        side = network.nearest_valid_size(448)
        logits = network(
            torch.empty(2, 3, side, side),
            torch.empty(2, 1, side, side),
            torch.empty(2, 2, side, side),
        )
    assert logits.shape == (2, 1, 448, 448)


def drawn_network(config: SimpleClickConfig = SMALL) -> SimpleClick:
    network = SimpleClick(config).eval()
    fill_by_formula(network)
    return network


def drawn_input(height: int, width: int, *, bands: int = 3, batch: int = 1):
    """Image, previous mask and click map."""
    draw = torch.Generator().manual_seed(11)
    image = torch.rand(batch, bands, height, width, generator=draw)
    previous = torch.rand(batch, 1, height, width, generator=draw)
    clicks = torch.rand(batch, 2, height, width, generator=draw) > 0.99
    return image, previous, clicks.float()


@torch.inference_mode()
def test_a_small_network_answers_as_recorded():
    # From this network itself, when it equalled the authors' code in the recorded cases above.
    logits = drawn_network()(*drawn_input(448, 224))[0, 0]
    recorded = torch.tensor(RECORDED)
    torch.testing.assert_close(logits[::150, ::100], recorded, atol=5e-5, rtol=0)


@torch.inference_mode()
def test_clicks_that_join_late_give_another_network_of_the_same_tensors():
    early, late = drawn_network(), drawn_network(replace(SMALL, join_block=2))
    inputs = drawn_input(224, 224)
    assert early.state_dict().keys() == late.state_dict().keys()
    assert not torch.allclose(early(*inputs), late(*inputs), atol=1e-3)


def run_blocks(network: SimpleClick) -> list[int]:
    """Grows by the number of each block, from 1, when the block runs."""
    numbers: list[int] = []
    for number, block in enumerate(network.backbone.blocks, start=1):
        block.register_forward_hook(lambda *_, number=number: numbers.append(number))
    return numbers


@pytest.mark.parametrize(
    ("join_block", "encoding", "decoding"),
    [(0, [], [1, 2, 3, 4]), (1, [1], [2, 3, 4]), (3, [1, 2, 3], [4])],
)
@torch.inference_mode()
def test_blocks_before_the_clicks_join_run_once_per_window(join_block, encoding, decoding):
    network = drawn_network(replace(SMALL, join_block=join_block))
    numbers = run_blocks(network)
    image, previous, clicks = drawn_input(224, 224)

    features = network.encode(image)
    assert numbers == encoding
    numbers.clear()
    network.decode(features, previous, clicks)
    network.decode(features, previous, 1 - clicks)

    assert numbers == 2 * decoding


@pytest.mark.parametrize("join_block", [0, 2])
@torch.inference_mode()
def test_one_encoding_serves_many_clicks(join_block):
    network = drawn_network(replace(SMALL, join_block=join_block))
    image, previous, clicks = drawn_input(224, 224)
    features = network.encode(image)
    kept = [feature.clone() for feature in features]
    for changed in (clicks, clicks.flip(1), torch.zeros_like(clicks)):
        by_halves = network.decode(features, previous, changed)
        torch.testing.assert_close(by_halves, network(image, previous, changed))
    for feature, before in zip(features, kept, strict=True):
        assert torch.equal(feature, before)


@torch.inference_mode()
def test_windows_of_a_batch_do_not_see_each_other():
    network = drawn_network(replace(SMALL, join_block=1))
    inputs = drawn_input(448, 224, batch=2)
    one_by_one = torch.cat([network(*(x[i : i + 1] for x in inputs)) for i in range(2)])
    torch.testing.assert_close(one_by_one, network(*inputs), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("join_block", [-1, 4])
def test_clicks_must_join_before_the_last_block(join_block):
    with pytest.raises(ValueError, match="blocks 0 to 3"):
        replace(SMALL, join_block=join_block)


@pytest.mark.parametrize(
    ("asked", "taken"),
    [(0, 224), (100, 224), (224, 224), (448, 448), (455, 448), (504, 512), (640, 640), (672, 672),
     (800, 816), (5000, 4928)],
)  # fmt: skip
def test_nearest_valid_size_is_one_whose_tokens_fall_evenly_into_windows(asked, taken):
    assert SimpleClick(SMALL).nearest_valid_size(asked) == taken


def test_grids_for_patches_of_16_are_those_of_the_windows():
    valid = [grid for grid in range(56) if windows_along(grid, 14)]
    assert valid == [*range(14, 28), *range(28, 41, 2), *range(42, 55, 3)]


@pytest.mark.parametrize(
    ("asked", "taken"), [(448, 448), (455, 448), (460, 448), (440, 434), (470, 476)]
)
def test_nearest_valid_size_for_patches_of_14(asked, taken):
    # 16 to 31 tokens lie in one window, 32, 34 ... in two: 434 px are 31 tokens, 462 would be 33.
    assert SimpleClick(replace(SMALL, patch_px=14)).nearest_valid_size(asked) == taken


@pytest.mark.parametrize("patch_px", [14, 16])
def test_every_size_that_is_offered_can_be_taken(patch_px):
    with torch.device("meta"):
        network = SimpleClick(replace(SMALL, patch_px=patch_px)).eval()
        for asked in range(1, 1400, 173):
            side = network.nearest_valid_size(asked)
            other = network.nearest_valid_size(2 * asked)
            logits = network(
                torch.empty(1, 3, side, other),
                torch.empty(1, 1, side, other),
                torch.empty(1, 2, side, other),
            )
            assert logits.shape == (1, 1, side, other)


def test_a_size_that_does_not_fit_is_refused_with_one_that_does():
    with pytest.raises(InvalidWindowSize, match="816 x 448"):
        SimpleClick(SMALL).encode(torch.zeros(1, 3, 800, 448))


@torch.inference_mode()
def test_each_band_is_normalised_by_its_own_mean_and_deviation():
    mean, deviation = (0.1, 0.2, 0.3, 0.4), (0.5, 0.6, 0.7, 0.8)
    plain = replace(SMALL, mean=(0.0,) * 4, deviation=(1.0,) * 4)
    image, previous, clicks = drawn_input(224, 224, bands=4)
    by_hand = torch.stack([(image[:, b] - mean[b]) / deviation[b] for b in range(4)], dim=1)
    expected = drawn_network(plain)(by_hand, previous, clicks)

    logits = drawn_network(replace(SMALL, mean=mean, deviation=deviation))(image, previous, clicks)

    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("mean", "deviation"), [((), ()), ((0.5,), (0.2, 0.2)), ((0.5,), (0.0,))])
def test_bands_without_usable_statistics_are_refused(mean, deviation):
    with pytest.raises(ValueError, match="deviation"):
        replace(SMALL, mean=mean, deviation=deviation)
