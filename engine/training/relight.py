"""Train the relighter: small frames of well-lit photos, badly lit anew at every step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.models.relighter import Relighter, apply_light
from engine.training import data as pictures
from engine.training.data import DataUse, Pixels
from engine.training.faults import draw_fault, fault_for_evaluation, light_badly
from engine.training.losses import colour_difference
from engine.training.run import Run, Schedule

SCHEDULE = Schedule(steps=4000, batch=16, learning_rate=1.5e-3, weight_decay=0.02, validate_every=200)
FRAME_PX = 96
STORED_PX = 108  # frames are kept a little larger and cropped at random
PIXEL_STRIDE = 2  # the loss looks at every third pixel in each direction, at a random phase


@dataclass(frozen=True)
class LitFrame:
    """A small well-lit picture and where its product is."""

    image: Pixels  # [STORED_PX, STORED_PX, 3]
    weights: NDArray[np.float32]  # [STORED_PX, STORED_PX], 0.5 outside the product, 1.5 inside


def build() -> Relighter:
    """Return an untrained relighter."""
    return Relighter()


def train(run: Run, frames: list[LitFrame], validation: list[LitFrame]) -> None:
    """Train until the schedule's end; validates the averaged weights by minus the mean colour difference."""
    for step in run.steps():
        rng = np.random.default_rng([run.schedule.seed, step])
        bad, good, weights = draw_batch(frames, run.schedule.batch, rng)
        run.learn(loss(run.model, bad, good, weights, rng))
        if run.due():
            run.record("val_minus_colour_difference", -validate(run, validation))


def loss(
    model: torch.nn.Module, bad: torch.Tensor, good: torch.Tensor, weights: torch.Tensor, rng: np.random.Generator
) -> torch.Tensor:
    """Return the colour difference of the corrected frames on a sparse grid of pixels; the exact light, not its LUT."""
    y, x = rng.integers(0, PIXEL_STRIDE, 2)
    sparse = np.s_[..., y::PIXEL_STRIDE, x::PIXEL_STRIDE]
    assert isinstance(model, Relighter)
    return colour_difference(apply_light(model.predict(bad), bad[sparse]), good[sparse], weights[sparse])


def draw_batch(
    frames: list[LitFrame], size: int, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return (badly lit, well lit) [N,3,F,F] and weights [N,1,F,F] of random frames, cropped and flipped at random."""
    bad, good, weights = [], [], []
    for index in rng.integers(0, len(frames), size):
        y, x = rng.integers(0, STORED_PX - FRAME_PX + 1, 2)
        cut = np.s_[y : y + FRAME_PX, x : x + FRAME_PX]
        mirror = slice(None, None, -1 if rng.random() < 0.5 else 1)
        image = np.ascontiguousarray(frames[index].image[cut][:, mirror])
        good.append(image)
        bad.append(light_badly(image, draw_fault(rng), rng))
        weights.append(frames[index].weights[cut][:, mirror])
    stacked = torch.from_numpy(np.stack(weights)[:, None])
    return torch.from_numpy(pictures.as_batch(bad)), torch.from_numpy(pictures.as_batch(good)), stacked


def validate(run: Run, frames: list[LitFrame]) -> float:
    """Return the mean colour difference of the averaged network under the fixed faults."""
    margin = (STORED_PX - FRAME_PX) // 2
    inside = slice(margin, margin + FRAME_PX)
    images = [frame.image[inside, inside] for frame in frames]
    bad = [
        light_badly(image, fault_for_evaluation(index), np.random.default_rng([1, index]))
        for index, image in enumerate(images)
    ]
    weights = torch.from_numpy(np.stack([frame.weights[inside, inside] for frame in frames])[:, None])
    spoiled, good = torch.from_numpy(pictures.as_batch(bad)), torch.from_numpy(pictures.as_batch(images))
    with torch.no_grad():
        return float(loss(run.average, spoiled, good, weights, np.random.default_rng(0)))


def load_frames(data: Path, limit: int | None = None) -> tuple[list[LitFrame], list[LitFrame], list[DataUse]]:
    """Return (training frames, validation frames, what was used); photos in bad light themselves are left out."""
    clothing = [_clothing_frame(data, path) for path in pictures.clothing_photos(data, "train")[:limit]]
    grocery = [_plain_frame(path) for path in pictures.grocery_photos(data)[:limit]]
    clothing, grocery = [f for f in clothing if well_lit(f.image)], [f for f in grocery if well_lit(f.image)]
    validation = [_clothing_frame(data, path) for path in pictures.clothing_photos(data, "val")[::2]]
    uses = [
        DataUse(
            "clothing dataset (small)", "CC0 1.0", "train", len(clothing), "the well-lit ones; masks weigh the product"
        ),
        DataUse("Grocery Store", "MIT", "train", len(grocery), "the well-lit ones"),
    ]
    return clothing + grocery, validation, uses


def well_lit(image: Pixels) -> bool:
    """Return whether a picture can be a target: neither dark nor pale, with a bright part, without a strong cast."""
    values = image.reshape(-1, 3).astype(np.float32)
    mean = values.mean(axis=0)
    bright = float(np.percentile(values.max(axis=1), 95))
    return bool(70 <= mean.mean() <= 215 and bright >= 165 and np.ptp(mean) <= 55)


def _clothing_frame(data: Path, path: Path) -> LitFrame:
    weights = 0.5 + cv2.resize(pictures.clothing_mask(data, path), (STORED_PX, STORED_PX), interpolation=cv2.INTER_AREA)
    return LitFrame(_small(pictures.load_rgb(path)), np.asarray(weights, np.float32))


def _plain_frame(path: Path) -> LitFrame:
    return LitFrame(_small(pictures.load_rgb(path)), np.ones((STORED_PX, STORED_PX), np.float32))


def _small(image: Pixels) -> Pixels:
    return np.asarray(cv2.resize(image, (STORED_PX, STORED_PX), interpolation=cv2.INTER_AREA), np.uint8)
