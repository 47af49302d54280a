"""The inpainter: sees a frame with a hole, smoothly prefilled, and says what to add there to make it look right."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.models.blocks import conv3x3, conv3x3_from_zero, halving_conv


class GatedConv(nn.Module):
    """A 3×3 convolution whose every output value passes a learned gate, so that invalid pixels can be shut out.

    Gated convolution: Yu et al. 2019, "Free-Form Image Inpainting with Gated Convolution", eq. 3. The gate is a 1×1
    convolution, as Yi et al. 2020 lighten it ("Contextual Residual Aggregation", section 3.3): a ninth of the cost, and
    what it has to see is in the pixel's own channels. The features' ReLU leaks: adding nothing is nearly right here, so
    plain ones died within a few hundred steps.
    """

    def __init__(self, channels_in: int, channels_out: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.feature = nn.Conv2d(channels_in, channels_out, 3, stride, padding=dilation, dilation=dilation)
        self.gate = nn.Conv2d(channels_in, channels_out, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] to [N,C',H/stride,W/stride]."""
        return nn.functional.leaky_relu(self.feature(x), 0.1) * torch.sigmoid(self.gate(x))


class GatedBlock(nn.Module):
    """``x + conv(gated(x))`` without normalisation."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.gated = GatedConv(channels, channels, dilation=dilation)
        self.second = conv3x3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] to the same shape."""
        y: Tensor = self.second(self.gated(x))
        return x + y


class Inpainter(nn.Module):
    """An encoder-decoder over four scales; most of its sight comes from the smallest, a sixteenth of the frame.

    It adds to the prefilled colours inside the hole and nothing outside. The tail starts at zero, so an untrained
    network returns the prefill.
    """

    ALIGN_PX = 16

    def __init__(
        self, channels: tuple[int, int, int, int] = (24, 48, 80, 128), dilations: tuple[int, ...] = (1, 2, 1)
    ) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = channels
        self.head = halving_conv(4, half)
        self.to_quarter = nn.Sequential(GatedConv(half, quarter, stride=2), GatedBlock(quarter))
        self.to_eighth = nn.Sequential(GatedConv(quarter, eighth, stride=2), GatedBlock(eighth))
        self.to_sixteenth = nn.Sequential(
            GatedConv(eighth, sixteenth, stride=2), *[GatedBlock(sixteenth, dilation) for dilation in dilations]
        )
        self.from_sixteenth = nn.Conv2d(sixteenth, eighth, 1)
        self.at_eighth = nn.Sequential(GatedBlock(eighth), nn.Conv2d(eighth, quarter, 1))
        self.at_quarter = nn.Sequential(GatedBlock(quarter), nn.Conv2d(quarter, half, 1))
        self.tail = conv3x3_from_zero(half, 12)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,4,H,W], sRGB and hole code in 0..1, sides multiples of 16, to sRGB [N,3,H,W]; it may overshoot."""
        half = self.head(x - 0.5)
        quarter = self.to_quarter(half)
        eighth = self.to_eighth(quarter)
        whole = enlarge(self.from_sixteenth(self.to_sixteenth(eighth)))
        eighth = enlarge(self.at_eighth(eighth + whole))
        quarter = enlarge(self.at_quarter(quarter + eighth))
        added: Tensor = self.shuffle(self.tail(half + quarter))
        inside = (4.0 * x[:, 3:]).clamp(0.0, 1.0)  # known 0, hinted 128/255, unknown 1
        return x[:, :3] + inside * added


def enlarge(x: Tensor) -> Tensor:
    """Double height and width, bilinearly."""
    return nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
