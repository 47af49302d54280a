"""The ×2 upscaler: learns what bicubic enlargement loses, at low resolution throughout."""

from __future__ import annotations

from torch import Tensor

from engine.models.blocks import BicubicUpsample, ResidualNetwork, conv3x3


class Upscaler(ResidualNetwork):
    """Residual 3×3 convolutions at the input's resolution and a pixel shuffle, added to a frozen bicubic enlargement.

    An untrained network is exactly bicubic. The result at a pixel depends on input pixels within ``radius_px`` (input
    pixels) and on nothing else.
    """

    def __init__(self, channels: int = 40, blocks: int = 4, factor: int = 2) -> None:
        super().__init__(conv3x3(3, channels), blocks, channels_out=3, factor=factor)
        self.bicubic = BicubicUpsample(factor)

    def forward(self, x: Tensor) -> Tensor:
        """Map sRGB [N,3,H,W] in 0..1 to [N,3,factor*H,factor*W]; values may overshoot 0..1 slightly."""
        detail = self.residual(x)
        enlarged: Tensor = self.bicubic(x)
        return enlarged + detail
