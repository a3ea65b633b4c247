"""Published checkpoints: what is taken, what is refused, and that nothing in them runs."""

import os
import random
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.__main__ import main
from inference.errors import InferenceError
from inference.models.checkpoint_import import (
    BandStatistics,
    NameTaken,
    NameUnusable,
    UnknownNetwork,
    import_checkpoint,
)
from inference.models.pickle_reader import DamagedFile, HostileFile
from inference.models.published_file import UnknownFile
from inference.models.registry import load_model, read_manifest
from inference.models.simple_click import IMAGE_PATCHES, XTINY, SimpleClick, with_extra_bands

SHARED = Path(os.environ.get("SEGMAP_SHARED", Path(__file__).parents[3] / "shared"))
PARITY = SHARED / "reference" / "parity"
needs_parity = pytest.mark.skipif(
    not PARITY.is_dir(), reason="the published files of the shared data are not here"
)

LOSS_SOURCE = """
from pathlib import Path
import torch

Path(__file__).with_name("imported").touch()

def cross_entropy():
    pass

class CrossEntropyLoss(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.reduction = "mean"
        self.cls_criterion = cross_entropy

    def __setstate__(self, state):
        Path(__file__).with_name("called").touch()
"""


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(2)
    return SimpleClick(XTINY).eval()


@pytest.fixture
def state(network):
    """A published state dict: the network's tensors among some that it never uses."""
    unused = {
        "backbone.cls_token": torch.zeros(1, 1, 160),
        "backbone.head.weight": torch.zeros(1000, 160),
        "head.up_conv1.0.weight": torch.zeros(128, 128, 2, 2),
    }
    return OrderedDict({**network.state_dict(), **unused})


def parameters(**changed):
    values = {"use_disks": True, "norm_radius": 5, "with_prev_mask": True, "random_split": False}
    return {
        name: {"type": "builtin", "value": value, "specified": True}
        for name, value in (values | changed).items()
    }


@pytest.fixture
def loss(tmp_path, monkeypatch):
    """An object of a class that leaves a trace when it is imported or given its state."""
    package = tmp_path / "code" / "isegm"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "loss.py").write_text(LOSS_SOURCE)
    monkeypatch.syspath_prepend(package.parent)
    import isegm.loss

    yield isegm.loss.CrossEntropyLoss()
    for name in ("isegm", "isegm.loss"):
        sys.modules.pop(name, None)


def published(path, state, *, params=None, **options):
    """Write a file in the authors' format."""
    config = {
        "class": "isegm.model.is_plainvit_model.PlainVitModel",
        "params": params or parameters(),
    }
    torch.save({"state_dict": state, "config": config}, path, **options)
    return path


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


def test_an_object_in_the_configuration_is_neither_imported_nor_given_its_state(
    loss, state, tmp_path
):
    params = parameters(head_params={"loss_decode": loss, "upsample": "x1"})
    path = published(tmp_path / "file.pth", state, params=params)
    traces = [tmp_path / "code" / "isegm" / name for name in ("imported", "called")]
    for name in ("isegm", "isegm.loss"):
        del sys.modules[name]
    traces[0].unlink()  # left when the file was made

    import_checkpoint(path, name="tiny", folder=tmp_path)

    assert [trace.exists() for trace in traces] == [False, False]
    assert "isegm" not in sys.modules


