"""Building blocks shared by the networks: plain convolutions that CPUs, ONNX Runtime and TensorRT all run well."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def conv3x3(channels_in: int, channels_out: int) -> nn.Conv2d:
    """Return a 3×3 convolution that keeps height and width."""
    return nn.Conv2d(channels_in, channels_out, kernel_size=3, padding=1)


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
