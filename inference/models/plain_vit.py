"""The plain vision transformer of SimpleClick: one scale, windowed attention, few global blocks.

Source: method of "SimpleClick: Interactive Image Segmentation with Simple Vision Transformers"
(Liu et al., ICCV 2023) and of "Exploring Plain Vision Transformer Backbones for Object Detection"
(Li et al., ECCV 2022). Blocks are timm's; the key names fit the published state dicts.

Shapes: B batch, D width, gh x gw token grid, N = gh * gw tokens, P patch side in pixels.
"""

from functools import partial
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.models import torchvision_shim  # noqa: F401 (before timm: declares operators)

from timm.layers import LayerNorm2d  # isort: skip (after the shim)
from timm.models.vision_transformer import Block  # isort: skip

TRAINED_SIDE_PX = 224
"""Windows of attention are as large as the whole grid was at this side (14 x 14 for patch 16)."""

Stem: TypeAlias = Literal["patches", "convolutional"]
"""How pixels become tokens: each patch by itself, or by convolutions that overlap."""

POSITIONS_SIDE_PX = 448
"""Side for which the learned positions were made."""


class PatchEmbedding(nn.Module):
    """Non-overlapping patches to tokens: one convolution whose kernel is its stride."""

    def __init__(self, channels: int, width: int, patch_px: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(channels, width, patch_px, stride=patch_px)

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to B x D x gh x gw."""
        tokens: Tensor = self.proj(x)
        return tokens


class ConvolutionalStem(nn.Module):
    """Pixels to tokens by 3x3 convolutions of stride 2, as many as halve a patch to one token.

    Each is normalised over its channels at every place: click maps are empty nearly everywhere,
    and statistics over the whole window would make a disk the stronger the fewer there are.

    Source: "Early Convolutions Help Transformers See Better" (Xiao et al., NeurIPS 2021), with
        layer instead of batch normalisation.
    """

    def __init__(self, channels: int, width: int, patch_px: int) -> None:
        super().__init__()
        halvings = patch_px.bit_length() - 1
        layers: list[nn.Module] = []
        before = channels
        for left in range(halvings - 1, -1, -1):
            after = max(8, width >> left)
            layers += [
                nn.Conv2d(before, after, 3, stride=2, padding=1),
                LayerNorm2d(after),
                nn.ReLU(inplace=True),
            ]
            before = after
        self.layers = nn.Sequential(*layers, nn.Conv2d(before, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W to B x D x gh x gw."""
        tokens: Tensor = self.layers(x)
        return tokens


def embedding(stem: Stem, channels: int, width: int, patch_px: int) -> nn.Module:
    """What turns B x channels x H x W into tokens, B x width x gh x gw."""
    kind = ConvolutionalStem if stem == "convolutional" else PatchEmbedding
    return kind(channels, width, patch_px)


def windows_along(grid: int, base: int) -> int:
    """How many attention windows lie along an axis of `grid` tokens; 0 where none fit evenly."""
    count = grid // base
    return count if count and grid % count == 0 else 0


def to_windows(tokens: Tensor, down: int, across: int) -> Tensor:
    """B x gh x gw x D to (B * down * across) x (tokens of a window) x D, row by row."""
    batch, height, width, depth = tokens.shape
    tall, wide = height // down, width // across
    split = tokens.reshape(batch, down, tall, across, wide, depth)  # B x down x tall x across x ..
    together = split.permute(0, 1, 3, 2, 4, 5)  # B x down x across x tall x wide x D
    return together.reshape(batch * down * across, tall * wide, depth)


def from_windows(windows: Tensor, down: int, across: int, grid: tuple[int, int]) -> Tensor:
    """The inverse of `to_windows`: B x gh x gw x D."""
    height, width = grid
    tall, wide = height // down, width // across
    split = windows.reshape(-1, down, across, tall, wide, windows.shape[-1])
    return split.permute(0, 1, 3, 2, 4, 5).reshape(-1, height, width, windows.shape[-1])


class PlainViT(nn.Module):
    """Patch embedding, positions and blocks.

    Attributes:
        patch_px: side of a patch.
        base: tokens along a side of an attention window at least.
        group: every `group`-th block attends to the whole grid, the others within windows.
    """

    def __init__(
        self,
        *,
        bands: int,
        patch_px: int,
        width: int,
        depth: int,
        heads: int,
        stem: Stem = "patches",
    ) -> None:
        super().__init__()
        self.patch_px = patch_px
        self.base = TRAINED_SIDE_PX // patch_px
        self.group = 6 if depth == 12 else depth // 4
        side = POSITIONS_SIDE_PX // patch_px
        # The published files carry a class token and a classifier that segmentation never uses.
        # The token is left out; positions keep its entry, so that their shape fits the files.
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + side * side, width))
        self.patch_embed = embedding(stem, bands, width, patch_px)
        self.blocks = nn.ModuleList(
            Block(
                dim=width,
                num_heads=heads,
                mlp_ratio=4.0,
                qkv_bias=True,
                norm_layer=partial(nn.LayerNorm, eps=1e-6),
            )
            for _ in range(depth)
        )
        if not self.pos_embed.is_meta:
            nn.init.trunc_normal_(self.pos_embed, std=0.02)

    def embed(self, image: Tensor) -> Tensor:
        """Image patches with their positions: B x bands x H x W to B x D x gh x gw."""
        patches: Tensor = self.patch_embed(image)
        return patches + self.positions(patches.shape[-2], patches.shape[-1])

    def positions(self, height: int, width: int) -> Tensor:
        """Positions of a grid, 1 x D x gh x gw; resized (bicubic) from the learned grid."""
        learned = self.pos_embed[:, 1:]  # 1 x N x D
        side = POSITIONS_SIDE_PX // self.patch_px
        as_map = learned.reshape(1, side, side, -1).permute(0, 3, 1, 2)  # 1 x D x side x side
        if (height, width) == (side, side):
            return as_map
        return functional.interpolate(
            as_map, size=(height, width), mode="bicubic", align_corners=False
        )

    def forward(self, tokens: Tensor, *, after: int, until: int) -> Tensor:
        """Blocks `after` + 1 to `until`, counted from 1: B x D x gh x gw in and out.

        A grid smaller than an attention window is one window.
        """
        grid = tokens.shape[-2], tokens.shape[-1]
        down, across = (windows_along(max(side, self.base), self.base) for side in grid)
        x = tokens.permute(0, 2, 3, 1)  # B x gh x gw x D
        for number, block in enumerate(self.blocks[after:until], start=after + 1):
            split = (1, 1) if number % self.group == 0 else (down, across)
            x = from_windows(block(to_windows(x, *split)), *split, grid)
        return x.permute(0, 3, 1, 2)  # B x D x gh x gw
