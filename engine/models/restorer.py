"""The restorer: takes noise, JPEG artefacts and mild blur out of a photo, blindly."""

from __future__ import annotations

from torch import Tensor, nn

from engine.models.blocks import ResidualBlock, conv3x3


class Restorer(nn.Module):
    """Residual 3×3 convolutions at half resolution, which predict what to take away from the photo.

    The head, a 6×6 convolution of stride 2, is exactly a pixel-unshuffle followed by a 3×3 convolution, in one
    operator. The tail starts at zero, so an untrained network returns its input. A pixel depends on input pixels
    within ``radius_px`` of its 2×2 block and on nothing else.
    """

    ALIGN_PX = 2

    def __init__(self, channels: int = 48, blocks: int = 4) -> None:
        super().__init__()
        self.radius_px = 2 * (1 + ResidualBlock.RADIUS * blocks + 1)
        self.head = nn.Conv2d(3, channels, kernel_size=6, stride=2, padding=2)
        self.body = nn.Sequential(*[ResidualBlock(channels) for _ in range(blocks)])
        self.tail = conv3x3(channels, 12)
        self.shuffle = nn.PixelShuffle(2)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Map sRGB [N,3,H,W] in 0..1 (H and W even) to the same shape; values may overshoot 0..1 slightly."""
        features = self.head(x)
        fault: Tensor = self.shuffle(self.tail(self.body(features) + features))
        return x + fault
