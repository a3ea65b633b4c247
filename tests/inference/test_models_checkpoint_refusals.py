"""Published checkpoints: what is refused, and that nothing in them runs."""

import os
import random
import sys
import zipfile

import pytest
import torch

from inference.errors import InferenceError
from inference.models.checkpoint_import import UnknownNetwork, import_checkpoint
from inference.models.pickle_reader import DamagedFile, HostileFile
from inference.models.published_file import UnknownFile
from inference.models.registry import read_manifest
from inference.models.simple_click import IMAGE_PATCHES
from tests.drawn.published_checkpoints import (
    PARITY,
    draw_network,
    draw_state,
    needs_parity,
    parameters,
    published,
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
    return draw_network()


@pytest.fixture
def state(network):
    return draw_state(network)


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


@needs_parity
@pytest.mark.parametrize(
    ("file", "family"),
    [("ritm_hrnet8s_ocr16.pth", "RITM"), ("focalclick_hrnet8s_S2.pth", "FocalClick")],
)
def test_published_files_of_other_families_are_named(file, family, tmp_path):
    with pytest.raises(UnknownNetwork, match=f"of the {family} family"):
        import_checkpoint(PARITY / file, name="other", folder=tmp_path)
