"""Pretraining without labels: the image half of a network learns to paint what is hidden.

Patches of a window are hidden at random; from the others, a painter on top of the image half says
what they show. The painter is thrown away afterwards. What answers clicks is not involved.
"""

from abc import ABC, abstractmethod
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from inference.models import torchvision_shim  # noqa: F401 (before timm: declares operators)
from inference.models.click_network import ClickNetwork
from inference.models.late_clicks import STRIDE, LateClicks, LateClicksConfig
from inference.models.simple_click import SimpleClick, SimpleClickConfig
from inference.training.config import PretrainingConfig
from inference.training.networks import NetworkConfig
from inference.training.rounds import Batch

from timm.models.vision_transformer import Block  # isort: skip (after the shim)

HEAD_WIDTH = 32
"""Of the painter's attention heads."""
FLATTEST = 1e-6
"""Added to a patch's variance."""
FUSED_STRIDE = 4
"""Of the late-clicks family's fused features."""


class Painter(nn.Module, ABC):
    """Paints the hidden patches of windows from what a network's image half makes of the others.

    Attributes:
        patch_px: side of a patch.
    """

    patch_px: int

    @abstractmethod
    def forward(self, network: ClickNetwork, images: Tensor, hidden: Tensor) -> Tensor:
        """How wrong every pixel of every window is painted.

        Args:
            network: of the family that the painter is for.
            images: B x bands x S x S, float32, 0..1.
            hidden: B x gh x gw, which patches the network must not see; the same number in each.

        Returns:
            B x S x S.
        """


class TokenPainter(Painter):
    """For plain transformers: they see nothing but the patches that are left.

    A small transformer puts a learnt token in every hidden place and paints patches, each brought
    to mean 0 and deviation 1. Attention is global here, as there is no grid to lay windows on.

    Source: "Masked Autoencoders Are Scalable Vision Learners" (He et al., CVPR 2022), with the
        hidden pixels blank before the stem, which may be convolutional and look past a patch.
    """

    def __init__(self, config: SimpleClickConfig, pretraining: PretrainingConfig) -> None:
        super().__init__()
        self.patch_px = config.patch_px
        width = pretraining.decoder_width
        self.enter = nn.Sequential(nn.LayerNorm(config.width), nn.Linear(config.width, width))
        self.hidden_token = nn.Parameter(torch.zeros(1, 1, width))
        self.layers = nn.ModuleList(
            Block(
                dim=width,
                num_heads=width // HEAD_WIDTH,
                qkv_bias=True,
                norm_layer=partial(nn.LayerNorm, eps=1e-6),
            )
            for _ in range(pretraining.decoder_layers)
        )
        self.leave = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, config.bands * config.patch_px**2)
        )
        nn.init.trunc_normal_(self.hidden_token, std=0.02)

    def forward(self, network: ClickNetwork, images: Tensor, hidden: Tensor) -> Tensor:
        """As `Painter.forward`, squared differences."""
        assert isinstance(network, SimpleClick)  # noqa: S101 (see painter_for)
        batch, height, width = hidden.shape
        normalised = network.normalised(images)
        blank = normalised.masked_fill(in_pixels(hidden, self.patch_px), 0.0)
        tokens = as_rows(network.backbone.embed(blank))  # B x N x D
        is_left = ~hidden.flatten(1)  # B x N
        left = tokens[is_left].reshape(batch, -1, tokens.shape[-1])  # B x left x D
        for block in network.backbone.blocks:
            left = block(left)
        narrow = self.enter(left)
        everywhere = self.hidden_token.to(narrow.dtype).expand(batch, height * width, -1)
        placed = everywhere.masked_scatter(is_left[:, :, None], narrow)  # B x N x d
        placed = placed + waves(height, width, narrow.shape[-1]).to(placed)
        for layer in self.layers:
            placed = layer(placed)
        wanted = as_rows(functional.pixel_unshuffle(normalised, self.patch_px))  # B x N x bands PP
        spread = wanted.var(dim=-1, keepdim=True)
        wanted = (wanted - wanted.mean(dim=-1, keepdim=True)) / (spread + FLATTEST).sqrt()
        wrong = (self.leave(placed).float() - wanted) ** 2
        wrong = wrong.transpose(1, 2).reshape(batch, -1, height, width)
        return functional.pixel_shuffle(wrong, self.patch_px).mean(dim=1)


