"""What every click-segmentation network is to the rest of the program.

A network answers in two halves. `encode` sees the image alone: the engine runs it once per
window and keeps the result. `decode` sees these features, the previous mask and the clicks: it
runs at every click and every refining pass. How much work lies in which half is the network's
own affair (SimpleClick can keep its patch tokens only; the late-clicks family keeps everything
but a small head).
"""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from inference.errors import InferenceError

Features = tuple[Tensor, ...]
"""What `encode` hands to `decode`. Each tensor's first dimension is the batch, so that features
of several windows can be concatenated and split."""


class InvalidWindowSize(InferenceError):
    """A side length that the network cannot take."""

    def __init__(self, size: tuple[int, int], nearest: tuple[int, int]) -> None:
        self.size = size
        self.nearest = nearest
        super().__init__(
            f"This network cannot take windows of {size[0]} x {size[1]} pixels. Nothing was "
            f"predicted. The nearest size it can take is {nearest[0]} x {nearest[1]}."
        )


class ClickNetwork(nn.Module, ABC):
    """A network that turns an image, a previous mask and clicks into logits.

    Attributes:
        bands: image bands it takes.
        click_radius_px: radius, in window pixels, of the disks in `click_map`.
    """

    bands: int
    click_radius_px: int

    @property
    def device(self) -> torch.device:
        """Where it takes and gives tensors."""
        return next(self.parameters()).device

    @abstractmethod
    def encode(self, image: Tensor) -> Features:
        """Everything that does not depend on clicks.

        Args:
            image: B x bands x H x W, float32, 0..1. Normalisation is done inside.

        Raises:
            InvalidWindowSize: H or W is none that the network can take.
        """

    @abstractmethod
    def decode(self, features: Features, previous_mask: Tensor, click_map: Tensor) -> Tensor:
        """Logits of the object.

        Args:
            features: from `encode`, of the same windows.
            previous_mask: B x 1 x H x W, probabilities of the pass before; zeros at first.
            click_map: B x 2 x H x W, 1 inside the disks round the clicks, else 0; channel 0
                holds the clicks that include, channel 1 those that exclude.

        Returns:
            B x 1 x H x W; the probability is the sigmoid.
        """

    @abstractmethod
    def nearest_valid_size(self, side_px: int) -> int:
        """The side length nearest to `side_px` that the network can take (ties: the larger)."""

    def forward(self, image: Tensor, previous_mask: Tensor, click_map: Tensor) -> Tensor:
        """Both halves at once; arguments and result as in `encode` and `decode`."""
        return self.decode(self.encode(image), previous_mask, click_map)

    def check_size(self, image: Tensor) -> None:
        """Raise `InvalidWindowSize` unless both sides of `image` (... x H x W) can be taken."""
        height, width = image.shape[-2:]
        nearest = self.nearest_valid_size(height), self.nearest_valid_size(width)
        if nearest != (height, width):
            raise InvalidWindowSize((height, width), nearest)
