"""Train the upscalers: sharp photos and their antialiased bicubic halves or quarters, clean or spoilt on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engine.models.upscaler import Upscaler
from engine.training import data as pictures
from engine.training.data import DataUse, Pixels
from engine.training.losses import charbonnier
from engine.training.photo_faults import spoil, spoil_for_evaluation
from engine.training.run import Run, Schedule, Weights
from engine.training.slim import slim

MARGIN_PX = 2  # of the patch's border, at low resolution, that the loss ignores: the network sees zero padding there
JPEG_GRID_PX = 8
VALIDATION_STEP = 12  # every so many validation photos
Pair = tuple[Pixels, Pixels]


@dataclass(frozen=True)
class Upscaling:
    """One upscaler: how much it enlarges, how large its training patches are (low resolution), how wide it is.

    ``photo``: it learns from small pictures spoilt as `photo_faults` tells, not only shrunk.
    """

    factor: int
    patch_px: int
    photo: bool = False
    channels: int = 32
    blocks: int = 4

    def build(self) -> Upscaler:
        """Return an untrained upscaler: exactly bicubic."""
        return Upscaler(self.channels, self.blocks, self.factor)

    def adapt(self, weights: Weights, network: nn.Module, pairs: list[Pair]) -> Weights:
        """Fit the weights of another upscaler, perhaps wider or of another factor, to ``network``."""
        assert isinstance(network, Upscaler)
        rng = np.random.default_rng(0)
        low, _ = self.draw_batch(pairs, 16, rng)
        return slim(weights, network, low)

    def train(self, run: Run, pairs: list[Pair], validation: list[Pair]) -> None:
        """Train until the schedule's end; validates the averaged weights by PSNR in dB."""
        margin = MARGIN_PX * self.factor
        inside = slice(margin, -margin)
        for step in run.steps():
            rng = np.random.default_rng([run.schedule.seed, step])
            low, high = self.draw_batch(pairs, run.schedule.batch, rng)
            run.learn(charbonnier(run.model(low)[..., inside, inside], high[..., inside, inside]))
            if run.due():
                run.record("val_psnr_db", validate(run, validation))

    def draw_batch(self, pairs: list[Pair], size: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Return patches (low [N,3,P,P], high [N,3,F*P,F*P]) of random pictures, flipped and turned."""
        lows, highs = [], []
        for index in rng.integers(0, len(pairs), size):
            low, high = (self._spoilt_patch if self.photo else self._patch)(*pairs[index], rng)
            way = int(rng.integers(0, 8))
            lows.append(pictures.turn(low, way))
            highs.append(pictures.turn(high, way))
        return torch.from_numpy(pictures.as_batch(lows)), torch.from_numpy(pictures.as_batch(highs))

    def _patch(self, low: Pixels, high: Pixels, rng: np.random.Generator) -> Pair:
        top, left = pictures.choose_window(low, self.patch_px, rng)
        return self._cut(low, high, top, left, self.patch_px)

    def _spoilt_patch(self, low: Pixels, high: Pixels, rng: np.random.Generator) -> Pair:
        """Spoil a patch with pixels to spare and cut it at any phase of JPEG's blocks."""
        window = self.patch_px + JPEG_GRID_PX
        top, left = pictures.choose_window(low, window, rng)
        _, sharp = self._cut(low, high, top, left, window)
        spoilt = spoil(np.ascontiguousarray(sharp), self.factor, rng)
        y, x = (int(n) for n in rng.integers(0, JPEG_GRID_PX, 2))
        return self._cut(spoilt, sharp, y, x, self.patch_px)

    def _cut(self, low: Pixels, high: Pixels, top: int, left: int, size_px: int) -> Pair:
        """Cut the same square out of both pictures, told in pixels of the low one."""
        y, x, side = (self.factor * n for n in (top, left, size_px))
        return low[top : top + size_px, left : left + size_px], high[y : y + side, x : x + side]

    def load_pairs(self, data: Path, limit: int | None = None) -> tuple[list[Pair], list[Pair], list[DataUse]]:
        """Return (training pairs, validation pairs, what was used).

        Photos come at their own size and shrunk, where JPEG's traces are gone.
        """
        clothing = pictures.clothing_photos(data, "train")[:limit]
        grocery = pictures.grocery_photos(data)[:limit]
        cutouts = pictures.matte_cutouts(data)[:limit]
        sizes = ((1.0, 1.5), (1.5, 2.0))
        pairs = [pair for number, path in enumerate(clothing) for pair in self._pairs_of(path, sizes[number % 2])]
        pairs += [pair for path in grocery for pair in self._pairs_of(path, (1.0, 1.5))]
        pairs += [pair for path in cutouts for pair in self._pairs_of(path, (1.5, 3.0))]
        validation = [
            self._pairs_of(path, (1.0,))[0] for path in pictures.clothing_photos(data, "val")[::VALIDATION_STEP]
        ]
        if self.photo:
            validation = [(spoil_for_evaluation(high, self.factor, n), high) for n, (_, high) in enumerate(validation)]
        uses = [
            DataUse("clothing dataset (small)", "CC0 1.0", "train", len(clothing), "at full, two-thirds and half size"),
            DataUse("Grocery Store", "MIT", "train", len(grocery), "at full and two-thirds size"),
            DataUse(
                "product cut-outs", "BSD-3-Clause", "train", len(cutouts), "over middle grey, at two-thirds and a third"
            ),
        ]
        return pairs, validation, uses

    def _pairs_of(self, path: Path, shrinks: tuple[float, ...]) -> list[Pair]:
        image = pictures.load_rgb(path)
        pairs = []
        for by in shrinks:
            high = pictures.crop_to_multiple(image if by == 1.0 else pictures.shrink(image, by), self.factor)
            if min(high.shape[:2]) >= self.factor * (self.patch_px + JPEG_GRID_PX):
                pairs.append((pictures.shrink(high, self.factor), high))
        return pairs


UPSCALE_X2 = Upscaling(factor=2, patch_px=56)
UPSCALE_X4 = Upscaling(factor=4, patch_px=48)
UPSCALE_X2_PHOTO = Upscaling(factor=2, patch_px=56, photo=True)
UPSCALE_X4_PHOTO = Upscaling(factor=4, patch_px=48, photo=True)
SCHEDULE_X2 = Schedule(steps=5000, batch=8, learning_rate=8e-4, validate_every=250)
SCHEDULE_PHOTO = Schedule(steps=2000, batch=8, learning_rate=8e-4, validate_every=250)
SCHEDULE_X4 = Schedule(steps=7000, batch=8, learning_rate=1e-3, validate_every=250)


def validate(run: Run, pairs: list[Pair]) -> float:
    """Return the mean RGB PSNR of the averaged network over whole pictures, borders left out."""
    scores = []
    with torch.no_grad():
        for low, high in pairs:
            output = run.average(torch.from_numpy(pictures.as_batch([low])))[0].clamp(0, 1)
            error = (output - torch.from_numpy(pictures.as_batch([high]))[0])[:, 16:-16, 16:-16]
            scores.append(-10 * float(torch.log10((error**2).mean())))
    return float(np.mean(scores))
