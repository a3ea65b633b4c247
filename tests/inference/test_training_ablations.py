"""Several runs in turn, their table and their curves."""

import pytest
from PIL import Image

from inference.training import curves
from inference.training.ablations import (
    AblationsRefused,
    is_over,
    main,
    read_ablations,
    row_of,
    run_all,
)
from inference.training.curves import CurveUnreadable, figure_of, read_curve
from inference.training.run_folder import RunFolder
from tests.drawn.training_folders import TINY_TABLE, write_disks

BASE = f"""
run = "runs/base"
packs = "packs"
imagery = "."
steps = 2
device = "cpu"
[validation]
size_px = 64
[[stages]]
until = 1.0
crop_px = 64
batch = 2
[[sources]]
name = "disks"
folder = "disks"
kind = "labelled"
weight = 1
held_out = ["disks_3"]
{TINY_TABLE}
"""


def write_ablations(folder):
    write_disks(folder / "disks")
    texts = {
        "base": BASE,
        "pretrained": 'based_on = "base.toml"\nrun = "runs/pretrained"\n'
        'start_from = "runs/pretraining/encoder.pt"\n',
        "pretraining": 'based_on = "base.toml"\nrun = "runs/pretraining"\nsteps = 3\n'
        "[pretraining]\n",
    }
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text)


def test_pretrainings_run_before_what_starts_from_them(tmp_path):
    write_ablations(tmp_path)
    assert list(read_ablations(tmp_path)) == ["pretraining", "base", "pretrained"]


def test_runs_are_trained_once_and_their_rows_compared(tmp_path, caplog):
    write_ablations(tmp_path)
    with caplog.at_level("INFO"):
        assert main([str(tmp_path)]) == 0
        table = [line.split() for line in caplog.messages[-4:]]
        checkpoints = [c.run / "checkpoint.pt" for c in read_ablations(tmp_path).values()]
        written = [path.stat().st_mtime_ns for path in checkpoints]
        assert main([str(tmp_path)]) == 0
    assert [path.stat().st_mtime_ns for path in checkpoints] == written

    assert [line[0] for line in table] == ["run", "pretraining", "base", "pretrained"]
    curve = RunFolder(tmp_path / "runs/base").last_of_curve()
    base = table[2]
    assert base[1] == "random"
    assert base[3] == "4"
    assert base[5:] == [
        *(f"{curve[f'miou_{k}']:.3f}" for k in (1, 3, 5, 10)),
        *(f"{curve[f'noc_{k}']:.2f}" for k in (85, 90)),
    ]
    assert table[1][5:] == ["-"] * 6
    assert table[3][1] == "pretraining/encoder.pt"


def test_a_stopped_row_of_runs_goes_on(tmp_path):
    write_ablations(tmp_path)
    configs = read_ablations(tmp_path)
    answers = iter([False] * 4 + [True] * 9)  # asked once more than the three steps, then stops
    run_all(configs, lambda: next(answers))
    assert [is_over(config) for config in configs.values()] == [True, False, False]
    assert row_of("pretrained", configs["pretrained"]) is None
    run_all(configs, lambda: False)
    assert all(is_over(config) for config in configs.values())
    row = row_of("base", configs["base"])
    assert row.samples == 4
    assert row.seconds_per_step > 0


def test_runs_that_would_mix_are_refused(tmp_path):
    write_ablations(tmp_path)
    (tmp_path / "other.toml").write_text('based_on = "base.toml"\nrun = "runs/base"\n')
    with pytest.raises(AblationsRefused, match="base and other both name"):
        read_ablations(tmp_path)
    with pytest.raises(AblationsRefused, match="no configurations"):
        read_ablations(tmp_path / "runs")
    assert main([str(tmp_path)]) == 1


def write_curve(folder, rows):
    for samples, one, ten, count in rows:
        RunFolder(folder).append_to_curve(
            {"step": samples / 10, "miou_1": one, "miou_10": ten, "noc_90": count,
             "samples": samples}
        )  # fmt: skip


def test_curves_of_runs_are_drawn_over_the_samples_seen(tmp_path, caplog):
    write_curve(tmp_path / "short", [(100, 0.2, 0.6, 9.5)])
    write_curve(tmp_path / "long", [(100, 0.1, 0.5, 9.9), (400, 0.4, 0.8, 8.0)])
    out = tmp_path / "curves.png"
    with caplog.at_level("INFO"):
        assert (
            curves.main([str(tmp_path / "short"), str(tmp_path / "long"), "--out", str(out)]) == 0
        )
    assert "long: 400 samples, mIoU@1 0.400, @10 0.800, NoC90 8.00" in caplog.messages
    assert Image.open(out).size[0] > 400
    figure = figure_of([read_curve(tmp_path / "short"), read_curve(tmp_path / "long")])
    counts = figure.axes[-1]
    assert counts.get_title() == "NoC90, of at most 10 clicks"
    drawn = {line.get_label(): line.get_xydata().tolist() for line in counts.lines}
    assert drawn == {"short": [[100, 9.5]], "long": [[100, 9.9], [400, 8.0]]}


def test_runs_without_a_curve_that_says_samples_are_refused(tmp_path):
    with pytest.raises(CurveUnreadable, match="wait for its first measurement"):
        read_curve(tmp_path)
    RunFolder(tmp_path).append_to_curve({"step": 1, "miou_1": 0.5})
    with pytest.raises(CurveUnreadable, match="says nothing of samples, miou_10, noc_90"):
        read_curve(tmp_path)
    assert curves.main([str(tmp_path), "--out", str(tmp_path / "out.png")]) == 1