class ColourPainter(Painter):
    """For convolutions, which need every pixel: hidden patches have one learnt colour.

    A 1x1 convolution paints 4 x 4 pixels from each place of the fused features.

    Source: "SimMIM: A Simple Framework for Masked Image Modeling" (Xie et al., CVPR 2022).
    """

    def __init__(self, config: LateClicksConfig) -> None:
        super().__init__()
        self.patch_px = STRIDE
        self.colour = nn.Parameter(torch.zeros(1, config.bands, 1, 1))
        self.leave = nn.Conv2d(config.feature_channels, config.bands * FUSED_STRIDE**2, 1)

    def forward(self, network: ClickNetwork, images: Tensor, hidden: Tensor) -> Tensor:
        """As `Painter.forward`, absolute differences."""
        assert isinstance(network, LateClicks)  # noqa: S101 (see painter_for)
        normalised = network.normalised(images)
        shown = torch.where(in_pixels(hidden, self.patch_px), self.colour, normalised)
        fused, _ = network.encoder(shown)  # B x C x S/4 x S/4
        painted = functional.pixel_shuffle(self.leave(fused), FUSED_STRIDE)  # B x bands x S x S
        return (painted.float() - normalised).abs().mean(dim=1)


def painter_for(config: NetworkConfig, pretraining: PretrainingConfig) -> Painter:
    """A painter for the family of a network with this configuration."""
    if isinstance(config, SimpleClickConfig):
        return TokenPainter(config, pretraining)
    return ColourPainter(config)


def hidden_loss(
    network: ClickNetwork,
    painter: Painter,
    batch: Batch,
    rng: np.random.Generator,
    *,
    hidden_share: float,
) -> Tensor:
    """How wrong the hidden pixels are painted on average; those outside a picture don't count."""
    device = batch.images.device
    side = batch.images.shape[-1] // painter.patch_px
    hidden = draw_hidden(len(batch.images), side, hidden_share, rng).to(device)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        wrong: Tensor = painter(network, batch.images, hidden)
    counts = in_pixels(hidden, painter.patch_px)[:, 0] & (batch.targets == 1)
    return (wrong * counts).sum() / counts.sum().clamp(min=1)


def draw_hidden(count: int, side: int, share: float, rng: np.random.Generator) -> Tensor:
    """Where patches are hidden, count x side x side: equally many in each, never all or none."""
    places = side * side
    hidden = int(np.clip(round(share * places), 1, places - 1))
    ranks = rng.random((count, places)).argsort(axis=1).argsort(axis=1)
    return torch.from_numpy(ranks < hidden).reshape(count, side, side)


def in_pixels(hidden: Tensor, patch_px: int) -> Tensor:
    """B x gh x gw to B x 1 x H x W."""
    rows = hidden.repeat_interleave(patch_px, dim=1)
    return rows.repeat_interleave(patch_px, dim=2)[:, None]


def as_rows(x: Tensor) -> Tensor:
    """B x D x gh x gw to B x N x D."""
    return x.flatten(2).transpose(1, 2)


def waves(height: int, width: int, channels: int) -> Tensor:
    """Fixed positions of a grid, 1 x N x channels: sines and cosines of row and column.

    Source: "Attention Is All You Need" (Vaswani et al., NeurIPS 2017), half of the channels for
        either axis as in the masked autoencoder's code.
    """
    quarter = channels // 4
    speeds = 10_000.0 ** (-torch.arange(quarter) / quarter)
    rows, cols = (torch.arange(side)[:, None] * speeds for side in (height, width))
    down, across = (torch.cat([angles.sin(), angles.cos()], dim=1) for angles in (rows, cols))
    down = down[:, None].expand(height, width, -1)
    across = across[None].expand(height, width, -1)
    return torch.cat([down, across], dim=2).reshape(1, height * width, channels)
