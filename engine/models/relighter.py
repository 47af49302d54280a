"""The relighter: looks at a small frame and answers with a 3D LUT and a smooth map of local light.

Neither is free: the LUT samples `light.apply_light`, a short physical model, and the map is a coarse grid of gains that
a B-spline enlarges; so both are smooth and monotone whatever the network says. A confidence scales each of them, so
that where the network sees no fault it can say so in one number.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from engine.models.blocks import ResidualBlock, conv3x3
from engine.models.colour_statistics import (
    HISTOGRAMS,
    LOCAL_STATISTICS,
    MIDDLE_GREY,
    SIMPLE,
    bright_ends,
    channel_means,
    histograms,
    local_statistics,
    simple_statistics,
)
from engine.models.light import PARAMETERS, decode_srgb, hold_white, relight_channels, saturate

MAP_SIDE = 12
SHRUNK = 8  # how many pixels of the frame, along each side, are one place of the map
LOCAL = 4 + LOCAL_STATISTICS
LIFT_STOPS = 2.0  # the most that a place is lit up
FALL_STOPS = 0.35  # the most that a place is darkened: nearly white places are stretched where they are darkened
SURENESS = 4.0  # how steep the confidence is in what the network says of it
TINGE_STOPS = 1.4  # the most that a place's warmth or tint is moved


class Relighter(nn.Module):
    """A small strided convolutional network; untrained, what it answers changes nothing.

    The network sees the frame three times: as it is, after a grey-world correction and with its bright ends made white,
    in which exposure and cast no longer hide what the frame shows. The corrections' own gains, the frame's extremes and
    its histograms go to the last layers, so that what classical methods know need not be learned by convolutions.
    """

    def __init__(self, channels: tuple[int, ...] = (24, 48, 96, 128, 192), lut_steps: int = 33) -> None:
        super().__init__()
        first, second, third, fourth, last = channels
        self.near = nn.Sequential(_shrink(9, first), _shrink(first, second), _shrink(second, third))
        self.middle = nn.Sequential(_shrink(third, fourth), ResidualBlock(fourth), nn.ReLU())
        self.far = nn.Sequential(_shrink(fourth, last), conv3x3(last, last), nn.ReLU())
        self.histogram = nn.Sequential(nn.Linear(HISTOGRAMS, 64), nn.ReLU())
        self.hidden = nn.Linear(2 * last + fourth + 64 + SIMPLE, last)
        self.light = nn.Linear(last + SIMPLE, PARAMETERS)
        self.confidence = nn.Linear(last, 2)
        self.map_near, self.map_middle = nn.Conv2d(third + LOCAL, 48, 1), nn.Conv2d(fourth, 48, 1)
        self.map_global = nn.Linear(last, 48)
        self.map_out = nn.Sequential(nn.ReLU(), conv3x3(48, 48), nn.ReLU(), conv3x3(48, 32), nn.ReLU(), conv3x3(32, 3))
        steps = (torch.arange(MAP_SIDE) + 0.5) / MAP_SIDE - 0.5
        down, across = torch.meshgrid(steps, steps, indexing="ij")
        self.register_buffer("places", torch.stack((across, down, across**2, down**2))[None], persistent=False)
        for layer in (self.light, self.map_out[-1]):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)
        axis = torch.linspace(0, 1, lut_steps)
        self.register_buffer("axis", axis.expand(1, 3, lut_steps), persistent=False)
        blue, green, red = torch.meshgrid(axis, axis, axis, indexing="ij")
        self.register_buffer("identity", torch.stack((red, green, blue)), persistent=False)

    def predict(self, frame: Tensor) -> tuple[Tensor, Tensor]:
        """Map sRGB frames [N,3,h,w] in 0..1, h and w MAP_SIDE * 8, to light parameters and a map of local stops.

        They are [N,PARAMETERS] and [N,3,MAP_SIDE,MAP_SIDE]; zeros mean: leave it alone.
        """
        linear = decode_srgb(frame)
        means, ends = channel_means(linear), bright_ends(linear)
        views = [frame, *(torch.sqrt((linear * gain).clamp(0, 1)) for gain in (MIDDLE_GREY / means, 1 / ends))]
        near = self.near(torch.cat(views, dim=1) - 0.5)
        middle = self.middle(near)
        far, statistics = self.far(middle), simple_statistics(frame, linear)
        pooled = [far.mean(dim=(2, 3)), far.amax(dim=(2, 3)), middle.mean(dim=(2, 3))]
        seen = torch.cat([*pooled, self.histogram(histograms(frame, linear)), statistics], dim=1)
        hidden = torch.relu(self.hidden(seen))
        sure = torch.sigmoid(SURENESS * self.confidence(hidden) + 1)
        parameters = sure[:, :1] * self.light(torch.cat([hidden, statistics], dim=1))
        local = torch.cat([near, self._local(linear)], dim=1)
        return parameters, sure[:, 1:, None, None] * self._map(local, middle, hidden)

    def forward(self, frame: Tensor) -> Tensor:
        """Map sRGB frames to [N, 3 S³ + 3 MAP_SIDE²]: what `engine.pixels.light` applies at full size.

        First what is added to the identity LUT [3,S,S,S], indexed [channel, b, g, r]; then the map of stops
        [3,MAP_SIDE,MAP_SIDE] (log2 of gains in linear light), for after the LUT. Zeros change nothing.
        """
        parameters, stops = self.predict(frame)
        red, green, blue = relight_channels(parameters, self.get_buffer("axis")).unsqueeze(1).split(1, dim=2)
        channels = (red.unsqueeze(2), green.unsqueeze(2).transpose(3, 4), blue.unsqueeze(2).transpose(2, 4))
        relit = torch.cat(saturate(parameters, channels), dim=1)
        identity = self.get_buffer("identity").unsqueeze(0)
        return torch.cat([(hold_white(identity, relit) - identity).flatten(1), stops.flatten(1)], dim=1)

    def _local(self, linear: Tensor) -> Tensor:
        """Return where each place of the map is, and how it differs in light and colour, [N,LOCAL,h,w]."""
        places = self.get_buffer("places")
        return torch.cat([places.expand(linear.shape[0], -1, -1, -1), local_statistics(linear, SHRUNK)], dim=1)

    def _map(self, near: Tensor, middle: Tensor, hidden: Tensor) -> Tensor:
        enlarged = nn.functional.interpolate(self.map_middle(middle), scale_factor=2, mode="nearest")
        everywhere = self.map_global(hidden)[:, :, None, None]
        lift, warmth, tint = self.map_out(self.map_near(near) + enlarged + everywhere).split(1, dim=1)
        lift = torch.where(lift > 0, _limited(lift, LIFT_STOPS), _limited(lift, FALL_STOPS))
        warmth, tint = (_limited(tinge, TINGE_STOPS) for tinge in (warmth, tint))
        return torch.cat([lift + warmth / 2 - tint / 3, lift + 2 * tint / 3, lift - warmth / 2 - tint / 3], dim=1)


def _shrink(channels_in: int, channels_out: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels_in, channels_out, kernel_size=3, stride=2, padding=1), nn.ReLU())


def _limited(stops: Tensor, most: float) -> Tensor:
    return most * torch.tanh(stops / most)
