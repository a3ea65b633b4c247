"""A run: schedule, resuming, configuration, measuring, exporting."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from inference.models.late_clicks import LateClicksConfig
from inference.models.registry import load_model
from inference.prediction.colour_evidence import looks_of, weigh_colours
from inference.training.__main__ import main
from inference.training.config import (
    StageConfig,
    TrainingConfig,
    TrainingConfigInvalid,
    ValidationConfig,
    read_config,
)
from inference.training.export import export, measured_table
from inference.training.networks import StartUnusable
from inference.training.rounds import Batch, Rounds
from inference.training.run_folder import CheckpointUnreadable, RunFolder
from inference.training.schedule import Schedule
from inference.training.trainer import Trainer
from inference.training.validation import draw_cases, measure
from inference.training_sets.pack import Source
from inference.training_sets.pictures import Picture, table_of_objects
from inference.training_sets.samples import SampleDrawer

SMALL = LateClicksConfig(
    edge_channels=8,
    encoder_channels=(8, 16, 16),
    encoder_blocks=(1, 1, 1),
    feature_channels=8,
    head_channels=(8, 8, 8),
)


def draw_source() -> Source:
    """Bright disks on dark, noisy ground; the last touches the edge."""
    rng = np.random.default_rng(11)
    numbered = np.zeros((160, 160), np.uint16)
    rows, cols = np.mgrid[:160, :160]
    for number, (row, col, radius) in enumerate([(40, 50, 14), (110, 90, 22), (80, 158, 12)], 1):
        numbered[np.hypot(rows - row, cols - col) <= radius] = number
    pixels = rng.integers(20, 70, (160, 160, 3)).astype(np.uint8)
    pixels[numbered > 0] += 130
    return Source.of("disks", [Picture("drawn", pixels, [numbered], table_of_objects([numbered]))])


def config_of(run, **changes) -> TrainingConfig:
    values = {
        "run": run,
        "packs": run,
        "imagery": run,
        "sources": (),
        "stages": (StageConfig(0.5, 48, 3), StageConfig(1.0, 64, 2)),
        "network": SMALL,
        "steps": 6,
        **changes,
    }
    return TrainingConfig(**values)


def trainer_of(run, **changes) -> Trainer:
    source = draw_source()
    return Trainer(config_of(run, **changes), SampleDrawer([source], [1.0]), [])


def test_a_resumed_run_takes_the_same_steps(tmp_path):
    whole = trainer_of(tmp_path / "whole")
    whole.run()

    stopped = trainer_of(tmp_path / "stopped")
    stopped.run(should_stop=lambda: stopped.schedule.steps == 3)
    resumed = trainer_of(tmp_path / "stopped", seed=1)
    assert resumed.resume()
    resumed.run()

    assert resumed.schedule == whole.schedule
    for key, tensor in whole.average.state_dict().items():
        torch.testing.assert_close(resumed.average.state_dict()[key], tensor, rtol=0, atol=0)


def test_a_run_without_a_checkpoint_starts_afresh(tmp_path):
    assert not trainer_of(tmp_path).resume()


def test_training_lowers_the_loss_on_easy_objects(tmp_path):
    trainer = trainer_of(tmp_path, steps=60, stages=(StageConfig(1.0, 48, 4),), learning_rate=3e-3)
    losses = []
    while not trainer.schedule.is_over:
        losses.append(trainer.step())
        trainer.schedule.advance(1)
    assert np.mean(losses[-15:]) < 0.93 * np.mean(losses[:15])


def test_progress_reaches_the_end_when_the_budget_is_used_up():
    schedule = Schedule(left=10)
    rates = []
    for _ in range(9):
        rates.append(schedule.rate(1.0))
        schedule.advance(1)
    assert not schedule.is_over
    assert schedule.progress == pytest.approx(0.9)
    schedule.advance(1)
    assert schedule.is_over


def test_the_rate_warms_up_and_then_falls_to_the_end():
    schedule = Schedule(left=1000)
    rates = []
    while not schedule.is_over:
        rates.append(schedule.rate(1.0))
        schedule.advance(1)
    top = int(np.argmax(rates))
    assert rates[0] < 0.02
    assert 90 < top < 110
    assert np.all(np.diff(rates[top:]) < 0)
    assert rates[-1] < 0.011


def test_an_earlier_end_quickens_what_is_left():
    schedule = Schedule(left=100)
    for _ in range(20):
        schedule.advance(1)
    schedule.finish_in(10)
    for _ in range(5):
        schedule.advance(1)
    assert schedule.progress == pytest.approx(0.6)


def test_a_finish_request_is_heeded_once(tmp_path):
    clock = iter(np.arange(0, 10_000, 60.0))
    trainer = Trainer(
        config_of(tmp_path, steps=0, minutes=100, checkpoint_minutes=1000),
        SampleDrawer([draw_source()], [1.0]),
        [],
        clock=lambda: float(next(clock)),
    )
    RunFolder(tmp_path).ask_to_finish(4)
    trainer.run()
    assert trainer.schedule.is_over
    assert trainer.schedule.steps == 5
    assert RunFolder(tmp_path).take_finish_request() is None


def test_measuring_leaves_out_objects_at_the_edge_and_counts_clicks():
    source = draw_source()
    cases = draw_cases(source, count=9, size=64, seed=1)
    assert len(cases) == 2

    class Knowing(torch.nn.Module):
        """Answers with what is bright, once it was clicked twice."""

        click_radius_px = 3

        def encode(self, image):
            return (image,)

        def decode(self, features, previous_mask, click_map):
            enough = click_map.sum(dim=(1, 2, 3)) > 29
            right = (features[0].mean(dim=1, keepdim=True) - 0.45) * 100
            return torch.where(enough[:, None, None, None], right, -9.0)

    found = measure(Knowing(), cases)

    assert found.mean_iou(1) == 0
    assert found.mean_iou(10) > 0.95
    assert found.clicks_needed(0.85) == 2


def test_the_curve_keeps_every_measurement(tmp_path):
    source = draw_source()
    cases = draw_cases(source, count=2, size=48, seed=1)
    trainer = Trainer(config_of(tmp_path, steps=2), SampleDrawer([source], [1.0]), cases)
    assert RunFolder(tmp_path).last_of_curve() == {}
    trainer.measure()
    trainer.run()
    row = RunFolder(tmp_path).last_of_curve()
    assert row["step"] == 2
    assert {"miou_1", "miou_10", "noc_85", "disks_5"} <= row.keys()
    assert len((tmp_path / "curve.csv").read_text().splitlines()) == 3
    assert (tmp_path / "sheet.png").stat().st_size > 0
    table = measured_table(row)
    assert table[0].startswith("At step 2 (100 % of the run)")
    assert [line.split(" | ")[0] for line in table[4:]] == ["| all", "| disks"]


def test_carried_masks_are_kept_inside_a_square_and_forgotten_outside(tmp_path):
    network = trainer_of(tmp_path).network
    known = torch.zeros(40, 32, 32, dtype=torch.int8)
    batch = Batch(torch.zeros(40, 3, 32, 32), known, torch.zeros(0))
    rounds = Rounds(network, batch, None)
    rounds.previous = torch.ones(40, 1, 32, 32)
    rounds.cut_carried_masks(np.random.default_rng(2))
    kept = rounds.previous.sum(dim=(1, 2, 3))
    assert 0 < (kept < 32 * 32).sum() < 20
    assert kept.min() >= 16 * 16


def test_masks_are_fed_back_as_the_app_weighs_them_where_colours_were_drawn(tmp_path):
    network, rng = trainer_of(tmp_path).network, np.random.default_rng(3)
    images = torch.from_numpy(0.3 * rng.random((3, 3, 32, 32), np.float32))
    images[..., 14:] += 0.5  # Where the colour changes lies two pixels beside the masks' edge.
    targets = torch.zeros(3, 32, 32, dtype=torch.int8)
    targets[..., 14:] = 1
    batch = Batch(images, targets, torch.zeros(0))
    said = torch.from_numpy(0.2 + 0.2 * rng.random((3, 1, 32, 32), np.float32))
    said[..., 16:] += 0.4

    plain, weighed = (Rounds(network, batch, rng, colour_share=share) for share in (0.0, 1.0))
    weighed.add_clicks()
    plain.keep(said.clone())
    weighed.keep(said.clone())

    assert plain.previous.equal(said)
    clicked = weighed.clicker.maps.numpy()
    for found, one, image, disks in zip(weighed.previous, said, images, clicked, strict=True):
        looks = looks_of(image.numpy())
        expected = weigh_colours(one[0].numpy(), looks, disks, weight=0.5)
        unclicked = weigh_colours(one[0].numpy(), looks, np.zeros_like(disks), weight=0.5)
        assert np.abs(expected - unclicked).max() > 0.01
        np.testing.assert_array_equal(found[0], expected)
        assert np.abs(expected - one[0].numpy()).max() > 0.05


def test_a_run_is_exported_as_the_model_of_a_name(tmp_path):
    trainer = trainer_of(tmp_path / "run")
    trainer.run()

    spec = export(tmp_path / "run", "default", tmp_path / "weights")
    network, found = load_model("default", tmp_path / "weights")

    assert found == spec
    assert (spec.size_px, spec.bands, spec.click_radius_px) == (64, 3, 3)
    for key, tensor in trainer.average.state_dict().items():
        torch.testing.assert_close(network.state_dict()[key], tensor.half().float())


def test_exporting_again_keeps_the_other_models(tmp_path):
    trainer_of(tmp_path / "run").run()
    first = export(tmp_path / "run", "one", tmp_path / "weights")
    second = export(tmp_path / "run", "two", tmp_path / "weights")
    assert load_model("one", tmp_path / "weights")[1] == first
    assert load_model("two", tmp_path / "weights")[1] == second


def test_the_mean_of_runs_is_exported_as_one_model(tmp_path):
    trainers = [trainer_of(tmp_path / name) for name in ("one", "two", "three")]
    for trainer in trainers:
        trainer.run()
    for shift, trainer in enumerate(trainers):
        for parameter in trainer.average.parameters():
            parameter.data += 0.25 * shift
        trainer.save()
    one, *others = (tmp_path / name for name in ("one", "two", "three"))

    export(one, "default", tmp_path / "weights", mean_with=others)

    network, _ = load_model("default", tmp_path / "weights")
    states = [trainer.average.state_dict() for trainer in trainers]
    for key, tensor in network.state_dict().items():
        expected = sum(state[key] for state in states) / 3
        torch.testing.assert_close(tensor, expected.half().float())


def test_there_is_no_mean_of_different_networks(tmp_path):
    trainer_of(tmp_path / "one").run()
    trainer_of(tmp_path / "other", network=replace(SMALL, edge_channels=16)).run()

    with pytest.raises(StartUnusable, match="other holds another network"):
        export(tmp_path / "one", "default", tmp_path / "w", mean_with=[tmp_path / "other"])

    assert not (tmp_path / "w").exists()


def test_a_run_without_a_checkpoint_cannot_be_exported(tmp_path):
    with pytest.raises(CheckpointUnreadable, match="wait for its first checkpoint"):
        export(tmp_path, "default", tmp_path / "weights")


CONFIG = """
run = "run"
packs = "packs"
imagery = "imagery"
steps = 3
[[stages]]
until = 1.0
crop_px = 64
batch = 2
[[sources]]
name = "disks"
folder = "disks"
kind = "labelled"
weight = 1
"""


def test_a_configuration_is_read_with_paths_from_its_own_folder(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(CONFIG)
    config = read_config(path)
    assert config.run == tmp_path / "run"
    assert config.stages == (StageConfig(1.0, 64, 2),)
    assert config.validation == ValidationConfig()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("steps = 3", "stepps = 3", "unknown keys: stepps"),
        ("steps = 3", "steps = 3\nminutes = 2", "either minutes or steps"),
        ("until = 1.0", "until = 0.5", "must reach until = 1.0"),
        ("weight = 1", "", "incomplete"),
        ("steps = 3", "steps = ", "could not be read"),
    ],
)
def test_a_wrong_configuration_says_what_is_wrong(old, new, sentence, tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(CONFIG.replace(old, new))
    with pytest.raises(TrainingConfigInvalid, match=sentence):
        read_config(path)


def test_the_command_ends_with_an_error_where_the_imagery_is_missing(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(CONFIG)
    assert main([str(path)]) == 1


def test_the_command_leaves_a_finish_request(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(CONFIG)
    assert main([str(path), "--finish-in-minutes", "5"]) == 0
    assert RunFolder(tmp_path / "run").take_finish_request() == 5
