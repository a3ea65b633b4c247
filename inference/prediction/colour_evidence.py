"""What the colours beside an outline say of the pixels that the network is unsure of.

A small network finds an object and draws its edge roughly. Where the object and what lies round it
differ in colour, two histograms tell them apart to the pixel, as GrabCut's colour models do: one of
what the mask holds, one of what it leaves out, both taken near the mask's own edge. The logarithm
of their ratio is added to the network's logit, at a weight that cannot turn what it is sure of.

Measured in docs/decisions/0004. Source of the idea: Rother, Kolmogorov, Blake, GrabCut (SIGGRAPH
2004); there is no graph cut here, and the mask stays soft.
"""

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

BINS = 16
"""Per band."""
BANDS = 3
NEAR_PX = 10.0
"""A pixel counts by exp(-distance / this) in the histograms, its distance from the mask's edge."""
MOST_EVIDENCE = 3.0
"""No colour says more than this, in logits."""
SMOOTHING = 1.0
"""Standard deviation of the Gaussians over bins, and over the evidence in window pixels."""
FLOOR = 0.1
"""Seen everywhere: this share of a uniform histogram."""
LEAST_MASK_PX = 20
"""A smaller mask holds too few colours to speak of."""

LEAST_DOUBT = np.float32(0.5 / 255)
"""Probabilities count as this far from 0 and 1 at least, half a step of the 8 bits that they are
kept in; their logits are finite then."""

# Row i: what bin i takes from the bins of its axis.
_SMOOTH = cv2.GaussianBlur(
    np.eye(BINS), (1, 9), SMOOTHING, sigmaY=SMOOTHING, borderType=cv2.BORDER_REFLECT
)

Bins: TypeAlias = npt.NDArray[np.uint16]
"""S x S: to which bin of colour each pixel of a window belongs."""


def bins_of(pixels: npt.NDArray[np.float32]) -> Bins:
    """The colour of each pixel as a number.

    Args:
        pixels: bands x S x S, 0..1; the first three bands count.
    """
    levels = np.clip((pixels[:BANDS] * BINS).astype(np.uint16), 0, BINS - 1)
    return np.asarray((levels[0] * BINS + levels[1]) * BINS + levels[2], np.uint16)


def weigh_colours(
    probabilities: npt.NDArray[np.float32], bins: Bins, *, weight: float
) -> npt.NDArray[np.float32]:
    """A network's probabilities with what the colours say.

    Args:
        probabilities: S x S, 0..1.
        bins: of the same window.
        weight: of the colours' logit beside the network's.

    Returns:
        S x S, 0..1.
    """
    inside = probabilities >= 0.5
    if np.count_nonzero(inside) < LEAST_MASK_PX or inside.all():
        return probabilities
    doubted = np.clip(probabilities, LEAST_DOUBT, 1 - LEAST_DOUBT)
    near = np.exp(-_distance_from_edge(inside) / NEAR_PX)
    held = near * doubted
    ratio = np.log(_histogram(bins, held) / _histogram(bins, near - held))
    evidence = np.clip(ratio, -MOST_EVIDENCE, MOST_EVIDENCE).astype(np.float32)[bins]
    evidence = cv2.GaussianBlur(evidence, (0, 0), SMOOTHING)
    logits = np.log(doubted / (1 - doubted)) + weight * evidence
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _distance_from_edge(inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """S x S: window pixels to the nearest pixel of the other kind."""
    kinds = (inside.astype(np.uint8), (~inside).astype(np.uint8))
    outward, inward = (cv2.distanceTransform(kind, cv2.DIST_L2, 3) for kind in kinds)
    return np.asarray(outward + inward, np.float32)


def _histogram(bins: Bins, weights: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Share of the weights per colour, smoothed; nowhere 0."""
    counts = np.bincount(bins.ravel(), weights.ravel(), minlength=BINS**BANDS)
    smooth = counts.reshape((BINS,) * BANDS)
    for _ in range(BANDS):  # Each turn takes the first axis and puts it last.
        smooth = np.tensordot(smooth, _SMOOTH, axes=(0, 1))
    return np.asarray(smooth.ravel() / smooth.sum() + FLOOR / BINS**BANDS)
