import numpy as np
import pytest

from inference.evaluation.evaluate import ObjectResult
from inference.evaluation.objects import Target
from inference.evaluation.sheet import TILE_PX, View, choose_objects


def results_of(ious):
    return [
        ObjectResult(f"s/p/{n}", "s", "plant", 100, False, (0.1, iou), (0.1, iou), 0.0, 0.0)
        for n, iou in enumerate(ious)
    ]


def test_worst_and_best_have_a_quarter_each_and_the_rest_lies_evenly_between():
    ious = np.random.default_rng(1).permutation(np.linspace(0.2, 0.9, 71))
    chosen = choose_objects(results_of(ious), 12)
    shown = [entry.result.ious[-1] for entry in chosen]
    assert [entry.why for entry in chosen] == ["worst"] * 3 + ["between"] * 6 + ["best"] * 3
    assert shown == sorted(shown)
    assert shown[:3] == pytest.approx(np.linspace(0.2, 0.9, 71)[:3])
    assert shown[-3:] == pytest.approx(np.linspace(0.2, 0.9, 71)[-3:])
    assert np.median(shown) == pytest.approx(0.55, abs=0.02)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 9])
def test_few_objects_are_each_shown_once(count):
    chosen = choose_objects(results_of([0.5, 0.2, 0.9, 0.4, 0.7]), count)
    keys = [entry.result.key for entry in chosen]
    assert len(keys) == len(set(keys)) == min(count, 5)


def test_tile_reaches_out_to_a_mask_that_took_too_much_but_not_for_ever():
    target = Target("s", "p", 1, "plant", 400, False, (100, 100, 20, 20))
    mask = np.zeros((300, 300), bool)
    assert View.around(target, [mask]).side == 40
    mask[100:120, 90:140] = True
    assert View.around(target, [mask]).side == 66
    mask[:] = True
    view = View.around(target, [mask])
    assert view.side == 80
    assert view.cut(mask.astype(np.uint8)).shape == (TILE_PX, TILE_PX)


def test_tile_beyond_the_picture_is_black():
    view = View(row=-10, col=-10, side=20)
    tile = view.cut(np.full((30, 30, 3), 200, np.uint8))
    assert (tile[: TILE_PX // 2 - 1] == 0).all()
    assert (tile[TILE_PX // 2 + 1 :, TILE_PX // 2 + 1 :] == 200).all()
