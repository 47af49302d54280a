"""The ×2 upscaler: learns what bicubic enlargement loses, at low resolution throughout."""

from __future__ import annotations

from torch import Tensor, nn

from engine.models.blocks import BicubicUpsample, ResidualBlock, conv3x3


class Upscaler(nn.Module):
    """Residual 3×3 convolutions at the input's resolution and a pixel shuffle, added to a frozen bicubic enlargement.

    The last convolution starts at zero, so an untrained network is exactly bicubic. The result at a pixel depends on
    input pixels within ``radius_px`` (input pixels) and on nothing else: no pooling, no normalisation.
    """

    def __init__(self, channels: int = 40, blocks: int = 4, factor: int = 2) -> None:
        super().__init__()
        self.radius_px = 1 + ResidualBlock.RADIUS * blocks + 1
        self.bicubic = BicubicUpsample(factor)
        self.head = conv3x3(3, channels)
        self.body = nn.Sequential(*[ResidualBlock(channels) for _ in range(blocks)])
        self.tail = conv3x3(channels, 3 * factor * factor)
        self.shuffle = nn.PixelShuffle(factor)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Map sRGB [N,3,H,W] in 0..1 to [N,3,factor*H,factor*W]; values may overshoot 0..1 slightly."""
        features = self.head(x)
        detail: Tensor = self.shuffle(self.tail(self.body(features) + features))
        return self.bicubic(x) + detail
