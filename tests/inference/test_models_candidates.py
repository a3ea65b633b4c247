"""Networks that could be the default: stems, small windows, attention behind convolutions."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from inference.backends.comparison import compare
from inference.backends.openvino_backend import OpenVinoBackend, convert
from inference.models.attention_at_any_size import AttentionBlock
from inference.models.checkpoint import load_weights, save_weights
from inference.models.click_network import InvalidWindowSize
from inference.models.formula_weights import fill_by_formula
from inference.models.late_clicks import LateClicksConfig
from inference.models.plain_vit import ConvolutionalStem
from inference.models.simple_click import SimpleClickConfig
from inference.training.config import read_config
from inference.training.networks import new_network
from tests.drawn.training_folders import TINY

needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="openvino is an optional extra"
)

PATCHES = SimpleClickConfig(16, 32, 4, 2, (8, 8, 8, 8), head_channels=8, smallest_px=64)
STEM = replace(PATCHES, stem="convolutional")
HYBRID = replace(TINY, transformer_blocks=2, transformer_heads=2)
CANDIDATES = {"patches": PATCHES, "stem": STEM, "late stem": replace(STEM, join_block=2)}
CANDIDATES |= {"hybrid": HYBRID}
each = pytest.mark.parametrize("config", CANDIDATES.values(), ids=CANDIDATES)


def drawn_network(config):
    network = new_network(config).eval()
    fill_by_formula(network)
    return network


def drawn_input(height, width, *, batch=1, bands=3):
    draw = torch.Generator().manual_seed(3)
    image = torch.rand(batch, bands, height, width, generator=draw)
    previous = torch.rand(batch, 1, height, width, generator=draw)
    return image, previous, (torch.rand(batch, 2, height, width, generator=draw) > 0.98).float()


@each
@pytest.mark.parametrize("asked", [(64, 64), (128, 160), (160, 96), (224, 450)])
@torch.inference_mode()
def test_every_valid_size_is_answered_in_its_own(config, asked):
    network = drawn_network(config)
    size = tuple(network.nearest_valid_size(side) for side in asked)
    assert network(*drawn_input(*size, batch=2)).shape == (2, 1, *size)


@each
@torch.inference_mode()
def test_one_encoding_serves_every_click_and_every_window_of_a_batch(config):
    network = drawn_network(config)
    image, previous, clicks = drawn_input(96, 128, batch=2)
    features = network.encode(image)
    for changed in (clicks, clicks.flip(1)):
        whole = network(image, previous, changed)
        alone = [
            network.decode(tuple(f[i : i + 1] for f in features), previous[i : i + 1],
                           changed[i : i + 1])
            for i in range(2)
        ]  # fmt: skip
        torch.testing.assert_close(torch.cat(alone), whole, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(whole, network.decode(features, previous, clicks), atol=1e-3)


@each
@torch.inference_mode()
def test_weights_are_saved_and_loaded(config, tmp_path):
    network = drawn_network(config)
    save_weights(tmp_path / "w.safetensors", network, training={}, dtype=torch.float32)
    loaded, _ = load_weights(tmp_path / "w.safetensors")
    assert loaded.config == config
    inputs = drawn_input(96, 96)
    torch.testing.assert_close(loaded(*inputs), network(*inputs), atol=1e-5, rtol=1e-5)


@needs_openvino
@pytest.mark.parametrize("config", [STEM, HYBRID], ids=["stem", "hybrid"])
def test_openvino_finds_the_masks_of_torch(config, tmp_path):
    network = drawn_network(config)
    convert(network, 96, tmp_path)
    backend = OpenVinoBackend(tmp_path, bands=3, click_radius_px=network.click_radius_px, threads=1)
    found = compare(network, backend, size=96)
    assert found.mask_iou >= 0.995
    assert found.largest_step <= 1


@torch.inference_mode()
def test_smaller_windows_leave_the_others_as_they_are():
    published = drawn_network(replace(PATCHES, smallest_px=224))
    inputs = drawn_input(224, 448)
    torch.testing.assert_close(drawn_network(PATCHES)(*inputs), published(*inputs))
    with pytest.raises(InvalidWindowSize, match="224 x 224"):
        published.encode(torch.zeros(1, 3, 160, 160))
    assert [drawn_network(PATCHES).nearest_valid_size(side) for side in (1, 160, 455)] == [
        64, 160, 448,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"stem": "round"}, "stem is one of patches, convolutional"),
        ({"stem": "convolutional", "patch_px": 14, "smallest_px": 224}, "power of 2"),
        ({"smallest_px": 100}, "multiple of patch_px"),
        ({"smallest_px": 16}, "at least twice"),
    ],
)
def test_a_transformer_that_cannot_work_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        replace(PATCHES, **change)


def test_attention_needs_channels_that_its_heads_can_share():
    with pytest.raises(ValueError, match="split into 3 heads"):
        LateClicksConfig(transformer_blocks=1, transformer_heads=3)


@torch.inference_mode()
def test_a_disk_weighs_the_same_however_many_others_there_are():
    torch.manual_seed(2)
    stem = ConvolutionalStem(3, 32, 16)
    one, many = torch.zeros(1, 3, 128, 128), torch.zeros(1, 3, 128, 128)
    one[:, 1, 20:25, 20:25] = many[:, 1, 20:25, 20:25] = 1
    many[:, 1:, 90:110, 60:120] = 1
    near = (slice(None), slice(None), slice(0, 3), slice(0, 3))
    assert torch.equal(stem(one)[near], stem(many)[near])
    assert not torch.equal(stem(one), stem(many))


@torch.inference_mode()
def test_attention_sees_from_corner_to_corner_and_knows_the_places():
    torch.manual_seed(2)
    block = AttentionBlock(8, 2)
    x = torch.rand(1, 8, 6, 9)
    changed = x.clone()
    changed[..., -1, -1] += 1
    assert not torch.allclose(block(x)[..., 0, 0], block(changed)[..., 0, 0])
    even = block(torch.ones(1, 8, 6, 9))
    assert not torch.allclose(even[..., 0, 0], even[..., 3, 4])


ABLATIONS = Path(__file__).resolve().parents[2] / "inference/training/configs/ablations"


@pytest.mark.parametrize("path", sorted(ABLATIONS.glob("*.toml")), ids=lambda path: path.stem)
def test_candidates_are_small_and_take_the_windows_they_are_trained_and_measured_at(path):
    config = read_config(path)
    with torch.device("meta"):
        network = new_network(config.network)
    assert sum(p.numel() for p in network.parameters()) < 14e6
    for side in (config.stages[-1].crop_px, config.validation.size_px):
        assert network.nearest_valid_size(side) == side
    assert config.steps * config.stages[0].batch == 4500
