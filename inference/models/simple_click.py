"""SimpleClick: image and clicks as tokens of one plain vision transformer.

Clicks and previous mask are embedded as patches of their own and added to the image's tokens. In
the published networks they join before the first block, so only the image's patch tokens can be
kept between clicks. With `join_block` k they join after block k: the first k blocks see the image
alone and are computed once per window, and a click costs the other blocks, neck and head. Such a
network has the same tensors; it needs training of its own. So does one with a convolutional stem,
whose tensors in front of the blocks are others.

Source: "SimpleClick: Interactive Image Segmentation with Simple Vision Transformers" (Liu et al.,
ICCV 2023). Key names fit the state dicts that its authors and those of CFR-ICL publish; the keys
that segmentation never uses are dropped by `without_unused_keys`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TypeVar

import torch
from torch import Tensor
from torch.nn import functional

from inference.models.click_network import ClickNetwork, Features
from inference.models.feature_pyramid import FeaturePyramid
from inference.models.plain_vit import (
    TRAINED_SIDE_PX,
    PlainViT,
    Stem,
    embedding,
    windows_along,
)
from inference.models.segmentation_head import SegmentationHead

T = TypeVar("T")

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""Of red, green and blue, as in the published files."""

UNUSED_PREFIXES = (
    "backbone.cls_token",
    "backbone.fc_norm.",
    "backbone.head.",
    "head.up_conv1.",
    "head.up_conv2.",
)

IMAGE_PATCHES = "backbone.patch_embed.proj.weight"
FIRST_OF_IMAGE: dict[Stem, str] = {
    "patches": IMAGE_PATCHES,
    "convolutional": "backbone.patch_embed.layers.0.weight",
}
"""The kernel that the image's bands enter by."""


@dataclass(frozen=True, slots=True)
class SimpleClickConfig:
    """One member of the family: its size, its bands, and where clicks join.

    Attributes:
        join_block: blocks that see the image alone; 0 in the published networks.
        mean: of each band, values 0..1.
        deviation: standard deviation of each band.
        stem: of the image as of clicks and previous mask.
        smallest_px: side of the smallest window; the published networks take none below 224 px.

    Raises:
        ValueError: `join_block` leaves no block to the clicks, `mean` and `deviation` are not of
            the same bands, or there is no such stem or smallest window.
    """

    patch_px: int
    width: int
    depth: int
    heads: int
    pyramid_channels: tuple[int, int, int, int]
    head_channels: int = 256
    click_radius_px: int = 5
    join_block: int = 0
    mean: tuple[float, ...] = MEAN
    deviation: tuple[float, ...] = DEVIATION
    stem: Stem = "patches"
    smallest_px: int = TRAINED_SIDE_PX

    def __post_init__(self) -> None:
        if not 0 <= self.join_block < self.depth:
            raise ValueError(
                f"clicks must join after one of the blocks 0 to {self.depth - 1}, "
                f"not {self.join_block}"
            )
        if len(self.mean) != len(self.deviation) or not self.mean:
            raise ValueError(
                f"each band needs a mean and a deviation: {len(self.mean)} means and "
                f"{len(self.deviation)} deviations were given"
            )
        if not all(value > 0 for value in self.deviation):
            raise ValueError("deviations must be above 0")
        if self.stem not in FIRST_OF_IMAGE:
            raise ValueError(f"stem is one of {', '.join(FIRST_OF_IMAGE)}, not {self.stem!r}")
        if self.stem == "convolutional" and self.patch_px.bit_count() != 1:
            raise ValueError("a convolutional stem needs a patch_px that is a power of 2")
        if self.smallest_px % self.patch_px or self.smallest_px < 2 * self.patch_px:
            raise ValueError("smallest_px must be a multiple of patch_px, at least twice as large")

    @property
    def bands(self) -> int:
        """Image bands the network takes."""
        return len(self.mean)

    def with_bands(self, count: int) -> "SimpleClickConfig":
        """The same for its first bands, or for further ones whose statistics are the average."""
        further = max(0, count - self.bands)
        return replace(
            self,
            mean=(*self.mean[:count], *[fmean(self.mean)] * further),
            deviation=(*self.deviation[:count], *[fmean(self.deviation)] * further),
        )


