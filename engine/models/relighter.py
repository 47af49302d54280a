"""The relighter: looks at a small frame and answers with a 3D LUT that puts exposure and colour cast right.

The LUT is not free: it samples `apply_light`, a short physical model (tone curve, white-balance gains in linear light,
saturation), so it is smooth and monotone whatever the network says, though how steep is up to the network.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from engine.models.blocks import conv3x3

CURVE_DEGREE = 6
MAX_GAIN_STOPS = 3.5
MAX_SATURATION = 0.5
LUMINANCE = (0.2126, 0.7152, 0.0722)  # BT.709, linear light
PARAMETERS = 3 * CURVE_DEGREE + 3 + 1
WHITE_FROM = 0.7  # sRGB value of the darkest channel from which a colour counts as bright
MIDDLE_GREY = 0.214  # linear light of sRGB 0.5
STATISTICS = 6


class Relighter(nn.Module):
    """A small strided convolutional network and the LUT it parametrises; untrained, the LUT is the identity.

    The network sees the frame twice: as it is, and after a grey-world correction, in which exposure and cast no longer
    hide what the frame shows. The correction's own gains and the channels' bright ends go straight to the last layer,
    so that much of what a classical method knows need not be learned by convolutions.
    """

    def __init__(self, channels: tuple[int, ...] = (32, 48, 64, 96, 128), lut_steps: int = 33) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels_in, channels_out in zip((6, *channels), channels, strict=False):
            layers += [nn.Conv2d(channels_in, channels_out, kernel_size=3, stride=2, padding=1), nn.ReLU()]
        last = channels[-1]
        self.features = nn.Sequential(*layers, conv3x3(last, last), nn.ReLU())
        self.hidden = nn.Linear(2 * last + STATISTICS, last)
        self.parameters_out = nn.Linear(last + STATISTICS, PARAMETERS)
        nn.init.zeros_(self.parameters_out.weight)
        nn.init.zeros_(self.parameters_out.bias)
        axis = torch.linspace(0, 1, lut_steps)
        self.register_buffer("axis", axis.expand(1, 3, lut_steps), persistent=False)
        blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
        self.register_buffer("identity", torch.stack((red, green, blue)), persistent=False)

    def predict(self, frame: Tensor) -> Tensor:
        """Map sRGB frames [N,3,h,w] in 0..1 to light parameters [N,PARAMETERS]; zeros mean: leave it alone."""
        linear = decode_srgb(frame)
        means = linear.mean(dim=(2, 3), keepdim=True) + 1e-3
        features = self.features(torch.cat([frame, encode_srgb(linear * (MIDDLE_GREY / means))], dim=1) - 0.5)
        statistics = torch.cat([torch.log(means / MIDDLE_GREY).flatten(1), bright_ends(linear)], dim=1)
        pooled = torch.cat([features.mean(dim=(2, 3)), features.amax(dim=(2, 3)), statistics], dim=1)
        parameters: Tensor = self.parameters_out(torch.cat([torch.relu(self.hidden(pooled)), statistics], dim=1))
        return parameters

    def forward(self, frame: Tensor) -> Tensor:
        """Map sRGB frames [N,3,h,w] in 0..1 to LUTs [N,3,S,S,S] in 0..1, indexed [channel, b, g, r]."""
        parameters, axis = self.predict(frame), self.get_buffer("axis")
        red, green, blue = relight_channels(parameters, axis).unsqueeze(1).split(1, dim=2)  # each [N,1,1,S]
        channels = (red.unsqueeze(2), green.unsqueeze(2).transpose(3, 4), blue.unsqueeze(2).transpose(2, 4))
        return hold_white(self.get_buffer("identity").unsqueeze(0), torch.cat(saturate(parameters, channels), dim=1))


def bright_ends(linear: Tensor) -> Tensor:
    """Return the logarithm of each channel's power mean of order 6, [N,3]: near its maximum, but steadier."""
    return torch.log((linear**6).mean(dim=(2, 3)) + 1e-12) / 6


def apply_light(parameters: Tensor, rgb: Tensor) -> Tensor:
    """Apply light parameters [N,PARAMETERS] to sRGB colours [N,3,H,W] in 0..1; the result is in 0..1.

    In order: a monotone tone curve per channel, gains in linear light (exposure and white balance together), a change
    of saturation about the luminance; what was white stays white. Every step is monotone in its own channel, and zero
    parameters change nothing.
    """
    red, green, blue = relight_channels(parameters, rgb).split(1, dim=1)
    return hold_white(rgb, torch.cat(saturate(parameters, (red, green, blue)), dim=1))


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
