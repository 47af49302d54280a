"""The generator: a product picture on white from a latent and a condition. Also the decoder of the autoencoder."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.generation.attributes import PATTERNS
from engine.generation.condition import COLORS_AT, CONDITION_LENGTH, PATTERN_AT
from engine.generation.latents import LATENT_LENGTH
from engine.models.blocks import conv3x3
from engine.models.stages import Descent, StyledBlock, flat, leaky
from engine.models.weaving import woven

SIDE_PX = 128
START_PX = 4
SKETCH_PX = 16
SKETCH_CHANNELS = 8
STYLE_LENGTH = 192
WIDTHS = (128, 96, 64, 48, 24)  # at 4, 8, 16, 32 and 64 pixels; the tail works at 128
LAYERS = (
    8  # alpha, the second colour's share, light, what no colour of the condition explains (3), woven cloth's warp (2)
)
LARGEST_LIGHT = 0.8  # of a colour, up or down
LARGEST_PAINT = 0.6  # of 0..1
UNPRINTED_PAINT = 0.5  # of that, on cloth that is not printed
_PRINTED = PATTERN_AT + PATTERNS.index("printed")
CRITICS_PATCHES = 2  # the level, of 0.., whose places a discriminator judges one by one


XYZ_TO_RGB = (
    (3.2404542 * 0.95047, -1.5371385, -0.4985314 * 1.08883),
    (-0.9692660 * 0.95047, 1.8760108, 0.0415560 * 1.08883),
    (0.0556434 * 0.95047, -0.2040259, 1.0572252 * 1.08883),
)  # of XYZ relative to D65's white, to linear sRGB


class Generator(nn.Module):
    """Styled residual stages from 4×4 to 64×64 pixels, and one convolution at 128×128.

    What is to lie where comes in three ways: from the style at 4×4 pixels, as a sketch of it at 16×16, and from a map
    of each level that is learnt for all pictures, as products are centred and a collar is mostly where collars are.
    Made of the coarsest level alone, cloth is covered with its contour lines.

    It draws a product's outline, its light and folds, where its second colour lies and what else is painted on it; the
    two colours themselves are taken from the condition as they are asked for, as a tailor takes the cloth, and so are
    stripes and checks (`weaving`), of which it says how wide they are and how they fall. The product lies on white to
    the code value. Nothing is normalised and nothing is random: a picture depends on its own vector.
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
        self.maps = nn.ParameterList(_map(width, 2 * START_PX << level) for level, width in enumerate(widths[:-1]))
        self.sketch = nn.Linear(STYLE_LENGTH, SKETCH_CHANNELS * SKETCH_PX * SKETCH_PX)
        self.sketched = nn.Conv2d(SKETCH_CHANNELS, widths[1], kernel_size=1, bias=False)
        self.weave = nn.Linear(STYLE_LENGTH, 2)
        self.tail = conv3x3(widths[-1], LAYERS)

    def forward(self, vector: Tensor) -> Tensor:
        """Map [N, LATENT_LENGTH + CONDITION_LENGTH], latent first, to sRGB [N,3,128,128] in 0..1."""
        style = self.mapping(vector)
        x = leaky(self.start(style)).unflatten(1, (-1, START_PX, START_PX))
        for level, stage in enumerate(self.stages):
            if level:
                x = _doubled(x) + self.maps[level - 1]
            if x.shape[-1] == SKETCH_PX:
                x = x + self.sketched(self.sketch(style).unflatten(1, (-1, SKETCH_PX, SKETCH_PX)))
            x = stage(x, style)
        finest = functional.interpolate(x, scale_factor=2.0, mode="nearest")
        return composed(self.tail(finest), self.weave(style), vector[:, LATENT_LENGTH:])


def _map(channels: int, side: int) -> nn.Parameter:
    """Return an untrained map [1,channels,side,side]: grain, which the cloth can be made of."""
    return nn.Parameter(0.1 * torch.randn(1, channels, side, side))


