"""Train the restorer: clean photos and their copies spoiled by blur, noise and JPEG, freshly drawn at every step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from engine.models.restorer import Restorer
from engine.pixels.noise import with_noise_level
from engine.training import data as pictures
from engine.training.data import DataUse, Pixels
from engine.training.degradations import degrade, degrade_for_evaluation, draw_training_degradation
from engine.training.losses import decibels
from engine.training.run import Run, Schedule, Weights

SCHEDULE = Schedule(steps=9000, batch=8, learning_rate=8e-4, validate_every=500)
PATCH_PX = 128
CHROMA_WEIGHT = 0.5
SEEN_PX = 192  # what is spoiled for a patch, which is cut from anywhere in it, at any phase of JPEG's blocks
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
        run.learn(decibels(output, clean[..., inside, inside], CHROMA_WEIGHT))
        if run.due():
            run.record("val_psnr_db", validate(run, validation))


def draw_batch(images: list[Pixels], size: int, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Return patches of random pictures, flipped and turned: spoiled with the noise level [N,4,P,P], clean [N,3,P,P].

    The level is that of a larger part of the picture, as it is the whole picture's where the network serves.
    """
    spoiled, clean = [], []
    for index in rng.integers(0, len(images), size):
        side = min(SEEN_PX, *images[index].shape[:2])
        top, left = pictures.choose_window(images[index], side, rng, tries=1)
        sharp = pictures.turn(images[index][top : top + side, left : left + side], int(rng.integers(0, 8)))
        sharp = np.ascontiguousarray(sharp)
        bad = with_noise_level(degrade(sharp, draw_training_degradation(rng), rng))
        y, x = rng.integers(0, side - PATCH_PX + 1, 2)
        spoiled.append(bad[y : y + PATCH_PX, x : x + PATCH_PX])
        clean.append(sharp[y : y + PATCH_PX, x : x + PATCH_PX])
    return torch.from_numpy(pictures.as_batch(spoiled)), torch.from_numpy(pictures.as_batch(clean))


def adapt(weights: Weights, network: Restorer, _images: list[Pixels]) -> Weights:
    """Return the weights of a network of three channels, blind to the noise level, as those of one of four."""
    head = torch.zeros_like(network.head.weight)
    head[:, : weights["head.weight"].shape[1]] = weights["head.weight"]
    return weights | {"head.weight": head}


def validate(run: Run, images: list[Pixels]) -> float:
    """Return the mean RGB PSNR of the averaged network over whole pictures, borders left out."""
    scores = []
    with torch.no_grad():
        for image, seen in zip(images, seen_in_validation(images), strict=True):
            output = run.average(seen)[0].clamp(0, 1)
            error = (output - torch.from_numpy(pictures.as_batch([image]))[0])[:, 24:-24, 24:-24]
            scores.append(-10 * float(torch.log10((error**2).mean())))
    return float(np.mean(scores))


def seen_in_validation(images: list[Pixels]) -> Iterator[torch.Tensor]:
    """Yield each picture as validations show it, [1,4,H,W]: under the fixed degradation, with its noise level."""
    for index, image in enumerate(images):
        yield torch.from_numpy(pictures.as_batch([with_noise_level(degrade_for_evaluation(image, index))]))


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
    images += [pictures.shrink(pictures.load_rgb(path), (1.5, 2.0)[number % 2]) for number, path in enumerate(grocery)]
    images += [pictures.shrink(pictures.load_rgb(path), 2.0) for path in cutouts]
    images = [image for image in images if min(image.shape[:2]) >= PATCH_PX]
    validation = [pictures.load_rgb(path) for path in pictures.clothing_photos(data, "val")[::14]]
    validation = [pictures.crop_to_multiple(image, Restorer.ALIGN_PX) for image in validation]
    uses = [
        DataUse(
            "clothing dataset (small)", "CC0 1.0", "train", len(clothing), "by turns at full, two-thirds and half size"
        ),
        DataUse("Grocery Store", "MIT", "train", len(grocery), "by turns at two-thirds and half size"),
        DataUse("product cut-outs", "BSD-3-Clause", "train", len(cutouts), "over middle grey, at half size"),
    ]
    return images, validation, uses
