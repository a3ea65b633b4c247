import json
import math

import numpy as np
import pytest

from inference.evaluation.click_simulator import ClickSimulator
from inference.evaluation.iou import intersection_over_union, number_of_clicks


def square(first_row, first_col, last_row, last_col, *, shape=(20, 30)):
    truth = np.zeros(shape, np.int8)
    truth[first_row:last_row, first_col:last_col] = 1
    return truth


def test_first_click_is_the_middle_of_the_object():
    click = ClickSimulator(square(5, 10, 12, 17)).next_click(np.zeros((20, 30), bool))
    assert (click.row, click.col, click.include) == (8, 13, True)


def test_surplus_is_excluded_where_it_is_widest():
    truth = square(5, 5, 10, 10)
    prediction = square(5, 5, 16, 24).astype(bool)
    click = ClickSimulator(truth).next_click(prediction)
    assert not click.include
    assert prediction[click.row, click.col]
    assert not truth[click.row, click.col]


def test_ignored_pixels_are_never_clicked():
    truth = square(5, 10, 12, 17)
    truth[truth == 0] = -1
    click = ClickSimulator(truth).next_click(np.ones((20, 30), bool))
    assert (click.row, click.col, click.include) == (0, 0, False)


def test_same_pixel_is_not_clicked_twice():
    simulator = ClickSimulator(square(5, 10, 12, 17))
    nothing = np.zeros((20, 30), bool)
    places = {(c.row, c.col) for c in (simulator.next_click(nothing) for _ in range(10))}
    assert len(places) == 10


def test_iou_of_nothing_with_nothing_is_not_a_number():
    assert math.isnan(intersection_over_union(np.zeros((4, 4), np.int8), np.zeros((4, 4), bool)))


def test_clicks_match_the_reference(shared_data):
    cases = np.load(shared_data / "reference/parity/click_simulator.npz")
    for truth, predictions, expected, fresh in zip(
        cases["truth"], cases["predictions"], cases["clicks"], cases["clicks_fresh"], strict=True
    ):
        simulator = ClickSimulator(truth)
        in_turn = [simulator.next_click(p.astype(bool)) for p in predictions]
        alone = [ClickSimulator(truth).next_click(p.astype(bool)) for p in predictions]
        assert [(c.row, c.col, int(c.include)) for c in in_turn] == [tuple(c) for c in expected]
        assert [(c.row, c.col, int(c.include)) for c in alone] == [tuple(c) for c in fresh]


def test_iou_matches_the_reference(shared_data):
    cases = np.load(shared_data / "reference/parity/click_simulator.npz")
    ious = [
        [intersection_over_union(truth, p.astype(bool)) for p in predictions]
        for truth, predictions in zip(cases["truth"], cases["predictions"], strict=True)
    ]
    np.testing.assert_array_equal(np.array(ious), cases["iou"])


@pytest.mark.parametrize("most", [20, 10])
def test_number_of_clicks_matches_the_reference(shared_data, most):
    facts = json.loads((shared_data / "reference/parity/noc.json").read_text())
    assert facts["cases"]
    for case in facts["cases"].values():
        ious = [[math.nan if v is None else v for v in row] for row in case["ious"]]
        expected = case[f"max_clicks_{most}"]["noc"]
        for target, noc in zip(facts["thresholds"], expected, strict=True):
            counts = [number_of_clicks(row, target, most=most) for row in ious]
            assert np.mean(counts) == pytest.approx(noc)
