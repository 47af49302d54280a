"""The restorer: takes noise, JPEG artefacts and mild blur out of a photo, blindly."""

from __future__ import annotations

from torch import Tensor

from engine.models.blocks import ResidualNetwork, halving_conv


class Restorer(ResidualNetwork):
    """Residual 3×3 convolutions at half resolution, which predict what to take away from the photo.

    An untrained network returns its input. A pixel depends on input pixels within ``radius_px`` of its 2×2 block and
    on nothing else.
    """

    ALIGN_PX = 2

    def __init__(self, channels: int = 48, blocks: int = 4) -> None:
        super().__init__(halving_conv(3, channels), blocks, channels_out=3, factor=2)

    def forward(self, x: Tensor) -> Tensor:
        """Map sRGB [N,3,H,W] in 0..1 (H and W even) to the same shape; values may overshoot 0..1 slightly."""
        return x + self.residual(x)