class RunsACommand:
    """What Python's unpickler would turn into a call of os.system."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@pytest.mark.parametrize("place", ["state", "parameters", "whole"])
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_hostile_file_is_refused_and_does_nothing(place, protocol, state, tmp_path):
    marker = tmp_path / "done"
    hostile = RunsACommand(f"touch {marker}")
    path = tmp_path / "file.pth"
    if place == "state":
        published(path, state | {"x": hostile}, pickle_protocol=protocol)
    elif place == "parameters":
        published(path, state, params=parameters(x=hostile), pickle_protocol=protocol)
    else:
        torch.save(hostile, path, pickle_protocol=protocol)

    with pytest.raises(HostileFile, match="Nothing in it was run and nothing was imported"):
        import_checkpoint(path, name="tiny", folder=tmp_path)

    assert not marker.exists()
    assert not (tmp_path / "tiny.safetensors").exists()
    assert read_manifest(tmp_path) == {}


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
    four = with_extra_bands(network, mean=(0.3,), deviation=(0.2,)).state_dict()
    params = parameters(norm_radius=3, norm_mean_std=([0.4, 0.4, 0.4, 0.3], [0.1, 0.1, 0.1, 0.2]))
    path = published(tmp_path / "f.pth", {**state, **four}, params=params)

    spec = import_checkpoint(path, name="four", folder=tmp_path)

    config = load_model("four", tmp_path)[0].config
    assert (spec.bands, spec.click_radius_px) == (4, 3)
    assert config.mean == (0.4, 0.4, 0.4, 0.3)
    assert config.deviation == (0.1, 0.1, 0.1, 0.2)


def test_bands_without_statistics_have_to_be_described(state, tmp_path):
    state[IMAGE_PATCHES] = torch.zeros(160, 4, 16, 16)
    path = published(tmp_path / "f.pth", state)
    with pytest.raises(UnknownNetwork, match=r"takes 4 bands.*--mean"):
        import_checkpoint(path, name="four", folder=tmp_path)
    statistics = BandStatistics((0.1, 0.2, 0.3, 0.4), (0.5, 0.6, 0.7, 0.8))
    assert import_checkpoint(path, name="four", folder=tmp_path, statistics=statistics).bands == 4
    assert load_model("four", tmp_path)[0].config.mean == statistics.mean


def without(state, part):
    return {k: v for k, v in state.items() if part not in k}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s: without(s, "neck.down_8."), r"lacks 8 of the 145 tensors \(neck\.down_8\.0\.bi"),
        (lambda s: s | {"neck.more": torch.zeros(1)}, r"has unknown 1 .*neck\.more"),
        (lambda s: s | {"head.conv_seg.bias": torch.zeros(2)}, r"another shape 1 .*conv_seg\.bias"),
        (lambda s: without(s, "blocks.7."), "7 blocks of width 160 for patches of 16 px"),
        (lambda s: without(s, "patch_embed.proj"), "holds no network of the SimpleClick family"),
        (lambda s: {"feature_extractor.conv1.weight": torch.zeros(1)}, "of the RITM family"),
        (
            lambda s: dict.fromkeys(("feature_extractor.x", "refiner.x"), torch.zeros(1)),
            "of the FocalClick family",
        ),
    ],
)
def test_a_file_of_another_network_is_refused(change, sentence, state, tmp_path):
    path = published(tmp_path / "f.pth", change(state))
    with pytest.raises(UnknownNetwork, match=sentence):
        import_checkpoint(path, name="tiny", folder=tmp_path)
    assert not (tmp_path / "manifest.toml").exists()


@pytest.mark.parametrize(
    "params",
    [
        {"use_disks": False},
        {"random_split": True},
        {"head_params": {"upsample": "x4"}},
        {"norm_radius": 0},
        {"norm_radius": "5"},
        {"norm_mean_std": ([0.5] * 3, [0.5, 0.5, 0.0])},
    ],
)
def test_settings_that_make_another_network_are_refused(params, state, tmp_path):
    path = published(tmp_path / "f.pth", state, params=parameters(**params))
    with pytest.raises(UnknownNetwork, match=r"othing was imported"):
        import_checkpoint(path, name="tiny", folder=tmp_path)


def test_the_older_format_is_refused_with_a_way_out(state, tmp_path):
    path = published(tmp_path / "f.pth", state, _use_new_zipfile_serialization=False)
    with pytest.raises(UnknownFile, match=r"before version 1\.6.*torch\.save"):
        import_checkpoint(path, name="tiny", folder=tmp_path)


def test_what_is_no_checkpoint_is_refused(tmp_path):
    text = tmp_path / "text.pth"
    text.write_text("no weights")
    pictures = tmp_path / "pictures.zip"
    with zipfile.ZipFile(pictures, "w") as archive:
        archive.writestr("picture.txt", "none")
    numbers = tmp_path / "numbers.pth"
    torch.save({"state_dict": {"epoch": 3}}, numbers)
    for path, sentence in (
        (tmp_path / "none.pth", "could not be opened"),
        (text, "is no PyTorch checkpoint"),
        (pictures, "no PyTorch checkpoint"),
        (numbers, "other things than tensors"),
    ):
        with pytest.raises(UnknownFile, match=sentence):
            import_checkpoint(path, name="tiny", folder=tmp_path)


@pytest.mark.parametrize("kept", [10, 0.3, 0.9, -10])
def test_a_truncated_file_is_refused(kept, state, tmp_path):
    path = published(tmp_path / "f.pth", state)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])
    with pytest.raises(DamagedFile, match=r"cut off|damaged"):
        import_checkpoint(path, name="tiny", folder=tmp_path)


def rewritten(path, change, *, compression=zipfile.ZIP_STORED):
    """The file with each member's content as `change` gives it; None leaves the member out."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            if (changed := change(name, content)) is not None:
                archive.writestr(name, changed)
    return path


