"""Whether another back end is the same network, and faster: measured on this machine.

What a processor is good at cannot be read off its name: bfloat16 halves the time of a pass on
one machine and multiplies it by ten on another.
"""

import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from inference.backends.backend import Backend

PASSES = 2
"""Passes of one round over one window: the coarse one and a refinement."""
ROUNDS = 7
ENOUGH_S = 5.0
"""Rounds end early after this: a difference that matters in long ones shows in few."""

ENOUGH_IOU = 0.995
"""Least IoU of a back end's mask with that of torch in float32."""

GIVE_UP_AT = 2.0
"""A back end whose first round is this many times slower is not tried any further."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A back end beside torch in float32, on the same window.

    Attributes:
        speed_up: plain time over its time, medians of rounds in turn; over 1 is faster.
        mask_iou: of the two masks at 0.5 (1 where both are empty).
        largest_step: largest difference of a probability, in 1/255.
    """

    speed_up: float
    mask_iou: float
    largest_step: int

    @property
    def is_worth_it(self) -> bool:
        """Whether it is faster and finds the same."""
        return self.speed_up > 1 and self.mask_iou >= ENOUGH_IOU


@torch.inference_mode()
def compare(plain: Backend, other: Backend, *, size: int) -> Comparison:
    """How `other` does beside `plain`, on windows of `size` px."""
    inputs = drawn_window(plain.bands, size, radius_px=plain.click_radius_px)
    expected, plain_s = timed_round(plain, *inputs)
    found, other_s = timed_round(other, *inputs)
    difference = same_masks(expected, found)
    if other_s > GIVE_UP_AT * plain_s:
        return Comparison(plain_s / other_s, *difference)
    plain_rounds: list[float] = []
    other_rounds: list[float] = []
    while len(plain_rounds) < ROUNDS and sum(plain_rounds + other_rounds) < ENOUGH_S:
        plain_rounds.append(timed_round(plain, *inputs)[1])
        other_rounds.append(timed_round(other, *inputs)[1])
    return Comparison(float(np.median(plain_rounds) / np.median(other_rounds)), *difference)


def drawn_window(bands: int, size: int, *, radius_px: int) -> tuple[Tensor, Tensor]:
    """A bright disk on a darker, uneven ground, and a click map with one click at its centre."""
    random = np.random.default_rng(0)
    rows, cols = np.mgrid[:size, :size] + 0.5
    distance_px = np.hypot(rows - size / 2, cols - size / 2)
    ground = np.where(distance_px < size / 5, 0.8, 0.3)
    image = np.clip(ground + random.normal(0, 0.02, (1, bands, size, size)), 0, 1)
    clicks = torch.zeros(1, 2, size, size)
    clicks[0, 0] = torch.from_numpy(distance_px <= radius_px)
    return torch.from_numpy(image.astype(np.float32)), clicks


def timed_round(
    backend: Backend, image: Tensor, clicks: Tensor
) -> tuple[npt.NDArray[np.uint8], float]:
    """Encode a window and run its passes: the last 8-bit probabilities, H x W, and seconds."""
    begun = time.perf_counter()
    features = backend.encode(image)
    previous = torch.zeros_like(clicks[:, :1])
    for _ in range(PASSES):
        previous = backend.decode(features, previous, clicks).float().sigmoid()
    seconds = time.perf_counter() - begun
    return (previous[0, 0] * 255).round().byte().numpy(), seconds


def same_masks(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> tuple[float, int]:
    """IoU of the masks, and the largest difference in 8-bit steps."""
    mask, other_mask = one >= 128, other >= 128
    union = np.count_nonzero(mask | other_mask)
    shared = np.count_nonzero(mask & other_mask)
    largest = np.abs(one.astype(np.int16) - other).max()
    return float(shared / union) if union else 1.0, int(largest)
