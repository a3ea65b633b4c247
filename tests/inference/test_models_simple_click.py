"""SimpleClick against recorded outputs and key lists of its authors' code."""

import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.models.click_network import InvalidWindowSize
from inference.models.simple_click import (
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


class LossOfTheFile:
    """Stands for the loss object that the authors' files carry beside the weights."""


def cross_entropy() -> None:
    """Stands for the function that this object refers to."""


def published_state(path: Path) -> dict[str, torch.Tensor]:
    module = "isegm.model.modeling.transformer_helper.cross_entropy_loss"
    allowed = [
        (LossOfTheFile, f"{module}.CrossEntropyLoss"),
        (cross_entropy, f"{module}.cross_entropy"),
        (set, "__builtin__.set"),
    ]
    with torch.serialization.safe_globals(allowed):
        return torch.load(path, weights_only=True)["state_dict"]


@pytest.fixture(scope="module")
def xtiny() -> SimpleClick:
    network = SimpleClick(XTINY).eval()
    state = published_state(PARITY / "simpleclick_xtiny.pth")
    network.load_state_dict(without_unused_keys(state))
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


def formula_tensor(name: str, shape: torch.Size) -> torch.Tensor:
    """The recorded networks' weights: drawn by splitmix64 from the tensor's name."""
    count = int(np.prod(shape))
    with np.errstate(over="ignore"):
        gamma = np.uint64(0x9E3779B97F4A7C15)
        z = np.uint64(zlib.crc32(name.encode())) + np.arange(count, dtype=np.uint64) * gamma + gamma
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    v = 2 * ((z >> np.uint64(40)).astype(np.float64) / 2**24) - 1
    if name.endswith(("pos_embed", "cls_token")):
        values = 0.05 * v
    elif len(shape) >= 2:
        values = v * np.sqrt(3 / np.prod(shape[1:]))
    else:
        values = 1 + 0.1 * v if name.endswith("weight") else 0.05 * v
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


@needs_parity
@torch.inference_mode()
def test_vit_b_with_formula_weights_equals_the_authors_code():
    recorded = np.load(PARITY / "formula_vit_b.npz")
    network = SimpleClick(VIT_B).eval()
    network.load_state_dict(
        {k: formula_tensor(k, v.shape) for k, v in network.state_dict().items()}
    )
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


@pytest.mark.parametrize("config", [XTINY, VIT_B, VIT_L, VIT_H])
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


@torch.inference_mode()
def test_halves_give_what_the_whole_gives():
    torch.manual_seed(3)
    network = SimpleClick(SMALL).eval()
    image, previous = torch.rand(2, 3, 448, 224), torch.rand(2, 1, 448, 224)
    clicks = (torch.rand(2, 2, 448, 224) > 0.99).float()
    whole = network(image, previous, clicks)

    one_by_one = torch.cat(
        [
            network.decode(network.encode(image[i : i + 1]), previous[i : i + 1], clicks[i : i + 1])
            for i in range(2)
        ]
    )

    torch.testing.assert_close(one_by_one, whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("asked", "taken"),
    [(100, 224), (224, 224), (448, 448), (455, 448), (504, 512), (800, 816), (672, 672)],
)
def test_nearest_valid_size_is_one_whose_tokens_fall_evenly_into_windows(asked, taken):
    assert SimpleClick(SMALL).nearest_valid_size(asked) == taken


def test_a_size_that_does_not_fit_is_refused_with_one_that_does():
    with pytest.raises(InvalidWindowSize, match="816 x 448"):
        SimpleClick(SMALL).encode(torch.zeros(1, 3, 800, 448))


def test_a_fourth_band_is_taken_where_the_network_is_made_for_it():
    four = SimpleClick(
        SimpleClickConfig(16, 32, 4, 2, (16, 16, 16, 16), head_channels=16, bands=4)
    ).eval()
    logits = four(
        torch.zeros(1, 4, 224, 224), torch.zeros(1, 1, 224, 224), torch.zeros(1, 2, 224, 224)
    )
    assert logits.shape == (1, 1, 224, 224)
