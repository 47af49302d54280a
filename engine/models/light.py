"""Light as torch sees it: a tone curve, gains and a saturation for the whole picture, and a smooth local gain.

Every step is monotone in its own channel whatever the numbers say, and zeros change nothing. `engine.pixels.light` and
`engine.kernels.relight` are the same at full size.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

CURVE_DEGREE = 6
MAX_GAIN_STOPS = 3.5
MAX_SATURATION = 0.5
LUMINANCE = (0.2126, 0.7152, 0.0722)  # BT.709, linear light
PARAMETERS = 3 * CURVE_DEGREE + 3 + 1
WHITE_FROM = 0.7  # sRGB value of the darkest channel from which a colour counts as bright


def apply_light(parameters: Tensor, rgb: Tensor) -> Tensor:
    """Apply light parameters [N,PARAMETERS] to sRGB colours [N,3,H,W] in 0..1; the result is in 0..1.

    In order: a monotone tone curve per channel, gains in linear light (exposure and white balance together), a change
    of saturation about the luminance; what was white stays white. Every step is monotone in its own channel, and zero
    parameters change nothing.
    """
    red, green, blue = relight_channels(parameters, rgb).split(1, dim=1)
    return hold_white(rgb, torch.cat(saturate(parameters, (red, green, blue)), dim=1))


def brighten(linear: Tensor, stops: Tensor) -> Tensor:
    """Multiply linear light in 0..1 by 2^stops where it is dark, and less towards white, which stays white.

    With g = 2^stops: y = g x / (1 + (g^4 - 1) x^4)^(1/4), that is, y^-4 - 1 = (x^-4 - 1) / g^4. So gains follow one
    another as their product does, -stops undoes stops, nothing clips, and the slope at white is g^-4.
    """
    gain = torch.exp2(stops)
    gain4, linear4 = (torch.square(torch.square(value)) for value in (gain, linear))
    return gain * linear / torch.sqrt(torch.sqrt(1 + (gain4 - 1) * linear4))


def spline_weights(knots: int, samples: int) -> Tensor:
    """Return the weights [samples, knots] of a uniform cubic B-spline, sampled at the middles of equal steps.

    Knot k lies at (k + 0.5) / knots of the length; beyond the ends the last knot goes on. A B-spline stays within its
    knots' values and has two continuous derivatives, so that neither edges nor blocks of it can be seen.
    """
    position = (torch.arange(samples, dtype=torch.float64) + 0.5) * knots / samples - 0.5
    cell = position.floor()
    t = position - cell
    taps = ((1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3)
    weights = torch.zeros(samples, knots, dtype=torch.float64)
    for offset, tap in zip((-1, 0, 1, 2), taps, strict=True):
        index = (cell.long() + offset).clamp(0, knots - 1)
        weights.scatter_add_(1, index.unsqueeze(1), tap.unsqueeze(1) / 6)
    return weights.float()


def hold_white(rgb: Tensor, relit: Tensor) -> Tensor:
    """Keep bright sRGB colours [N,3,...] from getting darker: a shop's white ground must not turn grey.

    The share that is held rises smoothly from 0, where the darkest channel is at WHITE_FROM, to 1 at white. The rise is
    this long because what was darkened has to be caught up in it: a steep one turns the JPEG blocks of a nearly white
    ground, a level or two apart, into visible steps.
    """
    share = ((rgb.amin(dim=1, keepdim=True) - WHITE_FROM) / (1 - WHITE_FROM)).clamp(0, 1)
    return relit + share * share * (3 - 2 * share) * torch.relu(rgb - relit)


def relight_channels(parameters: Tensor, encoded: Tensor) -> Tensor:
    """Apply curves and gains to sRGB values [N or 1, 3, ...] channel by channel; return unclipped linear light."""
    toned = bernstein_curve(parameters[:, : 3 * CURVE_DEGREE].reshape(-1, 3, CURVE_DEGREE), encoded)
    limit = MAX_GAIN_STOPS * math.log(2)
    gains = torch.exp(limit * torch.tanh(parameters[:, 3 * CURVE_DEGREE : -1] / limit))
    return decode_srgb(toned) * gains.reshape(-1, 3, *[1] * (encoded.dim() - 2))


def saturate(parameters: Tensor, linear: tuple[Tensor, Tensor, Tensor]) -> list[Tensor]:
    """Move linear channels, which broadcast to one [N,1,...], away from or to their luminance; encode them."""
    amount = (MAX_SATURATION * torch.tanh(parameters[:, -1])).reshape(-1, *[1] * (linear[0].dim() - 1))
    luminance = sum((weight * channel for weight, channel in zip(LUMINANCE, linear, strict=True)), torch.zeros(()))
    return [encode_srgb(channel + amount * (channel - luminance)) for channel in linear]


def bernstein_curve(logits: Tensor, x: Tensor) -> Tensor:
    """Evaluate monotone polynomial curves, logits [N,3,D], at x [N or 1, 3, ...] in 0..1.

    A polynomial in Bernstein form whose coefficients rise is itself monotone; cumulated softmax makes them rise from 0
    to 1, and equal logits give the identity.
    """
    degree = logits.shape[2]
    rises = torch.softmax(logits, dim=2)
    powers, complements = [torch.ones_like(x)], [torch.ones_like(x)]
    for _ in range(degree):
        powers.append(powers[-1] * x)
        complements.append(complements[-1] * (1 - x))
    shape = (-1, 3, *[1] * (x.dim() - 2))
    coefficient = torch.zeros_like(rises[:, :, 0])
    curve = torch.zeros_like(x)
    for k in range(1, degree + 1):
        coefficient = coefficient + rises[:, :, k - 1]
        curve = curve + coefficient.reshape(shape) * (math.comb(degree, k) * powers[k] * complements[degree - k])
    return curve


def decode_srgb(encoded: Tensor) -> Tensor:
    """Turn sRGB values in 0..1 into linear light (IEC 61966-2-1)."""
    power = ((encoded.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(encoded <= 0.04045, encoded / 12.92, power)


def encode_srgb(linear: Tensor) -> Tensor:
    """Clip linear light to 0..1 and encode it as sRGB; gradients stay finite at black."""
    clipped = linear.clamp(0.0, 1.0)
    power = 1.055 * clipped.clamp(min=0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(clipped <= 0.0031308, clipped * 12.92, power)
