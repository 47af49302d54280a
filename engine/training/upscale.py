"""Train the ×2 upscaler: sharp photos and their antialiased bicubic halves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from engine.models.upscaler import Upscaler
from engine.training import data as pictures
from engine.training.data import DataUse, Pixels
from engine.training.losses import charbonnier
from engine.training.run import Run, Schedule

SCHEDULE = Schedule(steps=6000, batch=8, learning_rate=8e-4, validate_every=300)
PATCH_PX = 56  # at low resolution
MARGIN_PX = 4  # of the enlarged patch's border that the loss ignores: there the network sees the patch's zero padding
FACTOR = 2
Pair = tuple[Pixels, Pixels]


def build() -> Upscaler:
    """Return an untrained upscaler."""
    return Upscaler()


def train(run: Run, pairs: list[Pair], validation: list[Pair]) -> None:
    """Train until the schedule's end; validates the averaged weights by PSNR in dB."""
    for step in run.steps():
        rng = np.random.default_rng([run.schedule.seed, step])
        low, high = draw_batch(pairs, run.schedule.batch, rng)
        inside = slice(MARGIN_PX, -MARGIN_PX)
        run.learn(charbonnier(run.model(low)[..., inside, inside], high[..., inside, inside]))
        if run.due():
            run.record("val_psnr_db", validate(run, validation))


def draw_batch(pairs: list[Pair], size: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return patches (low [N,3,P,P], high [N,3,2P,2P]) of random pictures, flipped and turned."""
    lows, highs = [], []
    for index in rng.integers(0, len(pairs), size):
        low, high = pairs[index]
        top, left = pictures.choose_window(low, PATCH_PX, rng)
        way = int(rng.integers(0, 8))
        cut = np.s_[top : top + PATCH_PX, left : left + PATCH_PX]
        cut_high = np.s_[FACTOR * top : FACTOR * (top + PATCH_PX), FACTOR * left : FACTOR * (left + PATCH_PX)]
        lows.append(pictures.turn(low[cut], way))
        highs.append(pictures.turn(high[cut_high], way))
    return torch.from_numpy(pictures.as_batch(lows)), torch.from_numpy(pictures.as_batch(highs))


def validate(run: Run, pairs: list[Pair]) -> float:
    """Return the mean RGB PSNR of the averaged network over whole pictures, borders left out."""
    scores = []
    with torch.no_grad():
        for low, high in pairs:
            output = run.average(torch.from_numpy(pictures.as_batch([low])))[0].clamp(0, 1)
            error = (output - torch.from_numpy(pictures.as_batch([high]))[0])[:, 16:-16, 16:-16]
            scores.append(-10 * float(torch.log10((error**2).mean())))
    return float(np.mean(scores))


def load_pairs(data: Path, limit: int | None = None) -> tuple[list[Pair], list[Pair], list[DataUse]]:
    """Return (training pairs, validation pairs, what was used).

    Photos come at their own size and at half of it, where JPEG's traces are gone; cut-outs at a third.
    """
    clothing = pictures.clothing_photos(data, "train")[:limit]
    grocery = pictures.grocery_photos(data)[:limit]
    cutouts = pictures.matte_cutouts(data)[:limit]
    pairs = [
        pair for number, path in enumerate(clothing) for pair in _pairs_of(path, (1.0, 2.0) if number % 2 else (2.0,))
    ]
    pairs += [pair for path in grocery for pair in _pairs_of(path, (1.0, 1.5))]
    pairs += [pair for path in cutouts for pair in _pairs_of(path, (1.5, 3.0))]
    validation = [_pairs_of(path, (1.0,))[0] for path in pictures.clothing_photos(data, "val")[::12]]
    uses = [
        DataUse(
            "clothing dataset (small)",
            "CC0 1.0",
            "train",
            len(clothing),
            "at half size, every second also at full size",
        ),
        DataUse("Grocery Store", "MIT", "train", len(grocery), "at full and two-thirds size"),
        DataUse(
            "product cut-outs", "BSD-3-Clause", "train", len(cutouts), "over middle grey, at two-thirds and a third"
        ),
    ]
    return pairs, validation, uses


def _pairs_of(path: Path, shrinks: tuple[float, ...]) -> list[Pair]:
    image = pictures.load_rgb(path)
    pairs = []
    for factor in shrinks:
        high = pictures.crop_to_multiple(image if factor == 1.0 else pictures.shrink(image, factor), FACTOR)
        if min(high.shape[:2]) >= FACTOR * PATCH_PX:
            pairs.append((pictures.shrink(high, FACTOR), high))
    return pairs
