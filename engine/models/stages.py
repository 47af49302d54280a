"""What the generator, its encoder and its critics are built of: residual stages that halve or double the picture."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.models.blocks import conv3x3, conv3x3_from_zero, halving_conv

SLOPE = 0.2


def leaky(x: Tensor) -> Tensor:
    """Return the leaky rectifier of slope `SLOPE`."""
    return functional.leaky_relu(x, SLOPE)


class StyledBlock(nn.Module):
    """Two 3×3 convolutions, each channel scaled and shifted by a style, added to the (1×1 adapted) input.

    The second convolution starts at zero, so that an untrained block is its 1×1 way around.
    """

    def __init__(self, channels_in: int, channels_out: int, style: int) -> None:
        super().__init__()
        self.first = conv3x3(channels_in, channels_out)
        self.second = conv3x3_from_zero(channels_out, channels_out)
        self.skip = nn.Conv2d(channels_in, channels_out, kernel_size=1, bias=False)
        self.style = nn.Linear(style, 4 * channels_out)
        nn.init.zeros_(self.style.weight)
        nn.init.zeros_(self.style.bias)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """Map [N,channels_in,H,W] and [N,S] to [N,channels_out,H,W]."""
        scale1, shift1, scale2, shift2 = self.style(style)[:, :, None, None].chunk(4, dim=1)
        y = leaky(self.first(x) * (1 + scale1) + shift1)
        y = leaky(self.second(y) * (1 + scale2) + shift2)
        added: Tensor = self.skip(x) + y
        return added


class PlainBlock(nn.Module):
    """``x + conv(leaky(conv(x)))``, with batch normalisation where asked for."""

    def __init__(self, channels: int, *, normalised: bool = False) -> None:
        super().__init__()
        self.first = conv3x3(channels, channels)
        self.second = conv3x3(channels, channels)
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) if normalised else nn.Identity() for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] to the same shape."""
        y: Tensor = self.norms[1](self.second(leaky(self.norms[0](self.first(x)))))
        return x + y


class Descent(nn.Module):
    """From a picture to features of a thirty-second of its size, one level after the other.

    The finest level has no residual block: it would cost as much as all others together.
    """

    def __init__(self, widths: tuple[int, ...], *, normalised: bool = False) -> None:
        super().__init__()
        self.head = halving_conv(3, widths[0])
        self.stages = nn.ModuleList(PlainBlock(width, normalised=normalised) for width in widths[1:])
        self.downs = nn.ModuleList(nn.Conv2d(a, b, kernel_size=3, stride=2, padding=1) for a, b in pairwise(widths))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map sRGB [N,3,S,S] in 0..1 to the features of every level, [N,widths[i],S/2^(i+1),S/2^(i+1)]."""
        levels = [self.head(2 * x - 1)]
        for down, stage in zip(self.downs, self.stages, strict=True):
            levels.append(stage(down(leaky(levels[-1]))))
        return levels


def flat(features: Tensor) -> Tensor:
    """Return features [N,C,h,w] as [N,C·h·w], rectified."""
    return torch.flatten(leaky(features), start_dim=1)
