"""The networks of the field's first papers, to compare ours with; they take and give what ours do.

Each is told the condition by concatenation alone (Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014;
for convolutions at their coarsest level, as Reed et al. did in 2016), as nothing better was known then.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from engine.generation.condition import CONDITION_LENGTH
from engine.generation.latents import LATENT_LENGTH
from engine.models.generator import SIDE_PX, START_PX
from engine.models.stages import leaky

VALUES = 3 * SIDE_PX * SIDE_PX
HIDDEN = 128
MAXOUT_PIECES = 2
WIDTHS = (256, 128, 64, 32, 16)  # at 4, 8, 16, 32 and 64 pixels


class DenseGenerator(nn.Sequential):
    """Goodfellow et al. 2014: rectified dense layers, then a sigmoid for every value of the picture."""

    def __init__(self, hidden: int = HIDDEN) -> None:
        super().__init__(
            *(nn.Linear(LATENT_LENGTH + CONDITION_LENGTH, hidden), nn.ReLU()),
            *(nn.Linear(hidden, hidden), nn.ReLU()),
            *(nn.Linear(hidden, VALUES), nn.Sigmoid()),
            nn.Unflatten(1, (3, SIDE_PX, SIDE_PX)),
        )


class DenseCritic(nn.Module):
    """Goodfellow et al. 2014: dense layers of maxout units with dropout."""

    def __init__(self, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.first = nn.Linear(VALUES + CONDITION_LENGTH, MAXOUT_PIECES * hidden)
        self.second = nn.Linear(hidden, MAXOUT_PIECES * hidden)
        self.drop = nn.Dropout(0.5)
        self.out = nn.Linear(hidden, 1)

    def forward(self, picture: Tensor, condition: Tensor) -> Tensor:
        """Map sRGB [N,3,128,128] and [N,CONDITION_LENGTH] to a score [N], higher for what looks real."""
        x = torch.cat([picture.flatten(start_dim=1), condition], dim=1)
        for layer in (self.first, self.second):
            x = self.drop(layer(x).unflatten(1, (-1, MAXOUT_PIECES)).amax(dim=2))
        score: Tensor = self.out(x)[:, 0]
        return score


class DeepGenerator(nn.Sequential):
    """DCGAN (Radford et al. 2016): transposed convolutions with batch normalisation, from 4×4 to 128×128.

    Its tanh is a sigmoid here, as pictures are of 0..1.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        first = widths[0]
        layers: list[nn.Module] = [
            nn.Linear(LATENT_LENGTH + CONDITION_LENGTH, first * START_PX * START_PX, bias=False),
            nn.Unflatten(1, (first, START_PX, START_PX)),
        ]
        for channels_in, channels_out in pairwise((*widths, 3)):
            layers += [nn.BatchNorm2d(channels_in), nn.ReLU()]
            layers.append(nn.ConvTranspose2d(channels_in, channels_out, kernel_size=4, stride=2, padding=1))
        super().__init__(*layers, nn.Sigmoid())
        self.apply(_begin_as_dcgan)


class DeepCritic(nn.Module):
    """DCGAN's: strided convolutions, leaky rectifiers, batch normalisation everywhere but first.

    ``normalised``: False for WGAN-GP, whose penalty is each picture's own and must not see its batch-mates.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS, *, normalised: bool = True) -> None:
        super().__init__()
        self.descent = _descent(widths, normalised=normalised)
        self.joined = nn.Conv2d(widths[0] + CONDITION_LENGTH, widths[0], kernel_size=1)
        self.out = nn.Conv2d(widths[0], 1, kernel_size=START_PX)
        self.apply(_begin_as_dcgan)

    def forward(self, picture: Tensor, condition: Tensor) -> Tensor:
        """Map sRGB [N,3,128,128] and [N,CONDITION_LENGTH] to a score [N], higher for what looks real."""
        told = condition[:, :, None, None].expand(-1, -1, START_PX, START_PX)
        x = leaky(self.joined(torch.cat([self.descent(2 * picture - 1), told], dim=1)))
        score: Tensor = self.out(x).flatten()
        return score


class DeepEncoder(nn.Module):
    """What the plain autoencoder finds latents with: DCGAN's descent, then a Gaussian for each dimension."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.descent = _descent(widths, normalised=True)
        self.out = nn.Linear(widths[0] * START_PX * START_PX, 2 * LATENT_LENGTH)
        self.apply(_begin_as_dcgan)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Map sRGB [N,3,128,128] in 0..1 to mean and log variance, [N,LATENT_LENGTH] each."""
        features = self.descent(2 * picture - 1).flatten(start_dim=1)
        mean, log_variance = self.out(features).chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 4)


def _descent(widths: tuple[int, ...], *, normalised: bool) -> nn.Sequential:
    """From 128×128 to 4×4 pixels of ``widths[0]`` channels; ``widths`` are listed from coarse to fine."""
    layers: list[nn.Module] = []
    for channels_in, channels_out in pairwise((3, *widths[::-1])):
        layers.append(nn.Conv2d(channels_in, channels_out, kernel_size=4, stride=2, padding=1))
        if normalised and channels_in > 3:
            layers.append(nn.BatchNorm2d(channels_out))
        layers.append(nn.LeakyReLU(0.2))
    return nn.Sequential(*layers)


def _begin_as_dcgan(module: nn.Module) -> None:
    """Radford et al.: weights drawn from a Gaussian of deviation 0.02."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
