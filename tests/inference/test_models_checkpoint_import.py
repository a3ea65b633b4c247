"""Published checkpoints: what is taken from them, and under which name and licence."""

import sys

import numpy as np
import pytest
import torch

from inference.__main__ import main
from inference.models.checkpoint_import import (
    BandStatistics,
    NameTaken,
    NameUnusable,
    PictureBandsUnusable,
    UnknownNetwork,
    import_checkpoint,
)
from inference.models.extra_bands import with_extra_bands
from inference.models.registry import load_model, read_manifest
from inference.models.simple_click import IMAGE_PATCHES, XTINY
from tests.drawn.published_checkpoints import (
    PARITY,
    draw_network,
    draw_state,
    needs_parity,
    parameters,
    published,
)


@pytest.fixture(scope="module")
def network():
    return draw_network()


@pytest.fixture
def state(network):
    return draw_state(network)


def test_an_imported_network_is_the_published_one(state, network, tmp_path):
    path = published(tmp_path / "cocolvis_vit_tiny.pth", state)

    spec = import_checkpoint(path, name="tiny", folder=tmp_path)

    loaded, found = load_model("tiny", tmp_path)
    assert found == spec
    assert loaded.config == XTINY
    for name, tensor in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    assert (spec.size_px, spec.bands, spec.click_radius_px) == (448, 3, 5)
    assert spec.architecture == "simple_click"
    assert spec.licence == "MIT (of the authors' code)"
    assert spec.source == "SimpleClick xtiny, imported from cocolvis_vit_tiny.pth"


@pytest.mark.parametrize("halved", [True, False])
def test_values_are_kept_exactly_in_the_smallest_precision(halved, state, tmp_path):
    if halved:
        state = {k: v.half().float() for k, v in state.items()}
    spec = import_checkpoint(published(tmp_path / "f.pth", state), name="tiny", folder=tmp_path)
    size = (tmp_path / spec.file).stat().st_size
    assert size == pytest.approx((2 if halved else 4) * 3_845_441, rel=0.02)
    loaded = load_model("tiny", tmp_path)[0].state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in loaded.items())


def test_bands_and_click_radius_are_the_files_own(state, network, tmp_path):
    four = with_extra_bands(network, network.config.with_bands(4)).state_dict()
    params = parameters(norm_radius=3, norm_mean_std=([0.4, 0.4, 0.4, 0.3], [0.1, 0.1, 0.1, 0.2]))
    path = published(tmp_path / "f.pth", {**state, **four}, params=params)

    spec = import_checkpoint(path, name="four", folder=tmp_path)

    config = load_model("four", tmp_path)[0].config
    assert (spec.bands, spec.click_radius_px) == (4, 3)
    assert config.mean == (0.4, 0.4, 0.4, 0.3)
    assert config.deviation == (0.1, 0.1, 0.1, 0.2)


def test_bands_of_a_picture_are_noted_where_they_fit(state, tmp_path):
    path = published(tmp_path / "f.pth", state)
    spec = import_checkpoint(path, name="infrared", folder=tmp_path, picture_bands=(4, 1, 2))
    assert load_model("infrared", tmp_path)[1] == spec
    assert spec.picture_bands == (4, 1, 2)
    for unusable in ((4, 1), (5, 1, 2)):
        with pytest.raises(PictureBandsUnusable, match=r"takes 3 bands. Nothing was imported"):
            import_checkpoint(path, name="other", folder=tmp_path, picture_bands=unusable)
    assert not (tmp_path / "other.safetensors").exists()


def test_bands_without_statistics_have_to_be_described(state, tmp_path):
    state[IMAGE_PATCHES] = torch.zeros(160, 4, 16, 16)
    path = published(tmp_path / "f.pth", state)
    with pytest.raises(UnknownNetwork, match=r"takes 4 bands.*--mean"):
        import_checkpoint(path, name="four", folder=tmp_path)
    statistics = BandStatistics((0.1, 0.2, 0.3, 0.4), (0.5, 0.6, 0.7, 0.8))
    assert import_checkpoint(path, name="four", folder=tmp_path, statistics=statistics).bands == 4
    assert load_model("four", tmp_path)[0].config.mean == statistics.mean


def test_tensors_that_are_views_are_read_as_they_look(state, network, tmp_path):
    key = "backbone.blocks.0.mlp.fc1.weight"
    state[key] = state[key].t().contiguous().t()
    import_checkpoint(published(tmp_path / "f.pth", state), name="tiny", folder=tmp_path)
    loaded = load_model("tiny", tmp_path)[0].state_dict()
    assert torch.equal(loaded[key], network.state_dict()[key])


