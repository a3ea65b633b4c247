"""Training windows in another light, for a whole batch on the network's device."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inference.training_sets.augmentation import Look

BLUR_TAPS = 7
"""A blur of at most 1.1 px has nothing beyond three pixels."""


class Looks(NamedTuple):
    """The `Look` (see there) of B samples. A tuple, so that it can be pinned."""

    mix: Tensor
    gamma: Tensor
    gain: Tensor
    offset: Tensor
    blur_px: Tensor
    noise: Tensor

    @classmethod
    def of(cls, looks: Sequence[Look]) -> "Looks":
        """The looks of a batch."""
        columns = [np.array([getattr(k, f) for k in looks], np.float32) for f in cls._fields]
        return cls(*(torch.from_numpy(column) for column in columns))

    def to(self, device: torch.device) -> "Looks":
        """The same on a device."""
        return Looks(*(value.to(device, non_blocking=True) for value in self))


def show(pixels: Tensor, looks: Looks) -> Tensor:
    """A batch of windows, each in its own light.

    Args:
        pixels: B x S x S x C, 8 bit.
        looks: on the same device.

    Returns:
        B x C x S x S, float32, 0..1, channels last. Noise comes from torch's own generator.
    """
    batch = pixels.shape[0]
    shown, mix = pixels.float() / 255, looks.mix[:, None, None]
    # No matrix product: MKL promises equal last digits for equally aligned memory only, and a
    # batch that another process has drawn lies elsewhere.
    bands = range(pixels.shape[-1])
    images = torch.stack([shown[..., band, None] * mix[..., band, :] for band in bands]).sum(0)
    images = images.permute(0, 3, 1, 2)  # B x C x S x S
    images = images ** looks.gamma.reshape(batch, 1, 1, 1)
    images = images * looks.gain[:, :, None, None] + looks.offset[:, :, None, None]
    images = blurred(images, looks.blur_px)
    images = images + torch.randn_like(images) * looks.noise.reshape(batch, 1, 1, 1)
    return images.clamp(0, 1).contiguous(memory_format=torch.channels_last)


def blurred(images: Tensor, sigma_px: Tensor) -> Tensor:
    """B x C x S x S, each sample with a Gaussian of its own sigma (B); 0 leaves it as it is."""
    batch, channels, height, width = images.shape
    reach = BLUR_TAPS // 2
    away = torch.arange(-reach, reach + 1, device=images.device, dtype=torch.float32)
    weights = torch.exp(-(away**2) / (2 * sigma_px[:, None].clamp(min=1e-3) ** 2))  # B x taps
    weights = weights / weights.sum(dim=1, keepdim=True)
    kernels = weights.repeat_interleave(channels, dim=0)  # BC x taps
    flat = images.reshape(1, batch * channels, height, width)
    groups = batch * channels
    flat = functional.pad(flat, (reach, reach, 0, 0), mode="reflect")
    flat = functional.conv2d(flat, kernels[:, None, None, :], groups=groups)
    flat = functional.pad(flat, (0, 0, reach, reach), mode="reflect")
    flat = functional.conv2d(flat, kernels[:, None, :, None], groups=groups)
    return flat.reshape(batch, channels, height, width)
