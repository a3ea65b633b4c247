"""Weights files and the manifest."""

import json

import pytest
import torch
from safetensors.torch import save_file

from inference.models.checkpoint import WeightsUnreadable, load_weights, save_weights
from inference.models.late_clicks import LateClicks, LateClicksConfig
from inference.models.registry import (
    ModelSpec,
    ModelUnavailable,
    load_model,
    read_manifest,
    write_manifest,
)
from inference.models.simple_click import SimpleClick, SimpleClickConfig

LATE = LateClicksConfig(
    edge_channels=8,
    encoder_channels=(8, 8, 8),
    encoder_blocks=(1, 1, 1),
    feature_channels=8,
    head_channels=(8, 8, 8),
)
SIMPLE = SimpleClickConfig(16, 16, 4, 2, (8, 8, 8, 8), head_channels=8)


def spec_of(sha256: str, *, name: str = "default") -> ModelSpec:
    return ModelSpec(
        name=name,
        file="small.safetensors",
        sha256=sha256,
        architecture="late_clicks",
        size_px=192,
        bands=3,
        click_radius_px=3,
        licence="CC-BY-SA-4.0",
        source='drawn, with "quotes"',
    )


@pytest.mark.parametrize("network", [LateClicks(LATE), SimpleClick(SIMPLE)])
def test_a_network_comes_back_as_it_was_saved_in_half_precision(network, tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(path, network, training={"steps": 7, "note": "drawn"})

    loaded, metadata = load_weights(path)

    assert path.stat().st_mode & 0o077 == 0o044
    assert loaded.config == network.config
    assert metadata.training == {"steps": 7, "note": "drawn"}
    assert not loaded.training
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], tensor.half().float())


def test_the_same_weights_have_the_same_hash(tmp_path):
    torch.manual_seed(1)
    network = LateClicks(LATE)
    first = save_weights(tmp_path / "a.safetensors", network, training={})
    assert save_weights(tmp_path / "b.safetensors", network, training={}) == first
    with torch.no_grad():
        network.head.to_edges.bias += 1
    assert save_weights(tmp_path / "c.safetensors", network, training={}) != first


def test_a_missing_file_says_how_to_get_it(tmp_path):
    with pytest.raises(WeightsUnreadable, match=r"not there.*export"):
        load_weights(tmp_path / "none.safetensors")


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    save_weights(path, LateClicks(LATE), training={})
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(WeightsUnreadable, match="damaged"):
        load_weights(path)


@pytest.mark.parametrize(
    ("architecture", "config", "sentence"),
    [
        ("other", {}, "knows no network called 'other'"),
        ("late_clicks", {"colour": 3}, "does not fit late_clicks"),
        ("late_clicks", {}, "do not fit the network"),
    ],
)
def test_a_file_of_another_network_is_refused(architecture, config, sentence, tmp_path):
    path = tmp_path / "weights.safetensors"
    said = {"architecture": architecture, "config": config, "training": {}}
    save_file({"head.weight": torch.zeros(2)}, path, {"segmap": json.dumps(said)})
    with pytest.raises(WeightsUnreadable, match=sentence):
        load_weights(path)


def test_the_manifest_says_again_what_was_written(tmp_path):
    specs = [spec_of("ab" * 32), spec_of("cd" * 32, name="other")]
    write_manifest(specs, tmp_path)
    assert list(read_manifest(tmp_path).values()) == specs


def test_a_model_is_loaded_by_name(tmp_path):
    network = LateClicks(LATE)
    spec = spec_of(save_weights(tmp_path / "small.safetensors", network, training={}))
    write_manifest([spec], tmp_path)

    loaded, found = load_model("default", tmp_path)

    assert found == spec
    assert loaded.config == LATE


def test_an_unknown_name_lists_what_is_offered(tmp_path):
    write_manifest([spec_of("ab" * 32)], tmp_path)
    with pytest.raises(ModelUnavailable, match=r"'huge' \(offered: default\)"):
        load_model("huge", tmp_path)


def test_a_file_that_is_not_the_one_in_the_manifest_is_not_loaded(tmp_path):
    save_weights(tmp_path / "small.safetensors", LateClicks(LATE), training={})
    write_manifest([spec_of("ab" * 32)], tmp_path)
    with pytest.raises(ModelUnavailable, match="not the file that the manifest names"):
        load_model("default", tmp_path)


def test_a_manifest_that_cannot_be_understood_is_named(tmp_path):
    (tmp_path / "manifest.toml").write_text("[[models]]\nname = 3\n")
    with pytest.raises(ModelUnavailable, match=r"manifest\.toml could not be understood"):
        load_model("default", tmp_path)