def _doubled(x: Tensor) -> Tensor:
    """Twice as large, smoothly: repeated pixels leave the coarse levels' grid in the cloth, a shuffle a finer one."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def composed(layers: Tensor, weave: Tensor, condition: Tensor) -> Tensor:
    """Return the picture [N,3,S,S] of layers [N,LAYERS,S,S] in the condition's two colours, on white.

    ``weave`` [N,2] is what is asked of the weaver, for cloth with stripes or checks.
    """
    main, second = (srgb_of(lab)[:, :, None, None] for lab in colors_of(condition))
    alpha = torch.sigmoid(layers[:, 0:1])
    drawn = torch.sigmoid(layers[:, 1:2] - 2)  # mostly the main colour before it is trained
    bands, by_weaver = woven(weave, layers[:, 6:8], condition)
    share = drawn + by_weaver * (bands - drawn)
    light = LARGEST_LIGHT * torch.tanh(layers[:, 2:3])
    brush = UNPRINTED_PAINT + (1 - UNPRINTED_PAINT) * condition[:, _PRINTED, None, None, None]
    paint = LARGEST_PAINT * brush * torch.tanh(layers[:, 3:6])
    cloth = (main + share * (second - main)) * (1 + light) + paint
    picture: Tensor = 1 - alpha * (1 - cloth.clamp(0, 1))
    return picture


def colors_of(condition: Tensor) -> tuple[Tensor, Tensor]:
    """Return the main and the second colour of conditions [N,CONDITION_LENGTH]: L*, a*, b*, [N,3] each."""
    main, second = (100 * condition[:, COLORS_AT : COLORS_AT + 6]).chunk(2, dim=1)
    return main, second


def srgb_of(lab: Tensor) -> Tensor:
    """Return colours L*, a*, b* [N,3] (D65) as sRGB in 0..1, what sRGB cannot show cut off (CIE 15, IEC 61966-2-1)."""
    lightness = (lab[:, 0:1] + 16) / 116
    bent = torch.cat([lightness + lab[:, 1:2] / 500, lightness, lightness - lab[:, 2:3] / 200], dim=1)
    near = 3 * (6 / 29) ** 2 * (bent - 4 / 29)
    linear = torch.where(bent > 6 / 29, bent**3, near) @ lab.new_tensor(XYZ_TO_RGB).T
    bounded = linear.clamp(0, 1)
    return torch.where(bounded > 0.0031308, 1.055 * bounded.clamp(min=0.003) ** (1 / 2.4) - 0.055, 12.92 * bounded)


class Encoder(nn.Module):
    """Where a picture lies among the generator's own latents: a Gaussian for each of their dimensions."""

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.descent = Descent(widths[::-1])
        features = widths[0] * START_PX * START_PX
        self.out = nn.Linear(features, 2 * LATENT_LENGTH)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Map sRGB [N,3,128,128] in 0..1 to mean and log variance, [N,LATENT_LENGTH] each."""
        mean, log_variance = self.out(flat(self.descent(picture)[-1])).chunk(2, dim=1)
        return mean, log_variance.clamp(-8, 4)


class Discriminator(nn.Module):
    """How real a picture looks, as a whole and place by place, and how well it fits its condition.

    The fit is Miyato and Koyama's projection (2018); the places are Isola et al.'s patches (2017).
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.descent = Descent(widths[::-1])
        self.features = nn.Linear(widths[0] * START_PX * START_PX, STYLE_LENGTH)
        self.real = nn.Linear(STYLE_LENGTH, 1)
        self.fitting = nn.Linear(CONDITION_LENGTH, STYLE_LENGTH, bias=False)
        self.places = nn.Conv2d(widths[::-1][CRITICS_PATCHES], 1, kernel_size=1)

    def forward(self, picture: Tensor, condition: Tensor) -> Tensor:
        """Map sRGB [N,3,128,128] and [N,CONDITION_LENGTH] to scores [N,2], higher for what looks real.

        The first is of the whole and its fit, the second the mean over the places.
        """
        levels = self.descent(picture)
        features = leaky(self.features(flat(levels[-1])))
        fit = (self.fitting(condition) * features).sum(dim=1) / STYLE_LENGTH**0.5
        return torch.stack([self.real(features)[:, 0] + fit, self.of_places(levels).mean(dim=(1, 2))], dim=1)

    def of_places(self, levels: list[Tensor]) -> Tensor:
        """Return the scores of the places, [N,S/8,S/8], of the descent's levels."""
        places: Tensor = self.places(leaky(levels[CRITICS_PATCHES]))[:, 0]
        return places