XTINY = SimpleClickConfig(16, 160, 8, 4, (96, 192, 288, 384), head_channels=128)
VIT_B = SimpleClickConfig(16, 768, 12, 12, (128, 256, 512, 1024))
VIT_L = SimpleClickConfig(16, 1024, 24, 16, (192, 384, 768, 1536))
VIT_H = SimpleClickConfig(14, 1280, 32, 16, (240, 480, 960, 1920))

SIZES = {"xtiny": XTINY, "ViT-B": VIT_B, "ViT-L": VIT_L, "ViT-H": VIT_H}
"""The published members, by the names people call them."""


class SimpleClick(ClickNetwork):
    """A network of the SimpleClick family."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: SimpleClickConfig) -> None:
        super().__init__()
        self.config = config
        self.bands = config.bands
        self.click_radius_px = config.click_radius_px
        self.patch_embed_coords = embedding(config.stem, 3, config.width, config.patch_px)
        self.backbone = PlainViT(
            bands=config.bands,
            patch_px=config.patch_px,
            width=config.width,
            depth=config.depth,
            heads=config.heads,
            stem=config.stem,
        )
        self.neck = FeaturePyramid(config.width, config.pyramid_channels)
        self.head = SegmentationHead(config.pyramid_channels, config.head_channels)
        # Files keep both in the configuration: the published state dicts have no key for them.
        self.register_buffer("mean", per_band(config.mean), persistent=False)
        self.register_buffer("deviation", per_band(config.deviation), persistent=False)

    def normalised(self, image: Tensor) -> Tensor:
        """B x bands x H x W, 0..1, with every band's mean at 0 and its deviation at 1."""
        return (image - self.mean) / self.deviation

    def encode(self, image: Tensor) -> Features:
        """(image tokens after `join_block` blocks, B x D x gh x gw,)."""
        self.check_size(image)
        tokens = self.backbone.embed(self.normalised(image))
        return (self.backbone(tokens, after=0, until=self.config.join_block),)

    def decode(self, features: Features, previous_mask: Tensor, click_map: Tensor) -> Tensor:
        """Logits, B x 1 x H x W."""
        coordinates = torch.cat([previous_mask, click_map], dim=1)  # B x 3 x H x W
        tokens = features[0] + self.patch_embed_coords(coordinates)  # B x D x gh x gw
        tokens = self.backbone(tokens, after=self.config.join_block, until=self.config.depth)
        logits = self.head(self.neck(tokens))  # B x 1 x 4 gh x 4 gw
        return functional.interpolate(
            logits, size=previous_mask.shape[-2:], mode="bilinear", align_corners=True
        )

    def nearest_valid_size(self, side_px: int) -> int:
        """The nearest multiple of the patch whose tokens fall evenly into attention windows."""
        patch, base = self.config.patch_px, self.backbone.base
        wanted = side_px / patch
        # A multiple of the base always fits, so one lies within a base of what is wanted.
        grids = range(self.config.smallest_px // patch, int(wanted) + 2 * base + 1)
        valid = [grid for grid in grids if grid < base or windows_along(grid, base)]
        return patch * min(valid, key=lambda grid: (abs(grid - wanted), -grid))


def per_band(values: Sequence[float]) -> Tensor:
    """1 x bands x 1 x 1."""
    return torch.tensor(values).reshape(1, -1, 1, 1)


def without_unused_keys(published: Mapping[str, T]) -> dict[str, T]:
    """A published state dict (or shapes by its keys) without what segmentation never uses."""
    return {k: v for k, v in published.items() if not k.startswith(UNUSED_PREFIXES)}
