"""The generator: a product picture on white from a latent and a condition. Also the decoder of the autoencoder."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.generation.condition import CONDITION_LENGTH
from engine.generation.latents import LATENT_LENGTH
from engine.models.blocks import conv3x3
from engine.models.stages import Descent, StyledBlock, flat, leaky

SIDE_PX = 128
START_PX = 4
STYLE_LENGTH = 192
WIDTHS = (128, 96, 64, 40, 20)  # at 4, 8, 16, 32 and 64 pixels; a pixel shuffle makes the 128


class Generator(nn.Module):
    """Styled residual stages from 4×4 to 64×64 pixels, then a pixel shuffle to 128×128.

    It draws a product and how opaque it is, and lays it over white itself: so the ground is white to the code value.
    Nothing is normalised and nothing is random: a picture depends on its own vector alone.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        length = LATENT_LENGTH + CONDITION_LENGTH
        self.mapping = nn.Sequential(
            nn.Linear(length, STYLE_LENGTH), nn.LeakyReLU(0.2), nn.Linear(STYLE_LENGTH, STYLE_LENGTH), nn.LeakyReLU(0.2)
        )
        self.start = nn.Linear(STYLE_LENGTH, widths[0] * START_PX * START_PX)
        steps = pairwise((widths[0], *widths))
        self.stages = nn.ModuleList(StyledBlock(a, b, STYLE_LENGTH) for a, b in steps)
        self.tail = conv3x3(widths[-1], 4 * 4)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, vector: Tensor) -> Tensor:
        """Map [N, LATENT_LENGTH + CONDITION_LENGTH], latent first, to sRGB [N,3,128,128] in 0..1."""
        style = self.mapping(vector)
        x = leaky(self.start(style)).unflatten(1, (-1, START_PX, START_PX))
        for level, stage in enumerate(self.stages):
            x = stage(functional.interpolate(x, scale_factor=2.0, mode="nearest") if level else x, style)
        layers = torch.sigmoid(self.shuffle(self.tail(x)))
        ink, alpha = layers[:, :3], layers[:, 3:]
        picture: Tensor = 1 - alpha * ink
        return picture


class Encoder(nn.Module):
    """Where a picture of known condition lies among the latents: a Gaussian for each of their dimensions."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.descent = Descent(widths[::-1])
        features = widths[0] * START_PX * START_PX
        self.out = nn.Linear(features + CONDITION_LENGTH, 2 * LATENT_LENGTH)

    def forward(self, picture: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Map sRGB [N,3,128,128] in 0..1 and [N,CONDITION_LENGTH] to mean and log variance, [N,LATENT_LENGTH] each."""
        features = flat(self.descent(picture)[-1])
        mean, log_variance = self.out(torch.cat([features, condition], dim=1)).chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 4)


class Discriminator(nn.Module):
    """How real a picture looks, and how well it fits its condition: Miyato and Koyama's projection (2018)."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.descent = Descent(widths[::-1])
        self.features = nn.Linear(widths[0] * START_PX * START_PX, STYLE_LENGTH)
        self.real = nn.Linear(STYLE_LENGTH, 1)
        self.fitting = nn.Linear(CONDITION_LENGTH, STYLE_LENGTH, bias=False)

    def forward(self, picture: Tensor, condition: Tensor) -> Tensor:
        """Map sRGB [N,3,128,128] and [N,CONDITION_LENGTH] to a score [N], higher for what looks real."""
        features = leaky(self.features(flat(self.descent(picture)[-1])))
        fit = (self.fitting(condition) * features).sum(dim=1) / STYLE_LENGTH**0.5
        score: Tensor = self.real(features)[:, 0] + fit
        return score
