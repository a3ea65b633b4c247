"""Runs that are killed, go on, draw in other processes, and need little beside torch."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from inference.training.batches import BatchRequest, draw_batch, drawn_batches
from inference.training.config import read_config
from inference.training.run_folder import RunFolder
from inference.training.sources import read_sources
from inference.training.trainer import Trainer
from inference.training_sets.archive import write_archive
from inference.training_sets.pictures import read_folder
from inference.training_sets.samples import SampleDrawer
from tests.drawn.training_folders import TINY_TABLE, write_disks

REPOSITORY = Path(__file__).resolve().parents[2]

CONFIG = """
run = "{run}"
packs = "packs"
imagery = "."
steps = {steps}
device = "cpu"
workers = {workers}
checkpoint_minutes = 0
iterative_share = 0.2
[validation]
size_px = 64
every_minutes = 60
[[stages]]
until = 0.5
crop_px = 48
batch = 2
accumulate = 2
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

STEPS = 8
KILLED_IN = 5

KILLED = f"""
import os, signal, sys
from inference.training.__main__ import main
from inference.training.trainer import Trainer

update_average = Trainer.update_average

def die_in_the_middle_of_a_step(trainer):
    if trainer.schedule.steps == {KILLED_IN}:
        os.kill(os.getpid(), signal.SIGKILL)
    update_average(trainer)

Trainer.update_average = die_in_the_middle_of_a_step
raise SystemExit(main([sys.argv[1]]))
"""


def write_config(folder: Path, run: str, *, workers: int = 0, extra: str = "") -> Path:
    if not (folder / "disks").exists():
        write_disks(folder / "disks")
    path = folder / f"{run}.toml"
    path.write_text(extra + CONFIG.format(run=run, steps=STEPS, workers=workers) + TINY_TABLE)
    return path


def start(config: Path, *before: str) -> subprocess.Popen:
    command = [sys.executable, *(before or ("-m", "inference.training")), str(config)]
    return subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def losses_of(run: Path) -> list[tuple[int, float]]:
    lines = RunFolder(run).losses.read_text().splitlines()
    return [(int(step), float(loss)) for step, loss in (line.split(",") for line in lines)]


def go_on(config: Path) -> Trainer:
    """Train to the end, from the checkpoint if there is one, as the command does."""
    told = read_config(config)
    torch.set_num_threads(told.threads)
    sources, cases = read_sources(told)
    trainer = Trainer(told, SampleDrawer(sources, [1.0]), cases)
    assert trainer.resume() == RunFolder(told.run).checkpoint.exists()
    trainer.run()
    return trainer


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_that_was_killed_goes_on_with_the_same_losses(workers, tmp_path):
    whole = go_on(write_config(tmp_path, "whole"))
    expected = losses_of(tmp_path / "whole")
    assert [step for step, _ in expected] == list(range(STEPS))

    config = write_config(tmp_path, "killed", workers=workers)
    child = start(config, "-c", KILLED)
    output = child.communicate()[0]
    assert child.returncode == -signal.SIGKILL, output
    assert [step for step, _ in losses_of(tmp_path / "killed")] == list(range(KILLED_IN))

    resumed = go_on(config)
    assert losses_of(tmp_path / "killed") == expected
    assert resumed.samples == whole.samples
    for key, tensor in whole.average.state_dict().items():
        assert resumed.average.state_dict()[key].equal(tensor)
    moments = (t.optimiser.state_dict()["state"] for t in (whole, resumed))
    for one, two in zip(*(m.values() for m in moments), strict=True):
        assert one["exp_avg_sq"].equal(two["exp_avg_sq"])


def test_losses_after_the_checkpoint_are_forgotten_when_a_run_goes_on(tmp_path):
    folder = RunFolder(tmp_path)
    for step in range(5):
        folder.append_loss(step, 0.1 * step)
    with folder.losses.open("a") as file:
        file.write("5,0.4")  # cut short by the kill
    folder.forget_losses_from(3)
    folder.append_loss(3, 7.0)
    assert losses_of(tmp_path) == [(0, 0.0), (1, 0.1), (2, 0.2), (3, 7.0)]


def test_workers_draw_the_same_batches_in_the_same_order(tmp_path):
    sources, _ = read_sources(read_config(write_config(tmp_path, "run")))
    drawer = SampleDrawer(sources, [1.0])
    requests = [BatchRequest(s, p, 2, "edit", 48, 2) for s in range(4) for p in range(2)]
    found = list(drawn_batches(drawer, 5, iter(requests), workers=3))
    assert [tuple(batch.request) for batch in found] == [tuple(r) for r in requests]
    for batch, request in zip(found, requests, strict=True):
        alone = draw_batch(drawer, 5, request)
        assert batch.pixels.equal(alone.pixels)
        assert batch.targets.equal(alone.targets)
        assert batch.start.equal(alone.start)
        assert all(a.equal(b) for a, b in zip(batch.looks, alone.looks, strict=True))


BARE = """
import sys

class Blocker:
    NAMES = {"rasterio", "skimage", "scipy", "pyogrio", "pyproj", "shapely", "safetensors",
             "pydantic", "django", "contourpy", "websockets", "matplotlib", "affine"}

    def find_spec(self, name, path=None, target=None):
        # timm takes its own way where safetensors is missing; nothing else may ask.
        if name.split(".")[0] in self.NAMES:
            raise ImportError(f"{name} is not on this machine")

sys.meta_path.insert(0, Blocker())
from inference.training.__main__ import main
raise SystemExit(main([sys.argv[1]]))
"""


@pytest.mark.parametrize("network", ["", 'architecture = "simple_click"\n'])
def test_an_archive_is_trained_on_where_only_torch_timm_numpy_and_opencv_are(network, tmp_path):
    write_disks(tmp_path / "disks")
    write_archive(tmp_path / "all.zip", {"disks": read_folder(tmp_path / "disks")})
    path = write_config(tmp_path, "run", extra='archive = "all.zip"\n')
    if network:
        small = "patch_px = 16\nwidth = 32\ndepth = 4\nheads = 2\npyramid_channels = [8, 8, 8, 8]\n"
        text = path.read_text().replace(TINY_TABLE, f"[network]\n{network}{small}")
        text = text.replace("crop_px = 48", "crop_px = 224").replace(
            "crop_px = 64", "crop_px = 224"
        )
        path.write_text(
            text.replace("size_px = 64", "size_px = 224").replace(f"steps = {STEPS}", "steps = 2")
        )
    (tmp_path / "disks").rename(tmp_path / "elsewhere")

    child = start(path, "-c", BARE)
    output = child.communicate()[0]

    assert child.returncode == 0, output
    assert "disks: 4 pictures, 24 objects" in output
    assert not (tmp_path / "packs").exists()
