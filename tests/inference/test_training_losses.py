"""The training loss against recorded values, and its bounds."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.training.losses import click_loss, dice_loss, normalised_focal_loss

SHARED = Path(os.environ.get("SEGMAP_SHARED", Path(__file__).parents[3] / "shared"))
LOSSES = SHARED / "reference" / "parity" / "losses.npz"


@pytest.mark.skipif(
    not LOSSES.is_file(), reason="the recorded losses of the shared data are not here"
)
@pytest.mark.parametrize("target", ["target", "target_ignore", "target_empty", "target_soft"])
@pytest.mark.parametrize("logits", ["logits", "logits_confident"])
@pytest.mark.parametrize(("variant", "alpha"), [("nfl_a05_g2", 0.5), ("nfl_a025_g2_default", 0.25)])
def test_values_and_gradients_equal_those_of_the_authors_code(variant, alpha, logits, target):
    recorded = np.load(LOSSES)
    key = f"{variant}/{logits}/{target}"
    if f"{key}/value" not in recorded:
        pytest.skip("not recorded")
    given = torch.from_numpy(recorded[logits]).requires_grad_()

    loss = normalised_focal_loss(given, torch.from_numpy(recorded[target]), alpha=alpha)
    loss.mean().backward()

    np.testing.assert_allclose(loss.detach().numpy(), recorded[f"{key}/value"], rtol=1e-5)
    np.testing.assert_allclose(given.grad.numpy(), recorded[f"{key}/grad_of_mean"], atol=1e-7)


def drawn_target() -> torch.Tensor:
    target = torch.zeros(2, 1, 16, 16)
    target[:, :, 4:10, 3:12] = 1
    target[:, :, 12:] = -1
    return target


def test_a_right_mask_costs_next_to_nothing_and_a_wrong_one_much():
    target = drawn_target()
    right = torch.where(target > 0, 12.0, -12.0)
    assert dice_loss(right, target).max() < 1e-3
    assert dice_loss(-right, target).min() > 0.9
    assert click_loss(-right, target) > click_loss(right, target) + 1


def test_unknown_pixels_change_neither_loss():
    target = drawn_target()
    torch.manual_seed(2)
    logits = torch.randn(target.shape)
    other = torch.where(target == -1, 9.0, logits)
    torch.testing.assert_close(dice_loss(logits, target), dice_loss(other, target))
    torch.testing.assert_close(
        normalised_focal_loss(logits, target), normalised_focal_loss(other, target)
    )
