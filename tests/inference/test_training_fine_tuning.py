"""Training on from weights that exist, on somebody's own folder."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from inference.models.registry import load_model, read_manifest
from inference.training.__main__ import main
from inference.training.config import StageConfig, TrainingConfig, ValidationConfig
from inference.training.export import export
from inference.training.fine_tuning import FineTuningRefused, Order, fine_tune, halves, split, table
from inference.training.networks import carry, load_start, new_network
from inference.training.trainer import Trainer
from inference.training_sets.pictures import Picture, table_of_objects
from tests.drawn.training_folders import TINY, draw_disks, write_disks

SETTINGS = {"device": "cpu"}


@pytest.fixture
def weights(tmp_path):
    """A manifest with the model "default", of 64 px windows and three bands."""
    run = tmp_path / "made"
    stage = (StageConfig(1.0, 64, 1),)
    config = TrainingConfig(
        run, run, run, (), stage, ValidationConfig(size_px=64), network=TINY, steps=1, device="cpu"
    )
    trainer = Trainer(config, None, [])
    trainer.save()
    export(run, "default", tmp_path / "weights", licence="CC0-1.0")
    return tmp_path / "weights"


def order_of(tmp_path, **changes) -> Order:
    return Order(
        **{"data": tmp_path / "disks", "start": "default", "name": "mine", "steps": 2, **changes}
    )


def test_a_folder_gives_a_model_and_a_table_of_before_and_after(tmp_path, weights):
    write_disks(tmp_path / "disks")
    before = weights.joinpath("default.safetensors").read_bytes()

    outcome = fine_tune(
        order_of(tmp_path), runs=tmp_path / "runs", weights=weights, settings=SETTINGS
    )

    lines = table(outcome)
    assert lines[0] == "6 held-out objects, at most 20 clicks on centres:"
    assert lines[1].split() == ["mIoU@1", "@3", "@5", "NoC85", "NoC90"]
    rows = [line.split() for line in lines[2:4]]
    assert [row[:2] for row in rows] == [["before", "(default)"], ["after", "(mine)"]]
    assert all(0 <= float(v) <= 20 for row in rows for v in row[2:])
    network, spec = load_model("mine", weights)
    assert spec.licence == "CC0-1.0"
    assert spec.source.startswith("fine-tuned from default (")
    assert weights.joinpath("default.safetensors").read_bytes() == before
    old, _ = load_model("default", weights)
    assert any(
        not torch.equal(a, b) for a, b in zip(old.parameters(), network.parameters(), strict=True)
    )


def test_nothing_that_is_there_is_overwritten(tmp_path, weights):
    write_disks(tmp_path / "disks")
    with pytest.raises(FineTuningRefused, match="a model called default already"):
        fine_tune(order_of(tmp_path, name="default"), runs=tmp_path / "runs", weights=weights)
    (tmp_path / "runs/mine").mkdir(parents=True)
    with pytest.raises(FineTuningRefused, match="--resume"):
        fine_tune(order_of(tmp_path), runs=tmp_path / "runs", weights=weights)
    with pytest.raises(FineTuningRefused, match="cannot be a model's name"):
        fine_tune(order_of(tmp_path, name="../mine"), runs=tmp_path / "runs", weights=weights)
    assert read_manifest(weights).keys() == {"default"}


def test_a_stopped_fine_tuning_goes_on_with_the_same_settings_only(tmp_path, weights):
    write_disks(tmp_path / "disks")
    asked = iter([False, True])
    runs = tmp_path / "runs"
    stopped = fine_tune(
        order_of(tmp_path, steps=3),
        runs=runs,
        weights=weights,
        settings=SETTINGS,
        should_stop=lambda: next(asked),
    )
    assert stopped is None
    assert read_manifest(weights).keys() == {"default"}
    with pytest.raises(FineTuningRefused, match="started with other settings"):
        fine_tune(order_of(tmp_path, steps=5), runs=runs, weights=weights, resume=True)
    outcome = fine_tune(
        order_of(tmp_path, steps=3), runs=runs, weights=weights, resume=True, settings=SETTINGS
    )
    assert table(outcome)[3].startswith("after (mine)")
    assert (runs / "mine/losses.csv").read_text().count("\n") == 3


@pytest.mark.parametrize(
    ("bands", "sentence"),
    [
        (None, "has 3 band.*carried.pt takes 4"),
        ((1, 2, 3), r"--bands takes \(1, 2, 3\)"),
        ((1, 2, 3, 4), r"--bands takes \(1, 2, 3, 4\)"),
    ],
)
def test_bands_that_do_not_fit_are_refused(bands, sentence, tmp_path, weights):
    write_disks(tmp_path / "disks")
    path = tmp_path / "carried.pt"
    carry(new_network(replace(TINY, bands=4)), path, final_crop_px=64)
    with pytest.raises(FineTuningRefused, match=sentence):
        fine_tune(
            order_of(tmp_path, start=str(path), bands=bands),
            runs=tmp_path / "runs",
            weights=weights,
        )
    assert not (tmp_path / "runs").exists()


def test_more_bands_than_the_weights_take_make_a_model_that_takes_them(tmp_path, weights):
    write_disks(tmp_path / "disks")
    outcome = fine_tune(
        order_of(tmp_path, bands=(1, 2, 3, 1)),
        runs=tmp_path / "runs",
        weights=weights,
        settings=SETTINGS,
    )
    three = fine_tune(
        order_of(tmp_path, name="three"), runs=tmp_path / "runs", weights=weights, settings=SETTINGS
    )
    assert outcome.spec.bands == load_model("mine", weights)[0].bands == 4
    assert load_model("mine", weights)[1].picture_bands == (1, 2, 3, 1)
    # The further band weighs nothing before it has been learnt.
    np.testing.assert_allclose(outcome.before.iou, three.before.iou, atol=1e-3)


def test_a_folder_with_too_few_objects_is_refused(tmp_path, weights):
    write_disks(tmp_path / "disks", pictures=1)
    labels = json.loads((tmp_path / "disks/classes.json").read_text())
    assert labels["names"] == {"1": "disk"}
    with pytest.raises(FineTuningRefused, match="4 of each are needed"):
        fine_tune(order_of(tmp_path), runs=tmp_path / "runs", weights=weights)


def test_training_and_held_out_objects_share_no_picture(tmp_path):
    write_disks(tmp_path / "disks", pictures=8)
    kept, held_out = split(tmp_path / "disks")
    names = [{p.name for p in part.pictures} for part in (kept, held_out)]
    assert [len(n) for n in names] == [6, 2]
    assert not names[0] & names[1]


def test_a_split_that_the_folder_brings_is_kept(tmp_path):
    write_disks(tmp_path / "set/train", pictures=3)
    write_disks(tmp_path / "set/test", pictures=2)
    kept, held_out = split(tmp_path / "set")
    assert [len(part.pictures) for part in (kept, held_out)] == [3, 2]


def test_a_single_picture_is_cut_in_two():
    pixels, numbered = draw_disks(size=200)
    picture = Picture("one", pixels, [numbered], table_of_objects([numbered]))
    left, right = halves(picture)
    assert left.pixels.shape[1] == 150
    np.testing.assert_array_equal(np.hstack([left.pixels, right.pixels]), pixels)
    # The two disks of the last column lie across the cut: in both parts, at its edge.
    assert left.objects["touches_edge"].sum() == 2
    assert right.objects["touches_edge"].all()


def test_the_command_prints_the_table(tmp_path, weights, caplog):
    write_disks(tmp_path / "disks")
    caplog.set_level("INFO")
    places = ["--runs", str(tmp_path / "runs"), "--weights", str(weights)]
    command = ["--data", str(tmp_path / "disks"), "--out", "mine", "--steps", "1", *places]
    assert main([*command, "--device", "cpu"]) == 0
    assert "after (mine)" in caplog.text
    assert main(command) == 1
    assert "a model called mine already" in caplog.text
    assert load_start(weights / "mine.safetensors").bands == 3
