"""Train the restorer: clean photos and their copies spoiled by blur, noise and JPEG, freshly drawn at every step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from engine.models.restorer import Restorer
from engine.training import data as pictures
from engine.training.data import DataUse, Pixels
from engine.training.degradations import degrade, degrade_for_evaluation, draw_training_degradation
from engine.training.losses import charbonnier_in_colour
from engine.training.run import Run, Schedule

SCHEDULE = Schedule(steps=3500, batch=8, learning_rate=6e-4, validate_every=250)
PATCH_PX = 112
CHROMA_WEIGHT = 0.5
JPEG_GRID_PX = 8  # patches are cut at any phase of JPEG's blocks: real uploads were cropped and resized before
MARGIN_PX = 6  # of the patch's border that the loss ignores: there the network sees the patch's zero padding


def build() -> Restorer:
    """Return an untrained restorer."""
    return Restorer()


def train(run: Run, images: list[Pixels], validation: list[Pixels]) -> None:
    """Train until the schedule's end; validates the averaged weights by PSNR in dB under the fixed degradation."""
    for step in run.steps():
        rng = np.random.default_rng([run.schedule.seed, step])
        spoiled, clean = draw_batch(images, run.schedule.batch, rng)
        inside = slice(MARGIN_PX, -MARGIN_PX)
        output = run.model(spoiled)[..., inside, inside]
        run.learn(charbonnier_in_colour(output, clean[..., inside, inside], CHROMA_WEIGHT))
        if run.due():
            run.record("val_psnr_db", validate(run, validation))


def draw_batch(images: list[Pixels], size: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return patches (spoiled, clean), both [N,3,P,P], of random pictures, flipped and turned."""
    spoiled, clean = [], []
    window = PATCH_PX + JPEG_GRID_PX
    for index in rng.integers(0, len(images), size):
        top, left = pictures.choose_window(images[index], window, rng, tries=2)
        sharp = pictures.turn(images[index][top : top + window, left : left + window], int(rng.integers(0, 8)))
        sharp = np.ascontiguousarray(sharp)
        bad = degrade(sharp, draw_training_degradation(rng), rng)
        y, x = rng.integers(0, JPEG_GRID_PX, 2)
        spoiled.append(bad[y : y + PATCH_PX, x : x + PATCH_PX])
        clean.append(sharp[y : y + PATCH_PX, x : x + PATCH_PX])
    return torch.from_numpy(pictures.as_batch(spoiled)), torch.from_numpy(pictures.as_batch(clean))


def validate(run: Run, images: list[Pixels]) -> float:
    """Return the mean RGB PSNR of the averaged network over whole pictures, borders left out."""
    scores = []
    with torch.no_grad():
        for index, image in enumerate(images):
            output = run.average(torch.from_numpy(pictures.as_batch([degrade_for_evaluation(image, index)])))[0].clamp(
                0, 1
            )
            error = (output - torch.from_numpy(pictures.as_batch([image]))[0])[:, 24:-24, 24:-24]
            scores.append(-10 * float(torch.log10((error**2).mean())))
    return float(np.mean(scores))


def load_images(data: Path, limit: int | None = None) -> tuple[list[Pixels], list[Pixels], list[DataUse]]:
    """Return (training images, validation images, what was used).

    Photos shrunk by 1.5 and 2 are the cleanest targets; photos at full size keep the network honest about real texture.
    """
    clothing = pictures.clothing_photos(data, "train")[:limit]
    grocery = pictures.grocery_photos(data)[:limit]
    cutouts = pictures.matte_cutouts(data)[:limit]
    images = [
        pictures.shrink(pictures.load_rgb(path), (1.0, 1.5, 2.0)[number % 3]) for number, path in enumerate(clothing)
    ]
    images += [pictures.shrink(pictures.load_rgb(path), (1.0, 1.5)[number % 2]) for number, path in enumerate(grocery)]
    images += [pictures.shrink(pictures.load_rgb(path), 2.0) for path in cutouts]
    images = [image for image in images if min(image.shape[:2]) >= PATCH_PX + JPEG_GRID_PX]
    validation = [pictures.load_rgb(path) for path in pictures.clothing_photos(data, "val")[::14]]
    validation = [pictures.crop_to_multiple(image, Restorer.ALIGN_PX) for image in validation]
    uses = [
        DataUse(
            "clothing dataset (small)", "CC0 1.0", "train", len(clothing), "by turns at full, two-thirds and half size"
        ),
        DataUse("Grocery Store", "MIT", "train", len(grocery), "by turns at full and two-thirds size"),
        DataUse("product cut-outs", "BSD-3-Clause", "train", len(cutouts), "over middle grey, at half size"),
    ]
    return images, validation, uses
