"""What the colours beside an outline, and under the clicks, say of the pixels in doubt.

A small network finds an object and draws its edge roughly. Where the object and what lies round it
look different, a linear discriminant of colour and of how colour varies nearby tells them apart to
the pixel. It is learnt on the window itself, from the mask's two sides near its own edge and from
the clicks, which are the one thing known for sure. Its logit is added to the network's, at a weight
that cannot turn what the network is sure of.

Measured in docs/decisions/0006. Source of the idea: the colour models of Rother, Kolmogorov, Blake,
GrabCut (SIGGRAPH 2004); there is no graph cut here, and the mask stays soft.
"""

from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

BANDS = 3
TEXTURE_PX = 2.0
"""Standard deviation of the Gaussian under which colours are averaged and their spread taken."""
NEAR_PX = 10.0
"""A pixel counts by exp(-distance / this), its distance from the mask's edge."""
LEAST_NEARNESS = 0.05
"""Pixels that would count for less are left out."""
CLICK_SHARE = 0.3
"""What the disks of all clicks of one kind count for, beside half of all pixels near the edge."""
LEAST_DEVIATION = 1e-5
"""Of a look over the window: where a band is the same everywhere, it says nothing."""
RIDGE = 0.005
"""Holds coefficients near 0, those of a fit whose samples weigh 1 together."""
MOST_EVIDENCE = 3.0
"""No look says more than this, in logits."""
SMOOTHING_PX = 1.0
"""Standard deviation of the Gaussian over the evidence."""
LEAST_MASK_PX = 20
"""A smaller mask holds too few colours to speak of."""

LEAST_DOUBT = np.float32(0.5 / 255)
"""Probabilities count as this far from 0 and 1 at least, half a step of the 8 bits that they are
kept in; their logits are finite then."""

Looks: TypeAlias = npt.NDArray[np.float32]
"""F x S^2: what each pixel of a window looks like; the last row is 1 everywhere."""


def looks_of(pixels: npt.NDArray[np.float32]) -> Looks:
    """Colour of each pixel, its products, and mean and spread of colour round it.

    All but the constant are brought to mean 0 and deviation 1 over the window.

    Args:
        pixels: bands x S x S, 0..1; the first three bands count.
    """
    bands = list(pixels[:BANDS])
    means = [_blurred(band) for band in bands]
    squares = [_blurred(band * band) for band in bands]
    spreads = [
        np.sqrt(np.maximum(square - mean * mean, 0))
        for mean, square in zip(means, squares, strict=True)
    ]
    products = [one * other for i, one in enumerate(bands) for other in bands[i:]]
    constant = np.ones_like(bands[0])
    looks = np.stack([*bands, *means, *spreads, *products, constant]).reshape(-1, constant.size)
    varied = looks[:-1]
    varied -= varied.mean(axis=1, keepdims=True)
    varied /= varied.std(axis=1, keepdims=True) + LEAST_DEVIATION
    return looks


def weigh_colours(
    probabilities: npt.NDArray[np.float32],
    looks: Looks,
    disks: npt.NDArray[np.float32],
    *,
    weight: float,
) -> npt.NDArray[np.float32]:
    """A network's probabilities with what the colours say.

    Args:
        probabilities: S x S, 0..1.
        looks: of the same window.
        disks: 2 x S x S, of the clicks (`click_map.py`): not 0 in those of include and of exclude.
        weight: of the colours' logit beside the network's.

    Returns:
        S x S, 0..1.
    """
    inside = probabilities >= 0.5
    if np.count_nonzero(inside) < LEAST_MASK_PX or inside.all():
        return probabilities
    doubted = np.clip(probabilities, LEAST_DOUBT, 1 - LEAST_DOUBT)
    near = np.exp(-_distance_from_edge(inside) / NEAR_PX)
    near[near < LEAST_NEARNESS] = 0
    held, left = near * doubted, near * (1 - doubted)
    clicked = near.sum() * np.float32(CLICK_SHARE / 2)
    for disk, its, others in ((disks[0] > 0, held, left), (disks[1] > 0, left, held)):
        if disk.any():
            its[disk] = near[disk] + clicked / np.count_nonzero(disk)
            others[disk] = 0
    if not (held.any() and left.any()):
        return probabilities
    evidence = _logits(looks, held.ravel(), left.ravel()).reshape(inside.shape)
    evidence = np.clip(evidence, -MOST_EVIDENCE, MOST_EVIDENCE)
    evidence = cv2.GaussianBlur(evidence, (0, 0), SMOOTHING_PX)
    logits = np.log(doubted / (1 - doubted)) + weight * evidence
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _blurred(band: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """S x S, smoothed."""
    return np.asarray(cv2.GaussianBlur(band, (0, 0), TEXTURE_PX), np.float32)


def _distance_from_edge(inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """S x S: window pixels to the nearest pixel of the other kind."""
    kinds = (inside.astype(np.uint8), (~inside).astype(np.uint8))
    outward, inward = (cv2.distanceTransform(kind, cv2.DIST_L2, 3) for kind in kinds)
    return np.asarray(outward + inward, np.float32)


def _logits(
    looks: Looks, held: npt.NDArray[np.float32], left: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """S^2: log odds that a look is of the object, 0 where it says nothing.

    A linear discriminant: the first Newton step, from 0, of a logistic regression in which both
    kinds weigh the same. Further steps brought nothing (docs/decisions/0006).

    Args:
        looks: of every pixel.
        held: S^2, how much each pixel counts as one of the object.
        left: S^2, how much as one of what lies round it.
    """
    used = np.flatnonzero(held + left)
    samples = np.take(looks, used, axis=1)
    held, left = held[used] / (2 * held.sum()), left[used] / (2 * left.sum())
    # OpenCV's products run in this thread. NumPy's wake threads that spin for a while afterwards on
    # the cores that the network's next pass wants, which then takes two to three times as long.
    curvature = cv2.gemm(samples * ((held + left) / 4), samples, 1, None, 0, flags=cv2.GEMM_2_T)
    penalty = np.full(len(samples), RIDGE, np.float32)
    penalty[-1] /= 100  # The constant may be what it must.
    gradient = cv2.gemm(samples, (held - left)[:, None] / 2, 1, None, 0)
    coefficients = np.linalg.solve(curvature + np.diag(penalty), gradient)
    return np.asarray(cv2.gemm(coefficients, looks, 1, None, 0, flags=cv2.GEMM_1_T)[0], np.float32)
