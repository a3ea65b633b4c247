"""The "late clicks" family: clicks enter after the image has been understood.

A convolutional encoder sees the image only, so its features are computed once per window. A
small U-Net at a quarter of the resolution joins them with the previous mask and the clicks; a
skip at half and two convolutions at full resolution put the edges where the image has them. A
click or a refining pass costs this head alone. Plain 3x3 convolutions throughout: on a CPU they
trained twice as fast as depthwise blocks with half the parameters (docs/decisions/0001).

With `transformer_blocks` the family is a hybrid: at the encoder's coarsest stride, attention over
the whole window follows the convolutions (`attention_at_any_size.py`). It, too, sees the image
alone and runs once per window.

Group normalisation, not batch normalisation: the head sees empty previous masks at first clicks
and full ones later, and running averages over both would fit neither.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.models.attention_at_any_size import AttentionBlock
from inference.models.click_network import ClickNetwork, Features

STRIDE = 16
"""Sides must be multiples of this: the encoder's coarsest step."""

GROUPS = 8
PIXEL_CHANNELS = 8
"""At full resolution, before the image, previous mask and clicks are looked at once more."""
BLUR_PX = 8
"""Half-size of the window over which click disks are averaged into the blurred maps."""


@dataclass(frozen=True, slots=True)
class LateClicksConfig:
    """Widths and depths of one member of the family.

    Raises:
        ValueError: the coarsest stage of the encoder cannot be split into `transformer_heads`.
    """

    bands: int = 3
    click_radius_px: int = 3
    edge_channels: int = 16
    """at half resolution, in encoder and head"""
    encoder_channels: tuple[int, int, int] = (48, 96, 160)
    """at strides 4, 8 and 16"""
    encoder_blocks: tuple[int, int, int] = (1, 2, 3)
    feature_channels: int = 48
    """of the fused features at stride 4"""
    head_channels: tuple[int, int, int] = (48, 80, 128)
    """at strides 4, 8 and 16"""
    head_blocks: tuple[int, int, int] = (1, 1, 2)
    transformer_blocks: int = 0
    """behind the encoder's convolutions at stride 16"""
    transformer_heads: int = 4

    def __post_init__(self) -> None:
        if self.transformer_blocks and self.encoder_channels[2] % self.transformer_heads:
            raise ValueError(
                f"{self.encoder_channels[2]} channels at stride 16 cannot be split into "
                f"{self.transformer_heads} heads"
            )

    def with_bands(self, count: int) -> "LateClicksConfig":
        """The same for so many bands."""
        return replace(self, bands=count)


