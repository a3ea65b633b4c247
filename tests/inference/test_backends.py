"""Other back ends give the masks that torch gives in float32, and a bad one is never chosen."""

import importlib.util
import json
from dataclasses import asdict

import numpy as np
import pytest
import torch

from inference.backends.choice import BackendUnavailable, Choice, openvino_version
from inference.backends.comparison import Comparison, compare, drawn_window
from inference.backends.openvino_backend import OpenVinoBackend, convert
from inference.backends.openvino_trial import VERDICT_FILE
from inference.engine.runner import FeatureCache, SeenWindow
from inference.models.registry import load_model
from inference.models.simple_click import SimpleClick, SimpleClickConfig
from inference.prediction.colour_evidence import looks_of
from inference.windows import Window

needs_openvino = pytest.mark.skipif(
    importlib.util.find_spec("openvino") is None, reason="openvino is an optional extra"
)


class Flawed:
    """The network, but for what a test does to its logits."""

    def __init__(self, network, change):
        self.network, self.change = network, change
        self.bands, self.click_radius_px = network.bands, network.click_radius_px
        self.device = network.device

    def encode(self, image):
        return self.network.encode(image)

    def decode(self, features, previous_mask, click_map):
        return self.change(self.network.decode(features, previous_mask, click_map))


@pytest.fixture(scope="module")
def default():
    """The shipped network and its window size."""
    network, spec = load_model("default")
    return network, spec.size_px


@pytest.fixture(scope="module")
def converted(default, tmp_path_factory):
    """The shipped network in OpenVINO."""
    network, size = default
    folder = tmp_path_factory.mktemp("openvino")
    convert(network, size, folder)
    return OpenVinoBackend(
        folder, bands=network.bands, click_radius_px=network.click_radius_px, threads=1
    )


def choice_for(tmp_path, weights, network):
    return Choice(network, weights, "c" * 64, 64, 1, tmp_path / "cache")


@needs_openvino
def test_openvino_finds_the_masks_of_torch_within_one_step_of_255(default, converted):
    network, size = default
    found = compare(network, converted, size=size)
    assert found.mask_iou >= 0.995
    assert found.largest_step <= 1
    image, clicks = drawn_window(network.bands, size, radius_px=network.click_radius_px)
    with torch.inference_mode():
        features = network.encode(image)
        logits = network.decode(features, torch.zeros(1, 1, size, size), clicks)
    assert (logits > 0).sum() > 100  # or the comparison was one of empty masks


@needs_openvino
def test_features_of_openvino_outlive_the_next_window(default, converted):
    network, size = default
    image, _ = drawn_window(network.bands, size, radius_px=3)
    kept = converted.encode(image)
    before = [tensor.clone() for tensor in kept]
    converted.encode(1 - image)
    assert all(torch.equal(one, other) for one, other in zip(kept, before, strict=True))


@needs_openvino
def test_cache_counts_the_bytes_of_openvinos_features(default, converted):
    network, size = default
    image, _ = drawn_window(network.bands, size, radius_px=3)
    valid, looks = np.ones((size, size), bool), looks_of(image[0].numpy())
    seen = SeenWindow(converted.encode(image), valid, looks)
    with torch.inference_mode():
        plain = SeenWindow(network.encode(image), valid, looks)
    assert seen.bytes == plain.bytes > size * size
    cache = FeatureCache(limit_bytes=3 * seen.bytes)
    for number in range(5):
        cache.put("layer", Window(16 * number, 0, 1, size), seen)
    assert len(cache) == 3
    assert cache.held_bytes == 3 * seen.bytes


@needs_openvino
def test_openvino_runs_the_transformer_too(tmp_path):
    torch.manual_seed(0)
    network = SimpleClick(
        SimpleClickConfig(16, 32, 4, 2, (16, 16, 16, 16), 16, join_block=2)
    ).eval()
    convert(network, 224, tmp_path)
    backend = OpenVinoBackend(tmp_path, bands=3, click_radius_px=5, threads=1)
    assert compare(network, backend, size=224).largest_step <= 1


def test_backend_with_other_masks_is_not_worth_any_speed(default):
    network, size = default
    assert compare(network, Flawed(network, lambda logits: logits), size=size).mask_iou == 1
    shifted = compare(network, Flawed(network, lambda logits: logits.roll(3, -1)), size=size)
    assert shifted.mask_iou < 0.995
    assert not Comparison(9.0, shifted.mask_iou, shifted.largest_step).is_worth_it
    assert Comparison(1.2, 0.999, 1).is_worth_it
    assert not Comparison(0.9, 1.0, 0).is_worth_it


@needs_openvino
def test_trial_that_crashes_leaves_torch(default, tmp_path):
    """The child cannot read these weights, so it dies; the engine does not."""
    (tmp_path / "broken.safetensors").write_bytes(b"not weights")
    choice = choice_for(tmp_path, tmp_path / "broken.safetensors", default[0])
    chosen = choice.make("auto")
    assert chosen.trial.wait() != 0
    assert "OpenVINO" not in chosen.words
    assert list((tmp_path / "cache").iterdir()) == []
    with pytest.raises(BackendUnavailable, match="--backend torch"):
        choice.make("openvino")


@needs_openvino
@pytest.mark.parametrize(("speed_up", "taken"), [(1.5, True), (0.9, False)])
def test_auto_takes_what_an_earlier_trial_found_faster(tmp_path, speed_up, taken):
    torch.manual_seed(0)
    network = SimpleClick(SimpleClickConfig(16, 32, 4, 2, (16, 16, 16, 16), 16)).eval()
    choice = Choice(network, tmp_path / "never read", "c" * 64, 224, 1, tmp_path)
    folder = tmp_path / f"{'c' * 16}-224px-1t-openvino-{openvino_version()}"
    folder.mkdir()
    convert(network, 224, folder)
    (folder / VERDICT_FILE).write_text(json.dumps(asdict(Comparison(speed_up, 1.0, 0))))
    chosen = choice.make("auto")
    assert isinstance(chosen.backend, OpenVinoBackend) == taken
    assert ("OpenVINO" in chosen.words) == taken
    assert chosen.trial is None


def test_torch_is_what_was_asked_for(default, tmp_path):
    chosen = choice_for(tmp_path, tmp_path / "never read", default[0]).make("torch")
    assert chosen.words.startswith(("cpu, 1 thread, fp32", "cpu, 1 thread, bf16", "cuda"))
    assert not (tmp_path / "cache").exists()
