"""Building blocks shared by the networks: plain convolutions that CPUs, ONNX Runtime and TensorRT all run well."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv3x3(channels_in: int, channels_out: int) -> nn.Conv2d:
    """Return a 3×3 convolution that keeps height and width."""
    return nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1)


def conv3x3_from_zero(channels_in: int, channels_out: int) -> nn.Conv2d:
    """Return a 3×3 convolution that answers zeros before it is trained."""
    conv = conv3x3(channels_in, channels_out)
    nn.init.zeros_(conv.weight)
    nn.init.zeros_(conv.bias)  # type: ignore[arg-type]
    return conv


def halving_conv(channels_in: int, channels_out: int) -> nn.Conv2d:
    """Return a convolution to half the height and width (both even).

    It is 6×6 of stride 2: exactly a pixel-unshuffle followed by a 3×3 convolution, in one operator.
    """
    return nn.Conv2d(channels_in, channels_out, kernel_size=6, stride=2, padding=2)


class ResidualBlock(nn.Module):
    """``x + conv(relu(conv(x)))`` without normalisation: a result depends on neighbours within 2 pixels only."""

    RADIUS = 2

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv3x3(channels, channels)
        self.second = conv3x3(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] to the same shape."""
        y: Tensor = self.second(torch.relu(self.first(x)))
        return x + y


class ResidualNetwork(nn.Module):
    """A head, residual blocks with a way around them, a tail and a pixel shuffle: what a network adds to its input.

    The tail starts at zero, so an untrained network adds nothing. There is no pooling and no normalisation: what is
    added depends on input pixels within ``radius_px`` of the head's step and on nothing else.
    """

    def __init__(self, head: nn.Conv2d, blocks: int, channels_out: int, factor: int) -> None:
        """``head``: of 3×3 pixels, or `halving_conv`; ``factor``: by how much the shuffle enlarges its features."""
        super().__init__()
        self.radius_px = head.stride[0] * (1 + ResidualBlock.RADIUS * blocks + 1)
        self.head = head
        self.body = nn.Sequential(*[ResidualBlock(head.out_channels) for _ in range(blocks)])
        self.tail = conv3x3_from_zero(head.out_channels, channels_out * factor * factor)
        self.shuffle = nn.PixelShuffle(factor)

    def residual(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] to what is to be added, [N,channels_out,factor*H/stride,factor*W/stride]."""
        features = self.head(x)
        residual: Tensor = self.shuffle(self.tail(self.body(features) + features))
        return residual


class BicubicUpsample(nn.Module):
    """Bicubic enlargement (Keys 1981, a = -0.5) by a whole factor, as one frozen convolution and a pixel shuffle.

    Sample positions follow the half-pixel convention of PIL and MATLAB, so the result equals theirs away from the
    picture's border. Colour channels are enlarged independently.
    """

    RADIUS = 2

    def __init__(self, factor: int) -> None:
        super().__init__()
        self.factor = factor
        phases = torch.stack([_phase_taps((p + 0.5) / factor - 0.5) for p in range(factor)])  # [factor, 5]
        kernels = torch.einsum("py,qx->pqyx", phases, phases).reshape(factor * factor, 1, 5, 5)
        self.register_buffer("kernels", kernels.repeat(3, 1, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map RGB [N,3,H,W] to [N,3,factor*H,factor*W]."""
        kernels: Tensor = self.get_buffer("kernels")
        return nn.functional.pixel_shuffle(nn.functional.conv2d(x, kernels, padding=2, groups=3), self.factor)


def _phase_taps(offset: float) -> Tensor:
    """Return the five bicubic weights of the samples at -2..2 for a point at ``offset`` from the middle one."""
    distance = (torch.arange(-2, 3, dtype=torch.float64) - offset).abs()
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    taps = torch.where(distance <= 1, near, torch.where(distance < 2, far, torch.zeros_like(distance)))
    return taps.float()
