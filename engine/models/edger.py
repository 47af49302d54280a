"""The edger: sharpens a coarse matte with the photo it belongs to."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.models.blocks import ResidualNetwork, halving_conv


class Edger(ResidualNetwork):
    """Residual 3×3 convolutions at half resolution, which predict what the coarse matte lacks.

    What convolutions do badly, comparing colours, is done for them: the mean colours F of what the coarse matte calls
    product nearby and B of what it calls background give each pixel I its share ((I - B)·(F - B)) / |F - B|² between
    the two. This, I - F and I - B are further channels beside the photo and the coarse matte. An untrained network
    returns the coarse matte. A pixel depends on input pixels within ``radius_px`` of its 2×2 block and on nothing else.
    """

    ALIGN_PX = 2
    NEAR = 5  # half-size pixels to each side that a mean colour is of

    def __init__(self, channels: int = 32, blocks: int = 4) -> None:
        super().__init__(halving_conv(11, channels), blocks, channels_out=1, factor=2)
        self.radius_px += 2 * self.NEAR
        side = 2 * self.NEAR + 1
        self.register_buffer("halve", torch.full((8, 1, 2, 2), 0.25), persistent=False)
        self.register_buffer("along", torch.full((8, 1, 1, side), 1.0 / side), persistent=False)
        self.register_buffer("across", torch.full((8, 1, side, 1), 1.0 / side), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map sRGB and a coarse matte [N,4,H,W] in 0..1 (H and W even) to the matte [N,1,H,W] in 0..1."""
        return self.unbounded(x).clamp(0.0, 1.0)

    def unbounded(self, x: Tensor) -> Tensor:
        """Return the matte before it is cut to 0..1; training needs the slope beyond."""
        colours, coarse = x[:, :3], x[:, 3:]
        product, background = self._nearby_colours(colours, coarse)
        apart = product - background
        share = ((colours - background) * apart).sum(1, keepdim=True) / ((apart * apart).sum(1, keepdim=True) + 0.01)
        hints = [colours - product, colours - background, share.clamp(-0.5, 1.5) - 0.5]
        return coarse + self.residual(torch.cat([x - 0.5, *hints], dim=1))

    def _nearby_colours(self, colours: Tensor, coarse: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean colours of the product and of the background around each pixel, each [N,3,H,W].

        Where there is none of one of the two nearby, its colour is a middle grey.
        """
        sure, other = coarse * coarse, (1 - coarse) * (1 - coarse)
        weighed = torch.cat([colours * sure, sure, colours * other, other], dim=1)
        near = nn.functional.conv2d(weighed, self.get_buffer("halve"), stride=2, groups=8)
        near = nn.functional.conv2d(near, self.get_buffer("along"), padding=(0, self.NEAR), groups=8)
        near = nn.functional.conv2d(near, self.get_buffer("across"), padding=(self.NEAR, 0), groups=8)
        product = (near[:, :3] + 0.0005) / (near[:, 3:4] + 0.001)
        background = (near[:, 4:7] + 0.0005) / (near[:, 7:] + 0.001)
        both = nn.functional.interpolate(torch.cat([product, background], dim=1), scale_factor=2, mode="nearest")
        return both[:, :3], both[:, 3:]
