"""Which networks are trained, from what, and how fast at which depth."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from inference.models.click_network import ClickNetwork
from inference.models.late_clicks import LateClicks
from inference.models.simple_click import SimpleClick, SimpleClickConfig
from inference.training.batches import BatchRequest, draw_batch
from inference.training.click_sampling import NEAR_BOUNDARY, Habit
from inference.training.config import (
    StageConfig,
    TrainingConfig,
    TrainingConfigInvalid,
    ValidationConfig,
    build_network_config,
)
from inference.training.networks import (
    StartUnusable,
    carry,
    load_start,
    new_network,
    parameter_groups,
)
from inference.training.rounds import Batch, Rounds, iterative_loss, lesson_loss
from inference.training.trainer import Trainer
from inference.training_sets.pack import Source
from inference.training_sets.pictures import Picture, table_of_objects
from inference.training_sets.samples import BandsMissing, SampleDrawer
from tests.drawn.training_folders import TINY, draw_disks

SMALL_VIT = SimpleClickConfig(16, 32, 4, 2, (8, 8, 16, 16), head_channels=8)


def draw_source(bands: int = 3) -> Source:
    pixels, numbered = draw_disks(size=256, bands=bands)
    return Source.of("disks", [Picture("drawn", pixels, [numbered], table_of_objects([numbered]))])


def trainer_of(run, network, **changes) -> Trainer:
    size = 224 if isinstance(network, SimpleClickConfig) else 48
    values = {
        "run": run,
        "packs": run,
        "imagery": run,
        "sources": (),
        "stages": (StageConfig(1.0, size, 2, 2),),
        "validation": ValidationConfig(size_px=size),
        "network": network,
        "steps": 4,
        "device": "cpu",
        **changes,
    }
    drawer = SampleDrawer([draw_source(network.bands)], [1.0], bands=network.bands)
    return Trainer(TrainingConfig(**values), drawer, [])


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ({}, LateClicks),
        ({"architecture": "late_clicks", "feature_channels": 8}, LateClicks),
        (
            {
                "architecture": "simple_click",
                "patch_px": 16,
                "width": 32,
                "depth": 4,
                "heads": 2,
                "pyramid_channels": [8, 8, 16, 16],
                "join_block": 1,
            },
            SimpleClick,
        ),
    ],
)
def test_the_configuration_chooses_the_network(table, kind):
    assert isinstance(new_network(build_network_config(table)), kind)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"architecture": "resnet"}, "Known: late_clicks, simple_click"),
        ({"architecture": "simple_click", "wide": 3}, "unknown keys: wide"),
    ],
)
def test_an_unknown_network_is_refused(table, sentence):
    with pytest.raises(TrainingConfigInvalid, match=sentence):
        build_network_config(table)


@pytest.mark.parametrize("network", [TINY, SMALL_VIT])
def test_every_family_is_trained(network, tmp_path):
    trainer = trainer_of(tmp_path, network, layer_decay=0.75)
    before = {k: v.clone() for k, v in trainer.network.state_dict().items()}
    trainer.run()
    after = trainer.network.state_dict()
    assert all(not torch.equal(after[k], before[k]) for k in before)
    assert trainer.samples == 4 * 2 * 2


def test_a_network_of_four_bands_sees_four_bands(tmp_path):
    network = new_network(build_network_config({"bands": 4, "feature_channels": 8})).config
    trainer_of(tmp_path, network, steps=1).run()
    with pytest.raises(BandsMissing, match="have 3 bands and the network takes 4"):
        SampleDrawer([draw_source(3)], [1.0], bands=4)


def test_crops_that_the_network_cannot_take_are_refused(tmp_path):
    with pytest.raises(TrainingConfigInvalid, match="take 224 px"):
        trainer_of(tmp_path, SMALL_VIT, stages=(StageConfig(1.0, 200, 2),))


def test_deeper_blocks_learn_more_slowly_and_nothing_is_left_out():
    network = new_network(SMALL_VIT)
    groups, shares = parameter_groups(network, weight_decay=0.1, layer_decay=0.5)
    share_of, decay_of = {}, {}
    for group, share in zip(groups, shares, strict=True):
        for parameter in group["params"]:
            assert id(parameter) not in share_of
            share_of[id(parameter)], decay_of[id(parameter)] = share, group["weight_decay"]
    named = dict(network.named_parameters())
    assert len(share_of) == len(named)
    share = {name: share_of[id(p)] for name, p in named.items()}
    assert share["head.conv_seg.weight"] == 1
    assert share["backbone.blocks.3.attn.qkv.weight"] == 0.5
    assert share["backbone.blocks.0.norm1.weight"] == 0.5**4
    assert share["patch_embed_coords.proj.weight"] == 0.5**5
    assert share["backbone.pos_embed"] == 0.5**5
    decay = {name: decay_of[id(p)] for name, p in named.items()}
    assert decay["backbone.blocks.0.attn.qkv.weight"] == 0.1
    assert decay["backbone.pos_embed"] == decay["backbone.blocks.0.attn.qkv.bias"] == 0


def test_networks_without_depth_learn_at_one_rate():
    _, shares = parameter_groups(new_network(TINY), weight_decay=0.1, layer_decay=0.5)
    assert shares == [1.0, 1.0]


def test_carried_weights_start_a_run_that_is_half_as_exact(tmp_path):
    network = new_network(TINY)
    carry(network, tmp_path / "start.pt", samples=7)
    started = trainer_of(tmp_path / "run", TINY, start_from=tmp_path / "start.pt")
    for key, tensor in started.network.state_dict().items():
        torch.testing.assert_close(tensor, network.state_dict()[key].half().float())


def test_a_file_of_something_else_is_no_start(tmp_path):
    torch.save({"weights": {}}, tmp_path / "other.pt")
    with pytest.raises(StartUnusable, match="holds no weights"):
        load_start(tmp_path / "other.pt")
    (tmp_path / "other.pt").write_bytes(b"nothing")
    with pytest.raises(StartUnusable, match="could not be read"):
        load_start(tmp_path / "other.pt")


class Recording(ClickNetwork):
    """Answers nothing anywhere, and keeps how many clicks it was shown."""

    bands = 3
    click_radius_px = 0

    def __init__(self) -> None:
        super().__init__()
        self.bias = torch.nn.Parameter(torch.tensor(-4.0))
        self.shown: list[float] = []

    def encode(self, image):
        return (image,)

    def decode(self, features, previous_mask, click_map):
        self.shown.append(float(click_map.sum()) / len(click_map))
        return self.bias + torch.zeros_like(previous_mask)

    def nearest_valid_size(self, side_px):
        return side_px


def batch_of(network, lesson: str) -> Batch:
    drawer = SampleDrawer([draw_source()], [1.0])
    return Batch.of(
        draw_batch(drawer, 1, BatchRequest(0, 0, 1, lesson, 64, 3)), torch.device("cpu")
    )


def test_the_iterative_loss_learns_from_one_to_three_clicks_from_the_first_on():
    seen = set()
    for seed in range(12):
        network, rng = Recording(), np.random.default_rng(seed)
        iterative_loss(Rounds(network, batch_of(network, "iterative"), None), rng)
        seen.add(tuple(network.shown))
    assert seen == {(1.0,), (1.0, 2.0), (1.0, 2.0, 3.0)}


class Listening:
    """Clicks nowhere, and keeps which habits it was given."""

    maps = torch.zeros(400, 2, 16, 16)

    def __init__(self) -> None:
        self.habits: list[list[Habit]] = []

    def add(self, previous, habits, rng):
        self.habits.append(habits)


def test_few_clicks_fall_near_boundaries_first_or_later():
    blank = torch.zeros(400, 16, 16)
    batch = Batch(blank[:, None].repeat(1, 3, 1, 1), blank.to(torch.int8), blank[:, None][:, :0])
    rounds = Rounds(Recording(), batch, np.random.default_rng(5))
    rounds.clicker = Listening()
    rounds.add_clicks()
    rounds.refine()
    rounds.add_clicks()
    shares = [habits.count(NEAR_BOUNDARY) / 400 for habits in rounds.clicker.habits]
    assert shares == pytest.approx([0.05, 0.05], abs=0.04)


def test_later_clicks_reach_the_twentieth_and_no_further():
    latest = set()
    batch = batch_of(Recording(), "later")
    for seed in range(150):
        network, rng = Recording(), np.random.default_rng(seed)
        lesson_loss("later", Rounds(network, batch, None), batch, rng, latest=20)
        latest.add(round(network.shown[-1]))
    assert max(latest) == 20
    assert min(latest) == 3


def test_edits_start_from_a_mask_that_resembles_the_truth():
    batch = batch_of(Recording(), "edit")
    assert batch.start.shape == (3, 1, 64, 64)
    truth = (batch.targets == 1)[:, None]
    started = batch.start > 0.5
    iou = (truth & started).sum(dim=(1, 2, 3)) / (truth | started).sum(dim=(1, 2, 3))
    assert ((iou > 0.2) & (iou < 1)).all()


@pytest.mark.parametrize("network", [TINY, SMALL_VIT])
def test_networks_run_in_bfloat16_as_they_do_on_a_gpu(network):
    built, side = new_network(network).eval(), 224
    image, maps = torch.rand(1, 3, side, side), torch.zeros(1, 2, side, side)
    with torch.no_grad():
        exact = built(image, maps[:, :1], maps)
        with torch.autocast("cpu", torch.bfloat16):
            half = built(image, maps[:, :1], maps)
    torch.testing.assert_close(half.float(), exact, rtol=0.05, atol=0.05)


def test_convolutions_before_attention_learn_as_slowly_as_an_embedding():
    network = new_network(replace(TINY, transformer_blocks=2, transformer_heads=2))
    groups, shares = parameter_groups(network, weight_decay=0.1, layer_decay=0.5)
    share_of = {
        id(p): share for group, share in zip(groups, shares, strict=True) for p in group["params"]
    }
    share = {name: share_of[id(p)] for name, p in network.named_parameters()}
    assert share["encoder.stem.0.0.weight"] == share["encoder.stages.2.0.0.weight"] == 0.5**3
    assert share["encoder.blocks.0.block.attn.qkv.weight"] == 0.5**2
    assert share["encoder.blocks.1.positions.weight"] == 0.5
    assert share["encoder.fuse.0.weight"] == share["head.last.0.weight"] == 1
