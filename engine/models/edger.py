"""The edger: sharpens a coarse matte with the photo it belongs to."""

from __future__ import annotations

from torch import Tensor, nn

from engine.models.blocks import ResidualBlock, conv3x3


class Edger(nn.Module):
    """Residual 3×3 convolutions at half resolution, which predict what the coarse matte lacks.

    Built as the restorer is: a 6×6 head of stride 2, a tail that starts at zero, a pixel shuffle. The colours are
    centred, so that dark and bright photos are alike to it. A pixel depends on input pixels within ``radius_px`` of
    its 2×2 block and on nothing else.
    """

    ALIGN_PX = 2

    def __init__(self, channels: int = 32, blocks: int = 4) -> None:
        super().__init__()
        self.radius_px = 2 * (1 + ResidualBlock.RADIUS * blocks + 1)
        self.head = nn.Conv2d(4, channels, kernel_size=6, stride=2, padding=2)
        self.body = nn.Sequential(*[ResidualBlock(channels) for _ in range(blocks)])
        self.tail = conv3x3(channels, 4)
        self.shuffle = nn.PixelShuffle(2)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Map sRGB and a coarse matte [N,4,H,W] in 0..1 (H and W even) to the matte [N,1,H,W] in 0..1."""
        return self.unbounded(x).clamp(0.0, 1.0)

    def unbounded(self, x: Tensor) -> Tensor:
        """Return the matte before it is cut to 0..1; training needs the slope beyond."""
        features = self.head(x - 0.5)
        change: Tensor = self.shuffle(self.tail(self.body(features) + features))
        return x[:, 3:] + change
