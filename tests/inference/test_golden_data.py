"""Recorded data replayed: our own everywhere, the authors' where the shared data is."""

import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from inference.__main__ import main
from inference.golden import sequences
from inference.golden.comparison import Comparison
from inference.golden.folder import (
    FileReport,
    NothingToCheck,
    check_folder,
    load_network,
    the_checkpoint,
)
from inference.golden.sequences import check_sequence
from inference.prediction.zoom_in import ZoomRules

OWN = Path(__file__).parent / "golden" / "data"
SHARED = Path(os.environ.get("SEGMAP_SHARED", Path(__file__).parents[3] / "shared"))
AUTHORS = SHARED / "reference" / "parity"
needs_authors_data = pytest.mark.skipif(
    not AUTHORS.is_dir(), reason="the authors' recorded data of the shared data are not here"
)
RULES = ("click_maps.npz", "click_simulator.npz", "noc.json", "losses.npz")
SEQUENCES = (
    "big1200",
    "cfr1",
    "cfr4",
    "cfr4_all_clicks",
    "cfr_adaptive",
    "cfr_adaptive2",
    "init_mask_demo",
    "init_mask_previous",
    "nonsquare",
    "plain448",
    "small",
    "zoom672",
    "zoom_flip",
)


def assert_within(reports: list[FileReport]) -> None:
    over = [(r.path.name, f) for r in reports for f in r.findings if not f.is_within]
    assert not over


def copy_of(folder: Path, names: tuple[str, ...], target: Path) -> Path:
    for name in names:
        shutil.copyfile(folder / name, target / name)
    return target


def test_our_own_recorded_data_are_reproduced():
    reports = list(check_folder(OWN))
    assert {r.path for r in reports} == {
        path for path in OWN.iterdir() if path.suffix in (".npz", ".json")
    }
    assert_within(reports)


def test_a_changed_probability_is_found_and_is_the_exit_status(tmp_path, capsys):
    name = "seq_plain.npz"
    folder = copy_of(OWN, (name, the_checkpoint(OWN).name), tmp_path)
    with np.load(folder / name) as file:
        recorded = {key: file[key] for key in file.files}
    recorded["prob_f32_every_8th"][0, 3, 4] += 0.01
    np.savez(folder / name, **recorded)

    assert main(["check-golden", str(folder)]) == 1

    over = [line for line in capsys.readouterr().out.splitlines() if "<- over" in line]
    assert len(over) == 1
    assert "prob_f32_every_8th" in over[0]


def test_another_network_is_found(tmp_path):
    network = load_network(the_checkpoint(OWN))
    network.backbone.blocks[0].mlp.fc1.weight.data *= 1.01
    comparison = Comparison()
    check_sequence(OWN / "seq_zoom_flip.npz", network, comparison)
    assert not all(finding.is_within for finding in comparison.findings)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("zoom_flip", {"expansion": 1.3}),
        ("zoom_flip", {"renewal": 0.2}),
        ("zoom_flip", {"threshold": 0.8}),
        ("cfr_adaptive", {"smallest_px": 180}),
    ],
)
def test_another_rule_of_zooming_is_found(name, rule, monkeypatch):
    monkeypatch.setattr(sequences, "ZoomRules", partial(ZoomRules, **rule))
    comparison = Comparison()
    check_sequence(OWN / f"seq_{name}.npz", load_network(the_checkpoint(OWN)), comparison)
    assert "zoom_box" in {f.quantity for f in comparison.findings if not f.is_within}


def test_a_folder_without_recorded_data_is_an_error(tmp_path, capsys):
    assert main(["check-golden", str(tmp_path)]) == 1
    assert "nothing was checked" in capsys.readouterr().err


def test_recorded_data_without_their_network_are_an_error(tmp_path):
    folder = copy_of(OWN, ("network.npz",), tmp_path)
    with pytest.raises(NothingToCheck, match="--checkpoint"):
        list(check_folder(folder))


def test_arrays_of_another_shape_differ_without_bound():
    comparison = Comparison()
    comparison.add("masks", np.zeros((2, 3)), np.zeros((3, 2)), tolerance=1.0)
    assert [f.is_within for f in comparison.findings] == [False]


def test_a_missing_number_differs_unless_it_was_missing_before():
    comparison = Comparison()
    comparison.add("same", [np.nan, 1.0], [np.nan, 1.0])
    comparison.add("other", [np.nan, 1.0], [0.0, 1.0], tolerance=10.0)
    assert [f.is_within for f in comparison.findings] == [True, False]


def test_the_worst_of_several_steps_is_reported():
    comparison = Comparison()
    comparison.add("step", 3.0, 0.0, tolerance=5.0)
    comparison.add("step", 2.0, 0.0, tolerance=1.0)
    comparison.add("step", 0.5, 0.0, tolerance=5.0)
    assert [(f.difference, f.is_within) for f in comparison.findings] == [(2.0, False)]


@needs_authors_data
def test_rules_are_those_of_the_authors_code(tmp_path):
    assert_within(list(check_folder(copy_of(AUTHORS, RULES, tmp_path))))


@pytest.fixture(scope="module")
def authors_network():
    return load_network(AUTHORS / "simpleclick_xtiny.pth")


@needs_authors_data
@pytest.mark.parametrize("name", SEQUENCES)
def test_interactions_are_those_of_the_authors_code(name, authors_network):
    comparison = Comparison()
    check_sequence(AUTHORS / f"seq_{name}.npz", authors_network, comparison)
    assert [finding for finding in comparison.findings if not finding.is_within] == []