def test_a_model_of_that_name_stays_unless_its_end_is_asked_for(state, tmp_path):
    path = published(tmp_path / "f.pth", state)
    first = import_checkpoint(path, name="tiny", folder=tmp_path)
    other = import_checkpoint(path, name="other", folder=tmp_path)
    state["head.conv_seg.bias"] = torch.ones(1)
    published(path, state)

    with pytest.raises(NameTaken, match=r"'tiny'.*--replace"):
        import_checkpoint(path, name="tiny", folder=tmp_path)
    assert load_model("tiny", tmp_path)[1] == first

    second = import_checkpoint(path, name="tiny", folder=tmp_path, replace_existing=True)
    assert second.sha256 != first.sha256
    assert read_manifest(tmp_path) == {"other": other, "tiny": second}


def test_weights_that_no_manifest_names_are_not_written_over(state, tmp_path):
    (tmp_path / "tiny.safetensors").write_text("precious")
    with pytest.raises(NameTaken):
        import_checkpoint(published(tmp_path / "f.pth", state), name="tiny", folder=tmp_path)
    assert (tmp_path / "tiny.safetensors").read_text() == "precious"


@pytest.mark.parametrize("name", ["", "../tiny", "a/b", ".hidden", "two words"])
def test_a_name_that_is_no_file_name_is_refused(name, state, tmp_path):
    with pytest.raises(NameUnusable):
        import_checkpoint(tmp_path / "f.pth", name=name, folder=tmp_path)


@pytest.mark.parametrize(
    ("file", "licence"),
    [
        ("cocolvis_icl_vit_huge.pth", "CC-BY-NC-4.0"),
        ("sbd_vit_large.pth", "MIT"),
        ("mine.pth", "not stated"),
    ],
)
def test_the_licence_noted_is_that_of_the_published_file(file, licence, state, tmp_path):
    spec = import_checkpoint(published(tmp_path / file, state), name="tiny", folder=tmp_path)
    assert spec.licence.startswith(licence)


def test_commands_import_a_file_and_list_what_there_is(state, tmp_path, capsys):
    path = published(tmp_path / "cocolvis_vit_x.pth", state)
    into = ["--folder", str(tmp_path)]
    assert main(["import-checkpoint", str(path), *into, "--licence", "mine"]) == 0
    assert main(["import-checkpoint", str(path), *into, "--name", "changed"]) == 0
    assert main(["import-checkpoint", str(path), *into, "--name", "gone"]) == 0
    (tmp_path / "changed.safetensors").write_text("other")
    (tmp_path / "gone.safetensors").unlink()
    said = capsys.readouterr().out
    assert "SimpleClick xtiny, imported from cocolvis_vit_x.pth" in said
    assert "licence: mine" in said

    assert main(["models", *into]) == 0

    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["name", "architecture", "window", "bands", "MB", "file", "licence"]
    cells = {row.split()[0]: row.split()[1:] for row in rows}
    assert cells["cocolvis_vit_x"] == ["simple_click", "448", "3", "15.4", "ok", "mine"]
    assert cells["changed"][3:5] == ["0.0", "changed"]
    assert cells["gone"][3:5] == ["-", "missing"]


def test_commands_say_what_is_wrong(tmp_path, capsys):
    asked = ["import-checkpoint", str(tmp_path / "none.pth"), "--folder", str(tmp_path)]
    assert main(asked) == 1
    assert "none.pth could not be opened" in capsys.readouterr().err
    assert main([*asked, "--mean", "0.5", "0.5"]) == 1
    assert "--mean and --deviation together" in capsys.readouterr().err
    assert main(["models", "--folder", str(tmp_path)]) == 0
    assert "offers no models" in capsys.readouterr().out


@needs_parity
@torch.inference_mode()
def test_the_authors_file_becomes_the_authors_network(tmp_path):
    import_checkpoint(PARITY / "simpleclick_xtiny.pth", name="xtiny", folder=tmp_path)
    network, spec = load_model("xtiny", tmp_path)
    case = "a448_one_click"
    with np.load(PARITY / "network.npz") as recorded:
        image = torch.from_numpy(recorded[f"{case}/image"]).permute(2, 0, 1)[None] / 255
        previous = torch.from_numpy(recorded[f"{case}/prev_mask"]).float()
        disks = torch.from_numpy(recorded[f"{case}/disks"]).float()
        expected = recorded[f"{case}/logits"]

    np.testing.assert_allclose(network(image, previous, disks), expected, atol=5e-5, rtol=0)
    assert "isegm" not in sys.modules
    assert (tmp_path / spec.file).stat().st_size < 8e6  # half precision holds every value
