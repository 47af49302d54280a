"""The matter: looks at a small frame of a photo and says, pixel by pixel, how much of it is the product."""

from __future__ import annotations

import copy
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class Matter(nn.Module):
    """A U-shaped network of narrow dense 3×3 convolutions, from full size down to a thirty-second and back.

    Each level halves the size, so that most of the work is done where a pixel is cheap; the deepest level also adds
    the mean of the whole frame to every place. On the way back a level is the enlarged deeper one plus a 1×1 view of
    the level on the way down. Every level of the way back can be read as a matte of its own (`logits`), which trains
    the deep ones directly; only the finest is exported. Batch normalisation follows every convolution and is folded
    into it by the export. Height and width must be multiples of 32.
    """

    def __init__(
        self, widths: tuple[int, ...] = (16, 32, 64, 112, 160), blocks: tuple[int, ...] = (0, 1, 2, 2, 2)
    ) -> None:
        super().__init__()
        # The head, 6×6 of stride 2, is a pixel-unshuffle and a 3×3 convolution in one operator.
        self.head = ConvUnit(3, widths[0], kernel=6, stride=2)
        self.downs = nn.ModuleList([nn.Identity(), *(ConvUnit(a, b, stride=2) for a, b in pairwise(widths))])
        self.stages = nn.ModuleList(
            nn.Sequential(*(Block(width) for _ in range(count))) for width, count in zip(widths, blocks, strict=True)
        )
        self.context = nn.Conv2d(widths[-1], widths[-1], kernel_size=1)
        backs = [widths[0], widths[1], widths[1] + 16, widths[2]]
        deeper = [*backs[1:], widths[-1]]
        self.narrows = nn.ModuleList(nn.Conv2d(a, b, kernel_size=1) for a, b in zip(deeper, backs, strict=True))
        self.laterals = nn.ModuleList(nn.Conv2d(a, b, kernel_size=1) for a, b in zip(widths[:-1], backs, strict=True))
        self.merges = nn.ModuleList(ConvUnit(back, back) for back in backs)
        self.tail = nn.Conv2d(backs[0], 4, kernel_size=3, padding=1)
        self.sides = nn.ModuleList(nn.Conv2d(back, 1, kernel_size=1) for back in backs[1:])
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x: Tensor) -> Tensor:
        """Map sRGB [N,3,H,W] in 0..1 to the matte [N,1,H,W] in 0..1."""
        return torch.sigmoid(self.shuffle(self.tail(self._decode(self._encode(x))[0])))

    def logits(self, x: Tensor) -> list[Tensor]:
        """Return the mattes before the sigmoid, finest first: at full size, a quarter, an eighth, a sixteenth."""
        decoded = self._decode(self._encode(x))
        finest = self.shuffle(self.tail(decoded[0]))
        return [finest, *(side(features) for side, features in zip(self.sides, decoded[1:], strict=True))]

    def _encode(self, x: Tensor) -> list[Tensor]:
        levels, y = [], self.head(x - 0.5)
        for down, stage in zip(self.downs, self.stages, strict=True):
            y = stage(down(y))
            levels.append(y)
        levels[-1] = torch.relu(y + self.context(y.mean(dim=(2, 3), keepdim=True)))
        return levels

    def _decode(self, levels: list[Tensor]) -> list[Tensor]:
        y, decoded = levels[-1], []
        steps = zip(levels[:-1], self.narrows, self.laterals, self.merges, strict=True)
        for level, narrow, lateral, merge in reversed(list(steps)):
            wide = nn.functional.interpolate(narrow(y), scale_factor=2, mode="nearest")
            y = merge(torch.relu(wide + lateral(level)))
            decoded.append(y)
        return decoded[::-1]


class Mirrored(nn.Module):
    """A matter that looks at its frame twice, as it is and mirrored, and answers the mean of what it saw.

    Made for serving: twice the work of a small frame, fewer products seen by half. Normalisation is folded into the
    convolutions here, so that the exported graph holds each weight once.
    """

    def __init__(self, matter: Matter) -> None:
        super().__init__()
        self.matter = copy.deepcopy(matter).eval()
        for unit in [module for module in self.matter.modules() if isinstance(module, ConvUnit)]:
            unit[0], unit[1] = fuse_conv_bn_eval(unit[0], unit[1]), nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map sRGB [N,3,H,W] in 0..1 to the matte [N,1,H,W] in 0..1."""
        seen: Tensor = self.matter(x)
        mirrored: Tensor = self.matter(x.flip(3)).flip(3)
        return (seen + mirrored) * 0.5


class ConvUnit(nn.Sequential):
    """Convolution, batch normalisation and, unless told otherwise, a ReLU; stride 2 halves the size."""

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int = 3, stride: int = 1, active: bool = True
    ) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(channels_in, channels_out, kernel, stride, padding=(kernel - 1) // 2, bias=False),
            nn.BatchNorm2d(channels_out, momentum=0.02),
        ]
        super().__init__(*layers, *([nn.ReLU(inplace=True)] if active else []))


class Block(nn.Module):
    """Two convolution units beside a short cut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvUnit(channels, channels)
        self.second = ConvUnit(channels, channels, active=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N,C,H,W] to the same shape."""
        return torch.relu(x + self.second(self.first(x)))
