"""Recorded values and gradients of the training losses."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from inference.golden.comparison import Comparison, Numbers
from inference.training.losses import binary_cross_entropy, normalised_focal_loss

VALUE_SHARE = 1e-5
GRADIENT_TOLERANCE = 1e-7

Loss = Callable[[Tensor, Tensor], Tensor]

VARIANTS: dict[str, Loss] = {
    "nfl_a05_g2": normalised_focal_loss,
    "nfl_a025_g2_default": partial(normalised_focal_loss, alpha=0.25),
    "nfl_a05_g2_not_detached": partial(normalised_focal_loss, learns_scale=True),
    "nfl_a05_g2_sum": partial(normalised_focal_loss, averages=False),
    "nfl_a05_g2_maxmult4": partial(normalised_focal_loss, most_doubt=4.0),
    "bce": binary_cross_entropy,
}


def check_losses(path: Path, comparison: Comparison) -> None:
    """Every variant on every pair of logits and target, and the loss over several clicks."""
    with np.load(path) as recorded:
        for name in recorded.files:
            variant, _, rest = name.partition("/")
            if variant not in VARIANTS or not rest.endswith("/value"):
                continue
            logits_name, target_name, _ = rest.split("/")
            logits = torch.from_numpy(recorded[logits_name]).requires_grad_()
            values = VARIANTS[variant](logits, torch.from_numpy(recorded[target_name]))
            add_values(variant, values, recorded[name], comparison)
            expected = recorded[f"{name.removesuffix('value')}grad_of_mean"]
            add_gradients(variant, values.mean(), logits, expected, comparison)
        if "icl/value" in recorded.files:
            check_iterative_loss(recorded, comparison)


def check_iterative_loss(recorded: np.lib.npyio.NpzFile, comparison: Comparison) -> None:
    """The losses of successive clicks, each with its weight, added up.

    Source: CFR-ICL (Sun et al., arXiv 2303.05620).
    """
    steps = torch.from_numpy(recorded["icl/logits_of_three_steps"]).requires_grad_()
    target = torch.from_numpy(recorded["target"])
    losses = [normalised_focal_loss(logits, target).mean() for logits in steps]
    total = torch.stack(losses) @ torch.from_numpy(recorded["icl/weights"]).float()
    add_values("icl", total, recorded["icl/value"], comparison)
    add_gradients("icl", total, steps, recorded["icl/grads"], comparison)


def add_values(variant: str, values: Tensor, recorded: Numbers, comparison: Comparison) -> None:
    """Values are compared as shares of what was recorded."""
    found = values.detach().numpy() / recorded
    comparison.add(f"{variant}, share", found, np.ones_like(found), tolerance=VALUE_SHARE)


def add_gradients(
    variant: str, total: Tensor, logits: Tensor, recorded: Numbers, comparison: Comparison
) -> None:
    """Gradients of one number by the logits."""
    (gradients,) = torch.autograd.grad(total, logits)
    comparison.add(
        f"{variant}, gradients", gradients.numpy(), recorded, tolerance=GRADIENT_TOLERANCE
    )
