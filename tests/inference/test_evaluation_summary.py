import numpy as np
import pytest

from inference.evaluation.boundary_iou import boundary_iou, dilation_px
from inference.evaluation.evaluate import ObjectResult
from inference.evaluation.summary import report_of, summarise


def result(ious, *, key="s/p/1", source="s", class_name="tree", area_px=1000, rims=None):
    return ObjectResult(
        key=key,
        source=source,
        class_name=class_name,
        area_px=area_px,
        touches_edge=False,
        ious=tuple(ious),
        boundary_ious=tuple(rims or ious),
        network_s=0.2 * len(ious),
        rest_s=0.1 * len(ious),
    )


def test_number_of_clicks_is_the_first_that_reaches_and_all_where_none_does():
    summary = summarise([result([0.5, 0.82, 0.79, 0.9]), result([0.1, 0.2, 0.3, 0.4])], most=4)
    assert summary.noc80 == (2 + 4) / 2
    assert summary.noc85 == (4 + 4) / 2
    assert summary.noc95 == 4


def test_success_at_the_very_last_click_counts_as_failure_as_published():
    summary = summarise([result([0.5, 0.82, 0.79, 0.9]), result([0.1, 0.2, 0.3, 0.4])], most=4)
    assert summary.nof == {"80": 1, "85": 2, "90": 2, "95": 2}


def test_threshold_is_compared_in_single_precision():
    below_in_double = float(np.float32(0.85)) - 1e-12
    assert summarise([result([below_in_double, 0.2])], most=2).noc85 == 1


def test_object_that_ended_early_holds_its_last_iou():
    summary = summarise([result([0.6, 0.96]), result([0.2, 0.3, 0.4, 0.5])], most=4)
    assert summary.miou == pytest.approx([0.4, 0.63, 0.68, 0.73])
    assert summary.boundary_iou == summary.miou


def test_seconds_are_per_click_that_was_made():
    summary = summarise([result([0.6, 0.96]), result([0.2, 0.3, 0.4, 0.5])], most=20)
    assert summary.clicks == 6
    assert summary.network_seconds_per_click == pytest.approx(0.2)
    assert summary.rest_seconds_per_click == pytest.approx(0.1)
    assert summary.seconds_per_click == pytest.approx(0.3)


def test_report_has_the_same_measures_for_every_class_and_size():
    results = [
        result([0.9], key=f"s/p/{i}", class_name="car" if i % 2 else "tree", area_px=50 * (i + 2))
        for i in range(10)
    ]
    report = report_of(results, most=1)
    measures = set(report) - {"per_source", "per_class", "per_size"}
    assert {"noc80", "noc95", "nof", "miou", "objects", "seconds_per_click"} <= measures
    assert set(report["per_class"]) == {"car", "tree"}
    assert all(measures <= set(g) for g in report["per_class"].values())
    assert all(measures <= set(g) for g in report["per_size"].values())
    assert (report["per_size"]["small"]["from_px"], report["per_size"]["small"]["to_px"]) == (
        100,
        400,
    )
    quantiles = [report["per_size"][f"quantile_{n}"] for n in range(1, 6)]
    assert [q["objects"] for q in quantiles] == [2, 2, 2, 2, 2]
    assert [q["to_px"] for q in quantiles] == [150, 250, 350, 450, 550]


def square(side, first, last):
    mask = np.zeros((side, side), bool)
    mask[first:last, first:last] = True
    return mask


def test_boundary_iou_of_shifted_rims_is_worked_out():
    everywhere = np.ones((40, 40), bool)
    # Rims of 2 px: of the 20 x 20 square 20² - 16² = 144, of the 16 x 16 one 16² - 12² = 112;
    # the smaller square begins where the rim of the larger one ends.
    assert boundary_iou(square(40, 10, 30), square(40, 12, 28), everywhere, rim_px=2) == 0
    same = boundary_iou(square(40, 10, 30), square(40, 10, 30), everywhere, rim_px=2)
    assert same == 1
    # 3 px: 20² - 14² = 204 and 16² - 10² = 156, common are 16² - 14² = 60.
    close = boundary_iou(square(40, 10, 30), square(40, 12, 28), everywhere, rim_px=3)
    assert close == pytest.approx(60 / (204 + 156 - 60))


def test_mask_that_runs_into_an_unknown_seam_has_the_boundary_of_the_object():
    truth, found = square(40, 10, 30), square(40, 8, 32)
    known = truth | ~square(40, 8, 32)
    assert boundary_iou(truth, found, known, rim_px=2) == 1


def test_rim_grows_with_the_object_but_never_below_what_labels_are_good_to():
    assert dilation_px((0, 0, 10, 10)) == 2
    assert dilation_px((0, 0, 300, 400)) == 20
