"""The photos that are sent: sizes as on shop pages and from phones (engine.simulation), pixels of seeded noise."""

from collections.abc import Sequence
from random import Random

import numpy as np

from engine.images import Image
from engine.simulation.sizes import Size, mixed

PHONE_SHARE = 0.2
"""One photo in five comes from a phone, of 0.3 to 24 megapixels; so do some 85% of the pixels."""


def draw_sizes(megapixels: float, seed: int, largest_px: int | None = None) -> list[Size]:
    """Sizes (height, width) whose areas add up to at least `megapixels`; with `largest_px`, no larger ones."""
    random, size_of = Random(seed), mixed(PHONE_SHARE)
    sizes: list[Size] = []
    while total_px(sizes) < megapixels * 1e6:
        size = size_of(random)
        if largest_px is None or size[0] * size[1] <= largest_px:
            sizes.append(size)
    return sizes


def total_px(sizes: Sequence[Size]) -> int:
    """The pixels of all."""
    return sum(height * width for height, width in sizes)


def noise_photos(sizes: Sequence[Size], seed: int, channels: int = 3) -> list[Image]:
    """A uint8 [H,W,channels] photo for each size. They are cut from one noise, so that making them takes no time."""
    most = channels * max(height * width for height, width in sizes)
    noise = np.random.default_rng(seed).integers(0, 256, most, np.uint8)
    return [noise[: channels * height * width].reshape(height, width, channels).copy() for height, width in sizes]
