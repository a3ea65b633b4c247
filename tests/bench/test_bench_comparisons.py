import json

import numpy as np
import pytest

from bench import fine_tuning, report
from bench.band_report import PLAIN, compare, table
from bench.fine_tuning import row_of, whole_objects, write_part
from bench.paired import interval
from bench.quality_and_time import Row, plot_of, read_report
from inference.evaluation.evaluate import ObjectResult
from inference.models.registry import WEIGHTS_FOLDER
from inference.training.fine_tuning import Outcome
from inference.training.validation import Measurement
from inference.training_sets.pictures import IGNORED, Picture, read_folder, table_of_objects
from tests.drawn.training_folders import draw_disks


def test_interval_of_paired_differences_holds_their_mean_and_narrows_with_more():
    rng = np.random.default_rng(3)
    few, many = rng.normal(0.4, 1, 20), rng.normal(0.4, 1, 2000)
    for values in (few, many):
        low, high = interval(values.tolist(), 0)
        assert low < values.mean() < high
    assert np.diff(interval(many.tolist(), 0)) < np.diff(interval(few.tolist(), 0)) / 5


def results_of(shift):
    ious = np.random.default_rng(1).uniform(0.3, 0.7, (40, 3))
    return [
        ObjectResult(f"s/p/{n}", "s", "crown", 90, False, tuple(row + shift), (0,) * 3, 0.0, 0.0)
        for n, row in enumerate(ious)
    ]


def test_looks_are_compared_object_by_object():
    rows = compare({PLAIN: results_of(0.0), "infrared": results_of(0.1)}, 0)
    cell = rows["infrared"]["IoU@3"]
    assert cell["difference"] == pytest.approx(0.1)
    assert cell["interval"] == pytest.approx((0.1, 0.1))  # every object gains the same
    assert "+0.100: +0.100 to +0.100" in table(rows)


def test_only_the_drawn_labels_are_known_to_a_fine_tuning(tmp_path):
    pixels, numbered = draw_disks()
    picture = Picture("disks", pixels, [numbered], table_of_objects([numbered]))
    everything = whole_objects([picture])
    assert len(everything) == 6
    write_part(tmp_path, [picture], set(everything[:2]))
    (read,) = read_folder(tmp_path)
    assert len(read.objects) == 2
    assert (read.maps[0][numbered > 2] == IGNORED).all()
    assert (read.maps[0][numbered == 0] == 0).all()


def test_results_are_kept_where_nothing_was_kept_before(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "RESULTS", tmp_path / "results")
    path = report.keep("band_report", {"about": {"seed": 3}})
    kept = json.loads(path.read_text())
    assert path.parent == tmp_path / "results"
    assert kept["benchmark"] == "band_report"
    assert kept["about"] == {"seed": 3}


def test_report_of_other_weights_is_refused(tmp_path):
    of_others = {"settings": {"sha256": "0" * 64}, "objects": 3}
    (tmp_path / "r.json").write_text(json.dumps(of_others))
    with pytest.raises(SystemExit, match="is not about the weights"):
        read_report(f"default={tmp_path}/r.json", WEIGHTS_FOLDER)


def test_plot_has_a_mark_for_each_model_and_back_end():
    rows = [Row(str(n), "torch", 9, 5.0, 9.0, 0.5, 0.7, 10.0 * 4**n, 5.0) for n in range(3)]
    for shown in (rows[:1], rows):
        (axes,) = plot_of(shown).axes
        marks = [tuple(line.get_xydata()[0]) for line in axes.lines]
        assert marks == [(row.new_window_ms, row.noc90) for row in shown]


def measured(*first_clicks: float) -> Outcome:
    """After: IoU 0.95 at once where 1.0 is given, else never; before: never."""
    iou = np.array([[value, value] for value in first_clicks])
    masks = np.zeros((len(first_clicks), 8, 8), np.float16)
    sources = ["s"] * len(first_clicks)
    before = Measurement(sources, np.zeros_like(iou), masks, masks)
    return Outcome("default", None, before, Measurement(sources, iou, masks, masks))


def test_bands_are_compared_with_the_first_choice_object_by_object():
    first, other = measured(0.95, 0.2, 0.2, 0.2), measured(0.95, 0.95, 0.95, 0.2)
    rows = [row_of("1,2,3", 10, first, None, 0), row_of("1,2,3,4", 10, other, first, 0)]
    assert [row.difference90 for row in rows] == [-0.25, -0.75]
    assert [row.beside90 for row in rows] == [None, -0.5]
    lines = fine_tuning.table(rows).splitlines()
    assert lines[2].endswith("|  |")
    assert "| -0.50 (-1.00 to +0.00) |" in lines[3]