@pytest.mark.parametrize(
    ("change", "compression", "sentence"),
    [
        (lambda n, c: c[:-5] if n.endswith("data.pkl") else c, zipfile.ZIP_STORED, "damaged"),
        (lambda n, c: None if n.endswith("data/3") else c, zipfile.ZIP_STORED, "no item named"),
        (lambda n, c: c[:-4] if n.endswith("data/3") else c, zipfile.ZIP_STORED, "is cut off"),
        (lambda n, c: c, zipfile.ZIP_DEFLATED, "is compressed"),
    ],
)
def test_damage_inside_the_file_is_found(change, compression, sentence, state, tmp_path):
    path = rewritten(published(tmp_path / "f.pth", state), change, compression=compression)
    with pytest.raises(DamagedFile, match=sentence):
        import_checkpoint(path, name="tiny", folder=tmp_path)


def test_a_changed_byte_among_the_weights_is_found(state, tmp_path):
    path = published(tmp_path / "f.pth", state)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match="CRC"):
        import_checkpoint(path, name="tiny", folder=tmp_path)


def test_whatever_is_changed_in_a_file_it_is_refused_with_a_sentence(tmp_path):
    path = published(tmp_path / "f.pth", {IMAGE_PATCHES: torch.zeros(4, 3, 2, 2)})
    whole = path.read_bytes()
    draw = random.Random(5)
    for _ in range(300):
        content = bytearray(whole)
        for _ in range(draw.randint(1, 6)):
            content[draw.randrange(len(content))] = draw.randrange(256)
        path.write_bytes(content)
        with pytest.raises(InferenceError, match="othing was imported"):
            import_checkpoint(path, name="tiny", folder=tmp_path)


def test_weights_that_are_not_numbers_are_refused(state, tmp_path):
    state["neck.down_16.0.bias"] = torch.full((288,), torch.nan)
    path = published(tmp_path / "f.pth", state)
    with pytest.raises(DamagedFile, match=r"neck\.down_16\.0\.bias holds values that are not fin"):
        import_checkpoint(path, name="tiny", folder=tmp_path)


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


@needs_parity
@pytest.mark.parametrize(
    ("file", "family"),
    [("ritm_hrnet8s_ocr16.pth", "RITM"), ("focalclick_hrnet8s_S2.pth", "FocalClick")],
)
def test_published_files_of_other_families_are_named(file, family, tmp_path):
    with pytest.raises(UnknownNetwork, match=f"of the {family} family"):
        import_checkpoint(PARITY / file, name="other", folder=tmp_path)
