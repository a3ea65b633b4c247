from dataclasses import replace

import numpy as np
import pytest

from inference.prediction.cascade import INTERACTIVE, Cascade, Preset

REFINING = replace(INTERACTIVE, first_refinements=4, later_refinements=1)


def disk(radius):
    rows, cols = np.mgrid[:100, :100]
    return (rows - 50) ** 2 + (cols - 50) ** 2 <= radius**2


def test_first_click_takes_up_to_five_passes():
    cascade = Cascade.begin(REFINING, is_first_click=True)
    numbers = []
    while (number := cascade.next_pass()) is not None:
        numbers.append(number)
        cascade = cascade.record(disk(10 + 4 * number))
    assert numbers == [1, 2, 3, 4, 5]


def test_the_app_refines_a_first_click_once_and_later_ones_not():
    first = Cascade.begin(INTERACTIVE, is_first_click=True).record(disk(10))
    assert first.next_pass() == 2
    assert first.record(disk(20)).is_settled
    assert Cascade.begin(INTERACTIVE, is_first_click=False).record(disk(10)).is_settled


def test_later_click_takes_two_passes():
    cascade = Cascade.begin(REFINING, is_first_click=False)
    cascade = cascade.record(disk(10))
    assert cascade.next_pass() == 2
    assert cascade.record(disk(20)).next_pass() is None


def test_passes_stop_when_the_mask_comes_to_rest():
    cascade = Cascade.begin(REFINING, is_first_click=True).record(disk(20))
    assert cascade.next_pass() == 2
    assert cascade.record(disk(20)).is_settled


@pytest.mark.parametrize(("changed", "settled"), [(9, True), (10, False)])
def test_small_mask_comes_to_rest_under_ten_pixels(changed, settled):
    before = disk(5)
    after = before.copy()
    after[0, :changed] = True
    cascade = Cascade.begin(REFINING, is_first_click=True).record(before)
    assert cascade.record(after).is_settled is settled


@pytest.mark.parametrize(("changed", "settled"), [(39, True), (41, False)])
def test_large_mask_comes_to_rest_under_two_thousandths(changed, settled):
    before = np.zeros((200, 200), bool)
    before[:100] = True  # 20 000 pixels: 0.2 % are 40
    after = before.copy()
    after[150, :changed] = True
    cascade = Cascade.begin(REFINING, is_first_click=True).record(before)
    assert cascade.record(after).is_settled is settled


def test_pass_in_a_changed_window_counts_and_is_owed():
    cascade = Cascade.begin(REFINING, is_first_click=False)
    cascade = cascade.record(disk(40), carried=disk(20))
    assert cascade.next_pass() == 2
    cascade = cascade.record(disk(30), carried=disk(15))
    assert cascade.next_pass() == 3
    assert not cascade.is_settled


def test_no_click_takes_more_passes_than_its_preset_allows():
    cascade = Cascade.begin(REFINING, is_first_click=True)
    while cascade.next_pass() is not None:
        carried = disk(20) if cascade.may_change_window() else None
        cascade = cascade.record(disk(10 + cascade.done * 5), carried=carried)
    assert cascade.done == REFINING.most_passes == 5


@pytest.mark.parametrize("is_first_click", [True, False])
@pytest.mark.parametrize("changes", [0, 1, 2, 4])
def test_limit_is_never_passed_and_never_rises(is_first_click, changes):
    cascade = Cascade.begin(REFINING, is_first_click=is_first_click)
    limits = [cascade.limit]
    while cascade.next_pass() is not None:
        moves = cascade.done < changes and cascade.may_change_window()
        cascade = cascade.record(disk(10 + cascade.done * 5), carried=disk(9) if moves else None)
        limits.append(cascade.limit)
    assert limits == sorted(limits, reverse=True)
    assert cascade.done == limits[-1]


def test_a_preset_without_early_stop_runs_all_its_passes():
    never = Preset("all", 3, 0, window_changes=0, threshold=0.49, stop_share=0, stop_px=0)
    cascade = Cascade.begin(never, is_first_click=True)
    while cascade.next_pass() is not None:
        cascade = cascade.record(disk(10))
    assert cascade.done == 4
