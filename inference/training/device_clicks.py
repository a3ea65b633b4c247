"""The clicks of `click_sampling` for a whole batch at once, in tensors on the network's device.

OpenCV on one core would keep a GPU waiting. The distances here are exact, so centre clicks are
the same pixels as those computed on the CPU; clicks drawn at random come from the same places, by
other random numbers.
"""

import math

import numpy as np
import torch
from torch import Tensor

from inference.training.click_sampling import THRESHOLD, Habit


def squared_depth(regions: Tensor) -> Tensor:
    """Squared Euclidean distance of each pixel of a region to the nearest pixel outside it.

    Args:
        regions: ... x H x W, bool. The array's border counts as outside.

    Returns:
        ... x H x W, int32, exact. Along rows by running maxima; along columns as the least of
        (squared row distance + squared offset) over all offsets that can still matter.
    """
    height = regions.shape[-2]
    to_row = row_distance(regions)
    squared = to_row * to_row
    rows = torch.arange(height, device=regions.device, dtype=torch.int32)[:, None]
    edge = torch.minimum(rows + 1, height - rows)
    best = torch.minimum(squared, edge * edge)
    for offset in range(1, min(height, math.isqrt(int(best.max())) + 1)):
        candidate = squared + offset * offset
        upper, lower = best[..., offset:, :], best[..., :-offset, :]
        torch.minimum(upper, candidate[..., :-offset, :], out=upper)
        torch.minimum(lower, candidate[..., offset:, :], out=lower)
    return best


def row_distance(regions: Tensor) -> Tensor:
    """Distance of each pixel to the nearest one outside in its own row, ... x H x W, int32."""
    width = regions.shape[-1]
    places = torch.arange(width, device=regions.device, dtype=torch.int32).expand(regions.shape)
    before = torch.where(regions, -1, places).cummax(dim=-1).values
    mirrored = torch.where(regions.flip(-1), -1, places).cummax(dim=-1).values
    after = width - 1 - mirrored.flip(-1)
    return torch.minimum(places - before, after - places)


class DeviceClicker:
    """A `Clicker` (see there) that never leaves the device of its targets.

    Places are drawn from torch's own generator of that device, which the trainer seeds for every
    step.

    Attributes:
        maps: B x 2 x S x S, float32, 0 or 1.
        clicked: B x S x S.
    """

    def __init__(self, targets: Tensor, radius_px: int) -> None:
        batch, size, _ = targets.shape
        self.targets = targets
        self.radius_px = radius_px
        self.maps = torch.zeros(batch, 2, size, size, device=targets.device)
        self.clicked = torch.zeros(batch, size, size, dtype=torch.bool, device=targets.device)
        along = torch.arange(size, device=targets.device, dtype=torch.int32)
        self.rows, self.cols = along[:, None], along[None, :]

    def add(
        self,
        previous: Tensor,
        habits: list[Habit],
        rng: np.random.Generator | None,  # noqa: ARG002 (places come from the device's generator)
    ) -> None:
        """See `Clicker`."""
        probability = previous[:, 0]
        missing = (self.targets == 1) & (probability < THRESHOLD)
        surplus = (self.targets == 0) & (probability > THRESHOLD)
        depth = squared_depth(torch.stack([missing, surplus], dim=1))  # B x 2 x S x S
        depth = torch.where(self.clicked[:, None], 0, depth)
        greatest = depth.flatten(2).max(dim=2).values  # B x 2
        include = greatest[:, 0] > greatest[:, 1]
        depth = torch.where(include[:, None, None], depth[:, 0], depth[:, 1])  # B x S x S
        greatest = torch.where(include, greatest[:, 0], greatest[:, 1])
        chosen = self.draw_places(depth, greatest, habits)  # B
        self.place(chosen, include, greatest > 0)

    def draw_places(self, depth: Tensor, greatest: Tensor, habits: list[Habit]) -> Tensor:
        """Flat index, B, of each sample's click; see `click_sampling.places_for`."""
        size = depth.shape[-1]
        order = self.rows * size + self.cols
        # Among the deepest the first in row-major order; argmax alone may take any of them.
        ranked = depth.long() * size**2 + (size**2 - 1 - order)
        deepest = ranked.flatten(1).argmax(dim=1)  # B
        values = [[h.deeper_than, h.rim_px, h.reach_px, h.reach] for h in habits]
        rules = torch.tensor(values, device=depth.device).T[:, :, None, None]  # 4 x B x 1 x 1
        deeper_than, rim_px, reach_px, reach = rules
        most = greatest[:, None, None].float()
        row, col = (deepest // size)[:, None, None], (deepest % size)[:, None, None]
        away = ((self.rows - row) ** 2 + (self.cols - col) ** 2).float()
        # An infinite reach times a depth of 0 would be no number.
        far = reach_px + torch.nan_to_num(reach * most.sqrt(), nan=0.0, posinf=math.inf)
        allowed = (depth > deeper_than**2 * most) & (depth <= rim_px**2) & (away <= far**2)
        keys = torch.where(allowed, torch.rand(depth.shape, device=depth.device), -1.0).flatten(1)
        found = keys.max(dim=1)
        return torch.where(found.values >= 0, found.indices, deepest)

    def place(self, chosen: Tensor, include: Tensor, has_error: Tensor) -> None:
        """Add a click at a flat index, B, to every sample that has an error, B."""
        size = self.clicked.shape[-1]
        row, col = (chosen // size)[:, None, None], (chosen % size)[:, None, None]
        away = (self.rows - row) ** 2 + (self.cols - col) ** 2  # B x S x S
        disk = (away <= self.radius_px**2) & has_error[:, None, None]
        including = include[:, None, None]
        both = torch.stack([disk & including, disk & ~including], dim=1)  # B x 2 x S x S
        # A new tensor: backward passes still need the maps of earlier clicks.
        self.maps = torch.maximum(self.maps, both.float())
        self.clicked = self.clicked | ((away == 0) & has_error[:, None, None])
