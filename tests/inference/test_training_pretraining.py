"""Pretraining: what is hidden stays hidden, and other runs start from what was learnt."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from inference.models.simple_click import SimpleClickConfig
from inference.training.__main__ import main
from inference.training.config import (
    PretrainingConfig,
    StageConfig,
    TrainingConfig,
    TrainingConfigInvalid,
    ValidationConfig,
    read_config,
)
from inference.training.export import export
from inference.training.networks import (
    StartUnusable,
    carry,
    image_half,
    load_start,
    new_network,
    read_carried_part,
    start_network,
)
from inference.training.pretraining import draw_hidden, hidden_loss, in_pixels, painter_for, waves
from inference.training.rounds import Batch
from inference.training.run_folder import CheckpointUnreadable, RunFolder
from inference.training.sources import drawer_of, read_sources
from inference.training.trainer import Trainer
from inference.training_sets.pack import Source
from inference.training_sets.pictures import Picture, table_of_objects
from inference.training_sets.samples import BandsMissing, SampleDrawer
from inference.training_sets.whole_pictures import PlaceDrawer, read_whole_pictures, whole
from tests.drawn.training_folders import TINY, TINY_TABLE, draw_disks, write_disks

VIT = SimpleClickConfig(16, 32, 4, 2, (8, 8, 8, 8), head_channels=8, smallest_px=64)
FAMILIES = {
    "late clicks": TINY,
    "hybrid": replace(TINY, transformer_blocks=2, transformer_heads=2),
    "patches": VIT,
    "stem": replace(VIT, stem="convolutional"),
}
each_family = pytest.mark.parametrize("network", FAMILIES.values(), ids=FAMILIES)
PRETRAINING = PretrainingConfig(0.6, decoder_width=32, decoder_layers=1)


def config_of(run, network=TINY, **changes) -> TrainingConfig:
    values = {
        "run": run,
        "packs": run,
        "imagery": run,
        "sources": (),
        "stages": (StageConfig(1.0, 64, 3),),
        "validation": ValidationConfig(size_px=64),
        "network": network,
        "pretraining": PRETRAINING,
        "steps": 5,
        "device": "cpu",
        **changes,
    }
    return TrainingConfig(**values)


def trainer_of(run, network=TINY, **changes) -> Trainer:
    pixels, numbered = draw_disks()
    if changes.get("pretraining", PRETRAINING):
        drawer = PlaceDrawer([Source.of("disks", [whole("drawn", pixels)])], [1.0])
    else:
        labelled = Picture("drawn", pixels, [numbered], table_of_objects([numbered]))
        drawer = SampleDrawer([Source.of("disks", [labelled])], [1.0])
    return Trainer(config_of(run, network, **changes), drawer, [])


def drawn_parts(network):
    """A network, its painter, a batch of two windows, and what of them is hidden."""
    torch.manual_seed(4)
    built = new_network(network).eval()
    images = torch.rand(2, 3, 64, 64)
    hidden = draw_hidden(2, 4, 0.6, np.random.default_rng(1))
    return built, painter_for(network, PRETRAINING).eval(), images, hidden


@each_family
@torch.inference_mode()
def test_what_is_hidden_changes_nothing_that_is_painted(network):
    built, painter, images, hidden = drawn_parts(network)
    is_hidden = in_pixels(hidden, 16)
    changed = torch.where(is_hidden, 1 - images, images)
    shown = ~is_hidden[:, 0]
    before, after = painter(built, images, hidden), painter(built, changed, hidden)
    torch.testing.assert_close(before[shown], after[shown])
    assert not torch.allclose(before[~shown], after[~shown])


@each_family
@torch.inference_mode()
def test_what_is_left_is_painted_from(network):
    built, painter, images, hidden = drawn_parts(network)
    is_hidden = in_pixels(hidden, 16)
    changed = torch.where(is_hidden, images, 1 - images)
    far = is_hidden[:, 0]
    assert not torch.allclose(
        painter(built, images, hidden)[far], painter(built, changed, hidden)[far], atol=1e-4
    )


@each_family
@torch.inference_mode()
def test_pixels_outside_the_picture_do_not_count(network):
    built, painter, images, _ = drawn_parts(network)
    known = torch.ones(2, 64, 64, dtype=torch.int8)
    known[:, :, 32:] = -1

    def loss_of(images):
        batch = Batch(images, known, torch.zeros(0))
        rng = np.random.default_rng(3)
        return hidden_loss(built, painter, batch, rng, hidden_share=0.9).item()

    hidden = in_pixels(draw_hidden(2, 4, 0.9, np.random.default_rng(3)), 16)
    inside, outside = hidden.clone(), hidden.clone()
    inside[..., 32:] = outside[..., :32] = False
    assert loss_of(torch.where(outside, 0.9, images)) == pytest.approx(loss_of(images))
    assert loss_of(torch.where(inside, images**3, images)) != pytest.approx(loss_of(images))


def test_equally_many_patches_are_hidden_in_every_window():
    hidden = draw_hidden(50, 8, 0.75, np.random.default_rng(5))
    assert (hidden.sum(dim=(1, 2)) == 48).all()
    often = hidden.float().mean(dim=0)
    assert ((often > 0.4) & (often < 1)).all()
    assert draw_hidden(1, 2, 0.99, np.random.default_rng(5)).sum() == 3


def test_every_place_of_a_grid_has_waves_of_its_own():
    found = waves(5, 7, 32)[0]
    assert found.shape == (35, 32)
    assert torch.cdist(found, found).fill_diagonal_(9).min() > 0.1


@each_family
def test_pretraining_learns_to_paint(network, tmp_path):
    trainer = trainer_of(tmp_path, network, steps=50, learning_rate=5e-3, averaging=0.9)
    losses = []
    while not trainer.schedule.is_over:
        losses.append(trainer.step())
        trainer.schedule.advance(1)
    assert np.mean(losses[-8:]) < 0.95 * np.mean(losses[:8])


def test_a_resumed_pretraining_takes_the_same_steps(tmp_path):
    whole_run = trainer_of(tmp_path / "whole", VIT)
    whole_run.run()
    stopped = trainer_of(tmp_path / "stopped", VIT)
    stopped.run(should_stop=lambda: stopped.schedule.steps == 2)
    assert not stopped.folder.encoder.exists()
    resumed = trainer_of(tmp_path / "stopped", VIT)
    assert resumed.resume()
    resumed.run()

    assert resumed.folder.losses.read_text() == whole_run.folder.losses.read_text()
    for one, two in ((resumed.average, whole_run.average), (resumed.painter, whole_run.painter)):
        for key, tensor in one.state_dict().items():
            assert tensor.equal(two.state_dict()[key])


@each_family
def test_a_run_starts_from_what_was_learnt_and_the_rest_at_random(network, tmp_path, caplog):
    pretrained = trainer_of(tmp_path / "pretraining", network)
    pretrained.run()
    learnt = {k: v.half().float() for k, v in image_half(pretrained.average).items()}
    fresh = trainer_of(tmp_path / "fresh", network, pretraining=None)
    with caplog.at_level("INFO"):
        started = trainer_of(
            tmp_path / "started",
            network,
            pretraining=None,
            start_from=pretrained.folder.encoder,
        )
    for key, tensor in started.network.state_dict().items():
        assert tensor.equal(learnt.get(key, fresh.network.state_dict()[key])), key
    assert 0 < len(learnt) < len(started.network.state_dict())
    moved = image_half(pretrained.average)
    assert all(not moved[k].equal(v) for k, v in image_half(fresh.network).items())
    assert f"the image half ({len(learnt)} tensors) starts from" in caplog.text
    started.run()


def test_what_was_learnt_starts_no_other_network(tmp_path):
    path = tmp_path / "encoder.pt"
    carry(new_network(TINY), path, image_half_only=True)
    with pytest.raises(StartUnusable, match="another network than"):
        start_network(replace(TINY, feature_channels=16), path)


def test_an_image_half_with_a_tensor_missing_is_refused(tmp_path):
    path = tmp_path / "encoder.pt"
    carry(new_network(TINY), path, image_half_only=True)
    content = read_carried_part(path)
    content["weights"].popitem()
    torch.save(content, path)
    with pytest.raises(StartUnusable, match="1 tensors differ"):
        start_network(TINY, path)


def test_what_a_pretraining_leaves_is_not_taken_for_a_network(tmp_path):
    pretrained = trainer_of(tmp_path / "run")
    pretrained.run()
    with pytest.raises(StartUnusable, match="answers no clicks"):
        load_start(pretrained.folder.encoder)
    for origin in (tmp_path / "run", pretrained.folder.encoder):
        with pytest.raises(StartUnusable, match="answers no clicks"):
            export(origin, "default", tmp_path / "weights")
    assert not (tmp_path / "weights").exists()


def test_a_run_does_not_go_on_with_a_pretraining_nor_the_reverse(tmp_path):
    trainer_of(tmp_path / "one").run()
    with pytest.raises(CheckpointUnreadable, match="is of a pretraining"):
        trainer_of(tmp_path / "one", pretraining=None).resume()
    trainer_of(tmp_path / "two", pretraining=None).run()
    with pytest.raises(CheckpointUnreadable, match="is of no pretraining"):
        trainer_of(tmp_path / "two").resume()


def test_windows_are_drawn_anywhere_and_holes_are_unknown():
    pixels, _ = draw_disks(size=200, bands=4)
    pixels[:, 150:] = 0
    drawer = PlaceDrawer([Source.of("disks", [whole("drawn", pixels)])], [1.0])
    samples = [drawer.draw(48, np.random.default_rng(seed)) for seed in range(40)]
    shares = np.array([(sample.target == 1).mean() for sample in samples])
    assert shares.min() >= 0.5
    assert 0 < (shares < 1).sum() < 30
    assert all(sample.pixels.shape == (48, 48, 3) for sample in samples)
    # Infrared alone, three times, is one of the views of four bands.
    greys = [s for s in samples if (s.pixels == s.pixels[:, :, :1]).all()]
    assert 0 < len(greys) < 15
    again = drawer.draw(48, np.random.default_rng(7))
    np.testing.assert_array_equal(again.pixels, samples[7].pixels)
    with pytest.raises(BandsMissing):
        PlaceDrawer([Source.of("rgb", [whole("drawn", pixels[:, :, :3])])], [1.0], bands=4)


def test_pictures_need_no_labels(tmp_path):
    pixels, _ = draw_disks(size=64)
    cv2.imwrite(str(tmp_path / "one.png"), pixels[:, :, ::-1])
    (tmp_path / "SOURCE.md").write_text("Drawn.")
    (picture,) = read_whole_pictures(tmp_path)
    np.testing.assert_array_equal(picture.pixels, pixels)
    assert len(picture.objects) == 1


CONFIG = """
run = "run"
packs = "packs"
imagery = "."
steps = 2
device = "cpu"
[pretraining]
[validation]
size_px = 64
[[stages]]
until = 1.0
crop_px = 64
batch = 2
[[sources]]
name = "disks"
folder = "disks/images"
kind = "pictures"
weight = 1
held_out = ["disks_3"]
"""


def test_a_configuration_pretrains_on_pictures_that_are_not_held_out(tmp_path):
    write_disks(tmp_path / "disks")
    path = tmp_path / "pretraining.toml"
    path.write_text(CONFIG + TINY_TABLE)
    config = read_config(path)
    sources, cases = read_sources(config)
    assert [p.name for p in sources[0].pictures] == ["disks_0", "disks_1", "disks_2"]
    assert cases == []
    assert isinstance(drawer_of(config, sources), PlaceDrawer)

    assert main([str(path)]) == 0

    assert RunFolder(tmp_path / "run").encoder.exists()
    assert not (tmp_path / "packs").exists()


def test_pictures_without_objects_teach_no_clicks(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(CONFIG.replace("[pretraining]\n", ""))
    with pytest.raises(TrainingConfigInvalid, match="nothing to click on"):
        read_config(path)


@pytest.mark.parametrize("line", ["hidden_share = 1.0", "decoder_width = 40", "wide = 1"])
def test_a_pretraining_that_cannot_work_is_refused(line, tmp_path):
    path = tmp_path / "run.toml"
    path.write_text(CONFIG.replace("[pretraining]\n", f"[pretraining]\n{line}\n"))
    with pytest.raises(TrainingConfigInvalid, match=r"\[pretraining\]"):
        read_config(path)
