"""Cloth with stripes and checks, as a generator asks a weaver for it: where the second colour of it lies."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from engine.generation.attributes import PATTERNS
from engine.generation.condition import COLORS_AT, PATTERN_AT

PERIODS_PX = (7.0, 20.0)
DUTIES = (0.2, 0.5)  # of a period that the second colour takes
LARGEST_WARP_PX = 6.0
_SECONDS_SHARE = COLORS_AT + 6
_STRIPED, _CHECKED = (PATTERN_AT + PATTERNS.index(name) for name in ("striped", "checked"))


def woven(asked: Tensor, warp: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
    """Return how much of the second colour lies where, and whether the cloth is woven so at all: [N,1,S,S], [N,1,1,1].

    ``asked`` [N,2]: where between the periods, before a sigmoid, and whether upright, where it is positive: nothing in
    between, which would be checks, so no gradient tells of it. ``warp`` [N,2,S,S]: how far the cloth is moved down and
    across, before a hyperbolic tangent. Stripes take as much of the cloth as ``condition`` [N,CONDITION_LENGTH] says of
    its second colour.
    """
    side = int(warp.shape[-1])  # fixed in the exported file, where positions are constants then
    down = (torch.arange(side, dtype=warp.dtype, device=warp.device) - side / 2)[:, None]
    across = down.mT
    moved = LARGEST_WARP_PX * torch.tanh(warp)
    least, most = PERIODS_PX
    period = (least + (most - least) * torch.sigmoid(asked[:, 0:1]))[..., None, None]
    upright = (asked[:, 1:2] > 0).to(warp.dtype)[..., None, None]
    duty = condition[:, _SECONDS_SHARE : _SECONDS_SHARE + 1].clamp(*DUTIES)[..., None, None]
    rows = _bands(down + moved[:, 0:1], period, duty)
    columns = _bands(across + moved[:, 1:2], period, duty)
    checked = condition[:, _CHECKED : _CHECKED + 1, None, None]
    striped = condition[:, _STRIPED : _STRIPED + 1, None, None]
    stripes = rows + upright * (columns - rows)
    return striped * stripes + checked * (rows + columns) / 2, striped + checked


def _bands(along: Tensor, period: Tensor, duty: Tensor) -> Tensor:
    """Bands of a share of each period, the middle one of them at 0, their edges one pixel wide."""
    edge = torch.cos(math.pi * duty)
    slope = 2 * math.pi / period * torch.sin(math.pi * duty)  # of the cosine at a band's edge, per pixel
    return ((torch.cos(2 * math.pi / period * along) - edge) / slope + 0.5).clamp(0, 1)
