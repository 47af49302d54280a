"""The losses: Charbonnier for pixels, PSNR for pixels and their colour, a perceptual colour difference for light."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.models.light import decode_srgb

_SRGB_TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
_RGB_TO_CHROMA = ((-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
_WHITE_D65 = (0.95047, 1.0, 1.08883)
FAINT = 5 / 255  # an error that few see


def charbonnier(output: Tensor, target: Tensor, epsilon: float = 1e-3) -> Tensor:
    """Return the mean of sqrt(d² + ε²): an L1 loss that is smooth at zero. Values in 0..1."""
    return torch.sqrt((output - target) ** 2 + epsilon**2).mean()


def decibels(output: Tensor, target: Tensor, chroma_weight: float) -> Tensor:
    """Return the mean over a batch [N,3,H,W] of the logarithm of each picture's squared error, a hundredth of it.

    That is PSNR as a loss: a smooth picture that keeps a little noise counts as much as a textured one that loses much.
    Squared errors of the chroma planes (BT.601 Cb, Cr) are added ``chroma_weight`` times: an error of colour alone is
    small in RGB, so fine coloured patterns would fade first. Well below `FAINT` little is gained.
    """
    squares = ((output - target) ** 2).mean(dim=(1, 2, 3))
    of_chroma = ((_chroma(output) - _chroma(target)) ** 2).mean(dim=(1, 2, 3))
    return 0.01 * torch.log(squares + chroma_weight * of_chroma + FAINT**2).mean()


def colour_difference(output: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Return the weighted mean CIE94 difference of sRGB [N,3,...] in 0..1, weights [N,1,...].

    CIE94 weighs chroma and hue by the target's chroma, close to ΔE2000 but without its discontinuities, whose gradients
    would be useless.
    """
    first, second = to_lab(output), to_lab(target)
    delta = first - second
    chroma_first = torch.sqrt((first[:, 1:] ** 2).sum(dim=1) + 1e-6)
    chroma_second = torch.sqrt((second[:, 1:] ** 2).sum(dim=1) + 1e-6)
    d_chroma = (chroma_first - chroma_second) ** 2
    d_hue = ((delta[:, 1:] ** 2).sum(dim=1) - d_chroma).clamp(min=0.0)
    scaled = d_chroma / (1 + 0.045 * chroma_second) ** 2 + d_hue / (1 + 0.015 * chroma_second) ** 2
    difference = torch.sqrt(delta[:, 0] ** 2 + scaled + 0.01)
    return (difference.unsqueeze(1) * weights).sum() / weights.sum()


def to_lab(rgb: Tensor) -> Tensor:
    """Turn sRGB [N,3,...] in 0..1 into CIE Lab (D65) of the same shape; gradients stay finite at black."""
    matrix = torch.tensor(_SRGB_TO_XYZ) / torch.tensor(_WHITE_D65).unsqueeze(1)
    xyz = torch.einsum("ij,nj...->ni...", matrix, decode_srgb(rgb))
    delta = 6.0 / 29.0
    cube_root = xyz.clamp(min=delta**3) ** (1 / 3)
    f = torch.where(xyz > delta**3, cube_root, xyz / (3 * delta**2) + 4.0 / 29.0)
    x, y, z = f.unbind(dim=1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def _chroma(rgb: Tensor) -> Tensor:
    return torch.einsum("ij,njhw->nihw", torch.tensor(_RGB_TO_CHROMA), rgb)
