"""SimpleClick: image and clicks as tokens of one plain vision transformer.

Clicks and previous mask are embedded as patches of their own and added to the image's before the
first block, so only the image's patch tokens can be kept between clicks.

Source: "SimpleClick: Interactive Image Segmentation with Simple Vision Transformers" (Liu et al.,
ICCV 2023). Key names fit the state dicts that its authors and those of CFR-ICL publish; the keys
that segmentation never uses are dropped by `without_unused_keys`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from inference.models.click_network import ClickNetwork, Features
from inference.models.feature_pyramid import FeaturePyramid
from inference.models.plain_vit import PatchEmbedding, PlainViT, windows_along
from inference.models.segmentation_head import SegmentationHead

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)
"""Of red, green and blue, as in the files' pretraining; further bands take the last entry."""

UNUSED_PREFIXES = (
    "backbone.cls_token",
    "backbone.fc_norm.",
    "backbone.head.",
    "head.up_conv1.",
    "head.up_conv2.",
)


@dataclass(frozen=True, slots=True)
class SimpleClickConfig:
    """Size of one member of the family."""

    patch_px: int
    width: int
    depth: int
    heads: int
    pyramid_channels: tuple[int, int, int, int]
    head_channels: int = 256
    bands: int = 3
    click_radius_px: int = 5


XTINY = SimpleClickConfig(16, 160, 8, 4, (96, 192, 288, 384), head_channels=128)
VIT_B = SimpleClickConfig(16, 768, 12, 12, (128, 256, 512, 1024))
VIT_L = SimpleClickConfig(16, 1024, 24, 16, (192, 384, 768, 1536))
VIT_H = SimpleClickConfig(14, 1280, 32, 16, (240, 480, 960, 1920))


class SimpleClick(ClickNetwork):
    """A network of the SimpleClick family."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, config: SimpleClickConfig) -> None:
        super().__init__()
        self.config = config
        self.bands = config.bands
        self.click_radius_px = config.click_radius_px
        self.patch_embed_coords = PatchEmbedding(3, config.width, config.patch_px)
        self.backbone = PlainViT(
            bands=config.bands,
            patch_px=config.patch_px,
            width=config.width,
            depth=config.depth,
            heads=config.heads,
        )
        self.neck = FeaturePyramid(config.width, config.pyramid_channels)
        self.head = SegmentationHead(config.pyramid_channels, config.head_channels)
        self.register_buffer("mean", per_band(MEAN, config.bands), persistent=False)
        self.register_buffer("deviation", per_band(DEVIATION, config.bands), persistent=False)

    def encode(self, image: Tensor) -> Features:
        """(image patch tokens with positions, B x D x gh x gw,)."""
        self.check_size(image)
        return (self.backbone.embed((image - self.mean) / self.deviation),)

    def decode(self, features: Features, previous_mask: Tensor, click_map: Tensor) -> Tensor:
        """Logits, B x 1 x H x W."""
        coordinates = torch.cat([previous_mask, click_map], dim=1)  # B x 3 x H x W
        tokens = features[0] + self.patch_embed_coords(coordinates)  # B x D x gh x gw
        logits = self.head(self.neck(self.backbone(tokens)))  # B x 1 x 4 gh x 4 gw
        return functional.interpolate(
            logits, size=previous_mask.shape[-2:], mode="bilinear", align_corners=True
        )

    def nearest_valid_size(self, side_px: int) -> int:
        """The nearest multiple of the patch whose tokens fall evenly into attention windows."""
        patch, base = self.config.patch_px, self.backbone.base
        wanted = side_px / patch
        # A multiple of the base always fits, so one lies within a base of what is wanted.
        grids = range(base, int(wanted) + 2 * base + 1)
        valid = [grid for grid in grids if windows_along(grid, base)]
        return patch * min(valid, key=lambda grid: (abs(grid - wanted), -grid))


def per_band(values: tuple[float, ...], bands: int) -> Tensor:
    """1 x bands x 1 x 1; the last value stands for every further band."""
    filled = [values[min(band, len(values) - 1)] for band in range(bands)]
    return torch.tensor(filled).reshape(1, bands, 1, 1)


def without_unused_keys(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A published state dict without the parts that segmentation never uses."""
    return {k: v for k, v in published.items() if not k.startswith(UNUSED_PREFIXES)}