def convolution(channels_in: int, channels_out: int, *, stride: int = 1) -> nn.Sequential:
    """A 3x3 convolution, group normalisation and ReLU."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 3, stride=stride, padding=1, bias=False),
        nn.GroupNorm(GROUPS, channels_out),
        nn.ReLU(inplace=True),
    )


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions round a shortcut; starts as the identity."""

    def __init__(self, channels: int, *, dilation: int = 1) -> None:
        super().__init__()
        self.first = convolution(channels, channels)
        self.second = nn.Conv2d(
            channels, channels, 3, padding=dilation, dilation=dilation, bias=False
        )
        self.norm = nn.GroupNorm(GROUPS, channels)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W in and out."""
        return functional.relu(x + self.norm(self.second(self.first(x))))


def dilations(blocks: int, *, coarsest: bool) -> Iterator[int]:
    """Dilation of each block of a stage: at the coarsest stride every second looks wider."""
    for index in range(blocks):
        yield 2 if coarsest and index % 2 else 1


class ImageEncoder(nn.Module):
    """Image to fused features at stride 4 and edge features at stride 2."""

    def __init__(self, config: LateClicksConfig) -> None:
        super().__init__()
        edge, widths = config.edge_channels, config.encoder_channels
        self.stem = nn.Sequential(
            convolution(config.bands, edge, stride=2), convolution(edge, edge)
        )
        stages = []
        for index, width in enumerate(widths):
            before = edge if index == 0 else widths[index - 1]
            blocks = (
                ResidualBlock(width, dilation=dilation)
                for dilation in dilations(config.encoder_blocks[index], coarsest=index == 2)
            )
            stages.append(nn.Sequential(convolution(before, width, stride=2), *blocks))
        self.stages = nn.ModuleList(stages)
        self.blocks = nn.ModuleList(
            AttentionBlock(widths[2], config.transformer_heads)
            for _ in range(config.transformer_blocks)
        )
        self.laterals = nn.ModuleList(nn.Conv2d(w, config.feature_channels, 1) for w in widths)
        self.fuse = convolution(config.feature_channels, config.feature_channels)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """B x bands x H x W (normalised) to B x C x H/4 x W/4 and B x E x H/2 x W/2."""
        edges = self.stem(image)
        x, maps = edges, []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        for block in self.blocks:
            x = block(x)
        fused = self.laterals[2](x)  # B x C x H/16 x W/16
        fused = enlarge(fused) + self.laterals[1](maps[1])  # B x C x H/8 x W/8
        fused = enlarge(fused) + self.laterals[0](maps[0])  # B x C x H/4 x W/4
        return self.fuse(fused), edges


def enlarge(x: Tensor) -> Tensor:
    """Twice the height and width, bilinear."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class ClickHead(nn.Module):
    """Features, previous mask and clicks to logits."""

    def __init__(self, config: LateClicksConfig) -> None:
        super().__init__()
        fine, middle, coarse = config.head_channels
        blocks, edge = config.head_blocks, config.edge_channels
        maps = 5  # previous mask, two disk maps, two blurred ones
        self.enter = nn.Sequential(
            convolution(config.feature_channels + maps, fine),
            *(ResidualBlock(fine) for _ in range(blocks[0])),
        )
        self.down_8 = nn.Sequential(
            convolution(fine, middle, stride=2), *(ResidualBlock(middle) for _ in range(blocks[1]))
        )
        self.down_16 = nn.Sequential(
            convolution(middle, coarse, stride=2),
            *(ResidualBlock(coarse, dilation=d) for d in dilations(blocks[2], coarsest=True)),
        )
        self.up_8 = convolution(coarse + middle, middle)
        self.up_4 = convolution(middle + fine, fine)
        self.to_edges = nn.Conv2d(fine, edge, 1)
        self.up_2 = convolution(2 * edge, edge)
        self.to_pixels = nn.Conv2d(edge, PIXEL_CHANNELS, 1)
        self.last = nn.Sequential(
            nn.Conv2d(PIXEL_CHANNELS + config.bands + 3, 12, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(12, 1, 3, padding=1),
        )

    def forward(self, features: Features, maps: Tensor) -> Tensor:
        """Features as `LateClicks.encode` gives them and maps B x 3 x H x W to B x 1 x H x W."""
        fused, edges, image = features
        reduced = functional.avg_pool2d(maps, 4)  # B x 3 x H/4 x W/4
        disks = reduced[:, 1:]
        size = 2 * (BLUR_PX // 4) + 1
        blurred = functional.avg_pool2d(disks, size, stride=1, padding=size // 2)
        blurred = functional.avg_pool2d(blurred, size, stride=1, padding=size // 2)
        fine = self.enter(torch.cat([fused, reduced, blurred], dim=1))
        middle = self.down_8(fine)
        coarse = self.down_16(middle)
        middle = self.up_8(torch.cat([enlarge(coarse), middle], dim=1))  # B x C x H/8 x W/8
        fine = self.up_4(torch.cat([enlarge(middle), fine], dim=1))  # B x C x H/4 x W/4
        half = self.up_2(torch.cat([enlarge(self.to_edges(fine)), edges], dim=1))
        full = enlarge(self.to_pixels(half))  # B x 8 x H x W
        return self.last(torch.cat([full, image, maps], dim=1))  # type: ignore[no-any-return]  # nn.Sequential returns Any


class LateClicks(ClickNetwork):
    """A network of the late-clicks family.

    Bands are brought to mean 0 and deviation 1 with one constant each for all of them: training
    permutes bands and draws greys, so no band has statistics of its own.
    """

    MEAN = 0.45
    DEVIATION = 0.25
    IMAGE_KERNELS: ClassVar = {"encoder.stem.0.0.weight": 0, "head.last.0.weight": PIXEL_CHANNELS}
    """The kernels that the image's bands enter by, and how many channels come before them."""

    def __init__(self, config: LateClicksConfig | None = None) -> None:
        super().__init__()
        self.config = config or LateClicksConfig()
        self.bands = self.config.bands
        self.click_radius_px = self.config.click_radius_px
        self.encoder = ImageEncoder(self.config)
        self.head = ClickHead(self.config)

    def normalised(self, image: Tensor) -> Tensor:
        """B x bands x H x W, 0..1, brought to mean 0 and deviation 1."""
        return (image - self.MEAN) / self.DEVIATION

    def encode(self, image: Tensor) -> Features:
        """(B x C x H/4 x W/4, B x E x H/2 x W/2, the normalised image B x bands x H x W)."""
        self.check_size(image)
        normalised = self.normalised(image)
        fused, edges = self.encoder(normalised)
        return fused, edges, normalised

    def decode(self, features: Features, previous_mask: Tensor, click_map: Tensor) -> Tensor:
        """Logits, B x 1 x H x W, float32."""
        maps = torch.cat([previous_mask, click_map], dim=1)  # B x 3 x H x W
        logits: Tensor = self.head(features, maps)
        return logits.float()

    def nearest_valid_size(self, side_px: int) -> int:
        """The nearest multiple of 16, at least 32."""
        return max(2 * STRIDE, (side_px + STRIDE // 2) // STRIDE * STRIDE)
