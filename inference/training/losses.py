"""The training loss: normalised focal loss and half a Dice loss."""

import torch
from torch import Tensor
from torch.nn import functional

EPSILON = 1e-12
UNKNOWN = -1


def normalised_focal_loss(
    logits: Tensor,
    target: Tensor,
    *,
    alpha: float = 0.5,
    gamma: float = 2.0,
    learns_scale: bool = False,
    most_doubt: float | None = None,
    averages: bool = True,
) -> Tensor:
    """Focal loss whose weights are scaled to a mean of 1 within each sample.

    Args:
        logits: B x 1 x H x W.
        target: B x 1 x H x W, float: 0..1, or -1 where unknown (such pixels do not count).
        alpha: weight of pixels in the object; the others have 1 - alpha.
        gamma: how much more the doubtful pixels count.
        learns_scale: let gradients flow through the scale, too.
        most_doubt: bound of a pixel's scaled weight.
        averages: divide by the number of known pixels; otherwise add up.

    Returns:
        B: one loss per sample.

    Source: NormalizedFocalLossSigmoid of the RITM reference code b9b4460 (Sofiiuk et al., 2021);
        the defaults are the settings that SimpleClick is trained with.
    """
    known = (target != UNKNOWN).to(logits.dtype)
    probability = torch.sigmoid(logits)
    certainty = torch.where(known > 0, 1 - (target - probability).abs(), 1.0)
    doubt = (1 - certainty) ** gamma
    over = (1, 2, 3)
    counted = known.sum(over, keepdim=True)
    scale = counted / (doubt.sum(over, keepdim=True) + EPSILON)
    scaled = doubt * (scale if learns_scale else scale.detach())
    if most_doubt is not None:
        scaled = scaled.clamp(max=most_doubt)
    weight = torch.where(target > 0.5, alpha, 1 - alpha)
    loss = -weight * scaled * torch.log((certainty + EPSILON).clamp(max=1.0))
    total = (loss * known).sum(over)
    return total / (counted.reshape(-1) + EPSILON) if averages else total


def binary_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy per sample, B; arguments as in `normalised_focal_loss`.

    Unknown pixels cost nothing but count in the mean.

    Source: SigmoidBinaryCrossEntropyLoss of the RITM reference code b9b4460.
    """
    known = (target != UNKNOWN).to(logits.dtype)
    loss = functional.binary_cross_entropy_with_logits(
        logits, target.clamp(min=0), reduction="none"
    )
    return (loss * known).mean((1, 2, 3))


def dice_loss(logits: Tensor, target: Tensor) -> Tensor:
    """1 - Dice coefficient per sample, B; arguments as in `normalised_focal_loss`."""
    known = (target != UNKNOWN).to(logits.dtype)
    probability = torch.sigmoid(logits) * known
    truth = (target > 0.5).to(logits.dtype)
    over = (1, 2, 3)
    both = (probability * truth).sum(over)
    return 1 - (2 * both + 1) / (probability.sum(over) + truth.sum(over) + 1)


def click_loss(logits: Tensor, target: Tensor, *, dice_weight: float = 0.5) -> Tensor:
    """What is minimised: the batch mean of both, Dice at half weight or as given."""
    losses = normalised_focal_loss(logits, target) + dice_weight * dice_loss(logits, target)
    return losses.mean()
