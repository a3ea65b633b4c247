"""SimpleClick's head: four scales brought to the finest, joined, and turned into one logit."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvolutionReLU(nn.Module):
    """A 1x1 convolution with bias and ReLU; `conv` is its name in the published files."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to B x C' x H x W."""
        return functional.relu(self.conv(x))


class SegmentationHead(nn.Module):
    """Four maps to logits at the size of the finest."""

    def __init__(self, channels_in: Sequence[int], channels: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(ConvolutionReLU(c, channels) for c in channels_in)
        self.fusion_conv = ConvolutionReLU(len(channels_in) * channels, channels)
        self.dropout = nn.Dropout2d(0.1)
        self.conv_seg = nn.Conv2d(channels, 1, 1)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Maps, finest first, to B x 1 x H x W of the finest."""
        size = maps[0].shape[-2:]
        resized = [
            functional.interpolate(convolve(x), size=size, mode="bilinear", align_corners=False)
            for convolve, x in zip(self.convs, maps, strict=True)
        ]
        joined = self.fusion_conv(torch.cat(resized, dim=1))  # B x C x H x W
        logits: Tensor = self.conv_seg(self.dropout(joined))
        return logits
