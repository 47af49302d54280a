"""The losses of the cutout networks."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

EDGE_WEIGHT = 3.0
SIDE_WEIGHT = 0.25
DOUBT_WEIGHT = 2.0
SLOPE_WEIGHT = 0.5


def matte_loss(logits: list[Tensor], alpha: Tensor) -> Tensor:
    """Return cross-entropy plus soft IoU of the finest matte, and a quarter of the same of each coarser one.

    ``logits``: finest first, [N,1,H,W] and smaller; ``alpha`` [N,1,H,W] in 0..1. Pixels near an edge weigh up to
    1 + `EDGE_WEIGHT`; a coarser matte learns the area mean.
    """
    loss = _weighted(logits[0], alpha) + soft_iou_loss(logits[0], alpha)
    for side in logits[1:]:
        coarse = functional.adaptive_avg_pool2d(alpha, side.shape[-2:])
        loss = loss + SIDE_WEIGHT * (_entropy(side, coarse).mean() + soft_iou_loss(side, coarse))
    return loss


def soft_iou_loss(logits: Tensor, alpha: Tensor) -> Tensor:
    """Return 1 - Σ p·a / Σ (p + a - p·a), a soft intersection over union, averaged over the pictures."""
    guess = torch.sigmoid(logits)
    both = (guess * alpha).sum(dim=(1, 2, 3))
    either = (guess + alpha - guess * alpha).sum(dim=(1, 2, 3))
    return (1 - (both + 1) / (either + 1)).mean()


def _weighted(logits: Tensor, alpha: Tensor) -> Tensor:
    reach = max(3, alpha.shape[-1] // 24 // 2 * 2 + 1)
    near = functional.avg_pool2d(alpha, reach, stride=1, padding=reach // 2, count_include_pad=False)
    weight = 1 + EDGE_WEIGHT * 2 * (near - alpha).abs().clamp(max=0.5)
    return (_entropy(logits, alpha) * weight).sum() / weight.sum()


def _entropy(logits: Tensor, alpha: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(logits, alpha, reduction="none")


def edge_loss(matte: Tensor, alpha: Tensor) -> Tensor:
    """Return the absolute error of a matte [N,1,H,W] and of its slopes; doubtful places weigh `DOUBT_WEIGHT` more.

    The matte is not yet cut to 0..1: beyond it an error counts where the truth lies inside, and does not where the cut
    will mend it.
    """
    over = torch.where(
        alpha >= 1, torch.minimum(matte, alpha), torch.where(alpha <= 0, torch.maximum(matte, alpha), matte)
    )
    doubt = ((alpha > 0.02) & (alpha < 0.98)).float()
    weight = 1 + DOUBT_WEIGHT * functional.max_pool2d(doubt, 5, stride=1, padding=2)
    error = ((over - alpha).abs() * weight).sum() / weight.sum()
    slopes = [(torch.diff(over, dim=dim) - torch.diff(alpha, dim=dim)).abs().mean() for dim in (2, 3)]
    return error + SLOPE_WEIGHT * (slopes[0] + slopes[1])
