"""Transformer blocks over a feature map of any size.

They keep no table of positions: a depthwise 3x3 convolution before each block, whose zero padding
shows where the edge is, tells tokens where they stand.

Source: "Conditional Positional Encodings for Vision Transformers" (Chu et al., ICLR 2023). Blocks
are timm's.
"""

from functools import partial

from torch import Tensor, nn

from inference.models import torchvision_shim  # noqa: F401 (before timm: declares operators)

from timm.models.vision_transformer import Block  # isort: skip (after the shim)


class AttentionBlock(nn.Module):
    """Positions, then one pre-norm block in which every place sees every other."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.positions = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.block = Block(
            dim=channels,
            num_heads=heads,
            mlp_ratio=4.0,
            qkv_bias=True,
            norm_layer=partial(nn.LayerNorm, eps=1e-6),
        )

    def forward(self, x: Tensor) -> Tensor:
        """B x C x H x W in and out."""
        x = x + self.positions(x)
        tokens = self.block(x.flatten(2).transpose(1, 2))  # B x HW x C
        return tokens.transpose(1, 2).reshape(x.shape)  # type: ignore[no-any-return]  # timm is untyped
