"""Clicks computed for a whole batch at once, beside those computed one after the other."""

import numpy as np
import pytest
import torch

from inference.click_rule import squared_depth as depth_on_cpu
from inference.training.click_sampling import (
    CENTRE,
    INTERIOR,
    JITTERED,
    NEAR_BOUNDARY,
    BoardClicker,
    places_for,
)
from inference.training.click_sampling import largest_error as error_of
from inference.training.device_clicks import DeviceClicker, squared_depth

DEVICES = [
    "cpu",
    pytest.param(
        "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")
    ),
]


def draw_errors(batch: int, size: int, seed: int):
    """Targets with unknown pixels, and masks that are wrong in several places."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[:size, :size]
    targets = np.zeros((batch, size, size), np.int8)
    masks = np.zeros((batch, 1, size, size), np.float32)
    for index in range(batch):
        for drawn in (targets[index], masks[index, 0]):
            for _ in range(3):
                row, col = rng.uniform(0, size, 2)
                drawn[np.hypot(rows - row, cols - col) < rng.uniform(2, size / 4)] = 1
        targets[index, : rng.integers(0, size // 3)] = -1
    return torch.from_numpy(targets), torch.from_numpy(masks)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("size", [17, 64])
def test_distances_are_exact(size, device):
    rng = np.random.default_rng(size)
    for share in (0.3, 0.9, 0.99, 1.0, 0.0):
        regions = rng.random((2, 3, size, size + 5)) < share
        expected = [[depth_on_cpu(region) for region in pair] for pair in regions]
        found = squared_depth(torch.from_numpy(regions).to(device)).cpu().numpy()
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("device", DEVICES)
def test_centre_clicks_are_the_same_pixels_as_on_the_cpu(device):
    targets, previous = draw_errors(24, 48, seed=1)
    one, batch = BoardClicker(targets, 3), DeviceClicker(targets.to(device), 3)
    for _ in range(4):
        one.add(previous, [CENTRE] * 24, None)
        batch.add(previous.to(device), [CENTRE] * 24, None)
    np.testing.assert_array_equal(batch.clicked.cpu().numpy(), one.clicked)
    torch.testing.assert_close(batch.maps.cpu(), one.maps)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("habit", [INTERIOR, JITTERED, NEAR_BOUNDARY])
def test_random_clicks_fall_where_they_may_on_the_cpu(habit, device):
    targets, previous = draw_errors(60, 48, seed=2)
    torch.manual_seed(3)
    clicker = DeviceClicker(targets.to(device), 3)
    clicker.add(previous.to(device), [habit] * 60, None)
    off_centre = 0
    for target, mask, clicked in zip(
        targets.numpy(), previous[:, 0].numpy(), clicker.clicked.cpu().numpy(), strict=True
    ):
        missing, surplus = (target == 1) & (mask < 0.49), (target == 0) & (mask > 0.49)
        error = error_of(missing, surplus, np.zeros(target.shape, bool))
        assert clicked.sum() == (error is not None)
        if error is not None:
            assert places_for(habit, error)[clicked].all()
            off_centre += not clicked[error.row, error.col]
    assert off_centre > 30


def test_a_sample_without_an_error_gets_no_click():
    targets, _ = draw_errors(2, 32, seed=4)
    clicker = DeviceClicker(targets, 3)
    clicker.add((targets == 1).float()[:, None], [NEAR_BOUNDARY] * 2, None)
    assert clicker.maps.sum() == 0
    assert not clicker.clicked.any()


def test_maps_of_earlier_clicks_are_left_alone():
    targets, previous = draw_errors(2, 32, seed=5)
    clicker = DeviceClicker(targets, 3)
    clicker.add(previous, [CENTRE] * 2, None)
    first, kept = clicker.maps, clicker.maps.clone()
    clicker.add(previous, [CENTRE] * 2, None)
    torch.testing.assert_close(first, kept)
    assert clicker.maps.sum() > first.sum()
