"""Which pictures of its sources a run learns from, and which it is measured on."""

from inference.training.config import read_config
from inference.training.sources import read_sources
from tests.drawn.training_folders import TINY_TABLE, write_disks

CONFIG = """
run = "run"
packs = "packs"
imagery = "."
steps = 2
[validation]
size_px = 64
[[stages]]
until = 1.0
crop_px = 48
batch = 2
[[sources]]
name = "disks"
folder = "disks"
kind = "labelled"
weight = 1
held_out = ["disks_3"]
skipped = ["disks_0", "disks_1"]
"""


def test_skipped_pictures_are_neither_learnt_from_nor_measured_on(tmp_path):
    write_disks(tmp_path / "disks")
    path = tmp_path / "run.toml"
    path.write_text(CONFIG + TINY_TABLE)

    (source,), cases = read_sources(read_config(path))

    assert [p.name for p in source.pictures] == ["disks_2"]
    assert cases
    path.write_text(CONFIG.replace('["disks_3"]', '["disks_1"]') + TINY_TABLE)
    (source,), cases = read_sources(read_config(path))
    assert [p.name for p in source.pictures] == ["disks_2", "disks_3"]
    assert cases == []
