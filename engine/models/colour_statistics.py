"""What classical colour constancy looks at, as inputs of a network: means, bright ends and histograms of a frame.

The histogram of log-chroma is that of convolutional colour constancy (Barron 2015): there a cast is a mere shift.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.models.light import LUMINANCE

MIDDLE_GREY = 0.214  # linear light of sRGB 0.5
DARKEST = 2e-3  # of linear light, added before logarithms: half an 8-bit level in the dark
LEVEL_BINS = 24
CHROMA_BINS = 16
CHROMA_STOPS = 2.6  # the histogram of log-chroma spans this much on either side of grey
HISTOGRAM_STRIDE = 2
SIMPLE = 12
LOCAL_STATISTICS = 4
HISTOGRAMS = 3 * LEVEL_BINS + CHROMA_BINS**2


def channel_means(linear: Tensor) -> Tensor:
    """Return the means [N,3,1,1] of linear light [N,3,H,W], never zero."""
    return linear.mean(dim=(2, 3), keepdim=True) + 1e-3


def bright_ends(linear: Tensor) -> Tensor:
    """Return each channel's power mean of order 6, [N,3,1,1]: near its maximum, but steadier."""
    cube = linear * linear * linear
    return ((cube * cube).mean(dim=(2, 3), keepdim=True) + 1e-12) ** (1 / 6)


def simple_statistics(frame: Tensor, linear: Tensor) -> Tensor:
    """Return logarithms of means and bright ends, the extremes' sRGB values, [N,SIMPLE]."""
    logarithms = torch.log(torch.cat([channel_means(linear) / MIDDLE_GREY, bright_ends(linear)], dim=1)).flatten(1)
    return torch.cat([logarithms, frame.amax(dim=(2, 3)) - 0.9, frame.amin(dim=(2, 3))], dim=1)


def local_statistics(linear: Tensor, side_px: int) -> Tensor:
    """Return how each square of ``side_px`` differs from the whole picture, [N,LOCAL_STATISTICS,H/side,W/side].

    In stops: its mean light, the brightest mean among it and its neighbours, red and blue against green.
    """
    light = torch.log2(nn.functional.avg_pool2d(linear, side_px) + DARKEST)
    red, green, blue = light.split(1, dim=1)
    brightest = nn.functional.max_pool2d(green, 5, stride=1, padding=2)
    seen = torch.cat([green, brightest, red - green, blue - green], dim=1)
    return seen - seen.mean(dim=(2, 3), keepdim=True)


def histograms(frame: Tensor, linear: Tensor) -> Tensor:
    """Return soft histograms [N,HISTOGRAMS] of every channel's sRGB values and of the log-chroma of bright pixels."""
    sparse = (slice(None), slice(None), slice(None, None, HISTOGRAM_STRIDE), slice(None, None, HISTOGRAM_STRIDE))
    levels = soft_bins(frame[sparse].flatten(2), 0.0, 1.0, LEVEL_BINS).mean(dim=2)
    light = linear[sparse].flatten(2)
    red, green, blue = torch.log2(light + DARKEST).split(1, dim=1)
    weight = sum((share * light[:, i : i + 1] for i, share in enumerate(LUMINANCE)), torch.zeros(())) ** 0.5
    across, down = (
        soft_bins(difference[:, 0], -CHROMA_STOPS, CHROMA_STOPS, CHROMA_BINS)
        for difference in (red - green, blue - green)
    )
    chroma = (across * weight.transpose(1, 2)).transpose(1, 2) @ down / (weight.sum(dim=2, keepdim=True) + 1e-3)
    return torch.sqrt(torch.cat([levels.flatten(1), chroma.flatten(1)], dim=1) + 1e-5)


def soft_bins(values: Tensor, low: float, high: float, count: int) -> Tensor:
    """Return each value's shares [...,count] in bins whose middles span low..high; what lies outside joins the ends."""
    middles = torch.arange(count, dtype=values.dtype, device=values.device)
    position = ((values - low) / (high - low) * (count - 1)).clamp(0, count - 1)
    return torch.relu(1 - (position.unsqueeze(-1) - middles).abs())
