"""The restorer: takes noise, JPEG artefacts and mild blur out of a photo whose noise level it is told."""

from __future__ import annotations

from torch import Tensor, nn

from engine.models.blocks import ResidualBlock, conv3x3_from_zero, halving_conv


class Restorer(nn.Module):
    """Residual 3×3 convolutions at half and at quarter resolution, which predict what to take away from the photo.

    Beside the photo it sees the noise level of the whole (`engine/pixels/noise.py`), so that it need not take a cloth's
    own grain for noise. An untrained network returns the photo. A pixel depends on input pixels within ``radius_px`` of
    its 4×4 block and on nothing else: there is no pooling and no normalisation.
    """

    ALIGN_PX = 4

    def __init__(self, channels: int = 48, wide_blocks: int = 3) -> None:
        """``wide_blocks``: how many residual blocks the quarter level has, of twice as many channels."""
        super().__init__()
        after = 1 + ResidualBlock.RADIUS  # tail and last block, at half resolution
        quarters = (after + 1) // 2 + ResidualBlock.RADIUS * wide_blocks
        self.radius_px = 2 * (2 * quarters + ResidualBlock.RADIUS + 1)
        self.head = halving_conv(4, channels)
        self.body = nn.Sequential(ResidualBlock(channels), QuarterLevel(channels, wide_blocks), ResidualBlock(channels))
        self.tail = conv3x3_from_zero(channels, 3 * 4)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """Map sRGB and a noise level [N,4,H,W] in 0..1 to sRGB [N,3,H,W]; values may overshoot 0..1 slightly.

        H and W are multiples of 4.
        """
        features = self.head(x)
        residual: Tensor = self.shuffle(self.tail(self.body(features) + features))
        return x[:, :3] + residual


class QuarterLevel(nn.Module):
    """Residual blocks at half the height and width of their input and with twice its channels, added to it."""

    def __init__(self, channels: int, blocks: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(channels, 2 * channels, kernel_size=2, stride=2)
        self.blocks = nn.Sequential(*[ResidualBlock(2 * channels) for _ in range(blocks)])
        self.up = nn.Conv2d(2 * channels, 4 * channels, kernel_size=1)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] (H and W even) to the same shape."""
        added: Tensor = self.shuffle(self.up(self.blocks(self.down(x))))
        return x + added
