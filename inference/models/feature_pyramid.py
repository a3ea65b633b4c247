"""SimpleClick's neck: four scales out of the transformer's one.

Group normalisation with one group throughout; all convolutions have a bias. The names speak of
the strides 4, 8, 16 and 32 of patch 16; with patch 14 they are 3.5, 7, 14 and 28.
"""

from torch import Tensor, nn


def double(channels_in: int, channels_out: int) -> nn.ConvTranspose2d:
    """Twice the height and width."""
    return nn.ConvTranspose2d(channels_in, channels_out, 2, stride=2)


def norm(channels: int) -> nn.GroupNorm:
    """Group normalisation with one group."""
    return nn.GroupNorm(1, channels)


class FeaturePyramid(nn.Module):
    """B x D x gh x gw to four maps at 4, 2, 1 and 1/2 times the grid's height and width."""

    def __init__(self, width: int, channels: tuple[int, int, int, int]) -> None:
        super().__init__()
        at_4, at_8, at_16, at_32 = channels
        wide_4, wide_8 = max(2 * at_4, width // 2), max(at_8, width // 2)
        wide_32 = max(at_32, 2 * width)
        self.down_4 = nn.Sequential(
            double(width, wide_4),
            norm(wide_4),
            nn.GELU(),
            double(wide_4, wide_4 // 2),
            norm(wide_4 // 2),
            nn.Conv2d(wide_4 // 2, at_4, 1),
            norm(at_4),
            nn.GELU(),
        )
        self.down_8 = nn.Sequential(
            double(width, wide_8), norm(wide_8), nn.Conv2d(wide_8, at_8, 1), norm(at_8), nn.GELU()
        )
        self.down_16 = nn.Sequential(nn.Conv2d(width, at_16, 1), norm(at_16), nn.GELU())
        self.down_32 = nn.Sequential(
            nn.Conv2d(width, wide_32, 2, stride=2),
            norm(wide_32),
            nn.Conv2d(wide_32, at_32, 1),
            norm(at_32),
            nn.GELU(),
        )

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The four maps, finest first."""
        return self.down_4(tokens), self.down_8(tokens), self.down_16(tokens), self.down_32(tokens)
