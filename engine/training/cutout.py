"""Train the matter: real photos with cleaned masks and composites with true alpha, first small, then at full size."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from engine.models.matter import Matter, Mirrored
from engine.training.cutout_losses import matte_loss
from engine.training.cutout_masks import Masked
from engine.training.cutout_mattes import Cutout
from engine.training.cutout_pictures import Stock, cutout_of, load_stock
from engine.training.cutout_prints import dressed
from engine.training.cutout_scenes import Scene, compose, draw_background, recolour, spoil
from engine.training.cutout_shapes import draw_shape
from engine.training.data import DataUse, as_batch
from engine.training.run import Run, Schedule

SCHEDULE = Schedule(
    steps=4500, batch=16, learning_rate=2e-3, weight_decay=0.02, validate_every=300, ema_decay=0.998, warmup_steps=200
)
# Where the schedule is (0..1) at each stage's end, its frame's size and its share of the batch: what a step costs
# stays about the same, and most of what is to be learnt is learnt where it is cheap. A run that starts from trained
# weights has the last stage only.
STAGES = ((0.42, 128, 1.0), (1.0, 192, 0.5))
# How often an example is a real photo, a true matte, a clothing product over another background; else a drawn shape.
SHARES = (0.26, 0.25, 0.34)


def build() -> Matter:
    """Return an untrained matter."""
    return Matter()


def serve(matter: torch.nn.Module) -> Mirrored:
    """Return what is exported: a trained matter that looks at its frame twice."""
    assert isinstance(matter, Matter)
    return Mirrored(matter)


def load_examples(data: Path, limit: int | None = None) -> tuple[list[Stock], list[Masked], list[DataUse]]:
    """Return (the stock to draw from, validation photos, what was used)."""
    stock, validation, uses = load_stock(data, limit)
    return [stock], validation, uses


def train(run: Run, stocks: list[Stock], validation: list[Masked]) -> None:
    """Train until the schedule's end; validates the averaged weights by the mean IoU with the validation masks.

    The best weights are the best of the last stage: scores at different frame sizes are not compared.
    """
    for step in run.steps():
        rng = np.random.default_rng([run.schedule.seed, step])
        size, batch = stage(run, step)
        if step and size != stage(run, step - 1)[0]:
            run.best = -math.inf
        images, alphas = draw_batch(stocks[0], size, batch, rng)
        run.learn(matte_loss(run.model.logits(images), alphas))  # type: ignore[operator]
        if run.due():
            run.record("val_iou", validate(run, validation, size))


def stage(run: Run, step: int) -> tuple[int, int]:
    """Return (frame size in pixels, batch) at ``step``."""
    stages = STAGES[-1:] if run.started_from else STAGES
    size, share = next((size, share) for end, size, share in stages if step < end * run.schedule.steps)
    return size, max(1, round(run.schedule.batch * share))


def draw_batch(stock: Stock, size: int, batch: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return (frames [N,3,S,S] in 0..1, alphas [N,1,S,S] in 0..1)."""
    scenes = [draw_scene(stock, size, rng) for _ in range(batch)]
    alphas = np.stack([scene.alpha for scene in scenes])[:, None]
    images = torch.from_numpy(as_batch([scene.image for scene in scenes]))
    return images.contiguous(memory_format=torch.channels_last), torch.from_numpy(alphas)


def draw_scene(stock: Stock, size: int, rng: np.random.Generator) -> Scene:
    """Return one training example [S,S]."""
    kind = rng.random()
    if kind < SHARES[0]:
        scene = see_again(stock.photos[int(rng.integers(len(stock.photos)))], size, rng)
    else:
        background = draw_background(size, rng, stock)
        scene = compose(_draw_cutout(stock, size, kind - SHARES[0], rng), background, rng)
    return Scene(spoil(scene.image, rng), scene.alpha)


def see_again(masked: Masked, size: int, rng: np.random.Generator) -> Scene:
    """Return a photo and its mask turned, scaled, mirrored and lit at random, in a frame [S,S]."""
    stored = masked.mask.shape[0]
    scale = size / stored * float(rng.uniform(0.85, 1.3))
    turn = float(np.deg2rad(rng.normal(0, 8))) + np.pi / 2 * (int(rng.integers(4)) if rng.random() < 0.25 else 0)
    squash = float(np.exp(rng.normal(0, 0.12)))
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = np.diag([squash, 1 / squash]) @ matrix @ np.diag([-1.0 if rng.random() < 0.5 else 1.0, 1.0])
    middle = size / 2 + rng.uniform(-0.08, 0.08, 2) * size
    shift = middle - matrix @ np.array([stored / 2, stored / 2])
    affine = np.column_stack([matrix, shift]).astype(np.float32)
    smooth = cv2.GaussianBlur(masked.image, (0, 0), 0.35 * stored / size) if size < 0.8 * stored else masked.image
    image = cv2.warpAffine(smooth, affine, (size, size), borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(masked.mask, affine, (size, size), borderMode=cv2.BORDER_REPLICATE)
    lit = recolour(np.asarray(image, np.float32), rng)
    alpha = np.clip((mask.astype(np.float32) / 255.0 - 0.5) * 1.4 + 0.5, 0.0, 1.0)
    return Scene(np.asarray(np.clip(lit, 0, 255), np.uint8), np.asarray(alpha, np.float32))


def validate(run: Run, photos: list[Masked], size: int) -> float:
    """Return the mean IoU of the averaged network's mattes, cut at a half, with the masks."""
    scores = []
    for photo in photos:
        image = cv2.resize(photo.image, (size, size), interpolation=cv2.INTER_AREA)
        truth = cv2.resize(photo.mask, (size, size), interpolation=cv2.INTER_AREA) > 127
        with torch.no_grad():
            matte = run.average(torch.from_numpy(as_batch([np.asarray(image, np.uint8)])))[0, 0].numpy() > 0.5
        scores.append(float((matte & truth).sum() / max(1, (matte | truth).sum())))
    return float(np.mean(scores))


def _draw_cutout(stock: Stock, size: int, kind: float, rng: np.random.Generator) -> Cutout:
    if kind < SHARES[1]:
        return dressed(stock.mattes[int(rng.integers(len(stock.mattes)))], rng)
    if kind < SHARES[1] + SHARES[2]:
        return _punched(dressed(cutout_of(stock.photos[int(rng.integers(len(stock.photos)))]), rng), rng)
    return draw_shape(size, rng, stock.textures)


def _punched(cutout: Cutout, rng: np.random.Generator) -> Cutout:
    """Return the cut-out, now and then with a hole through it: what shows behind a product is not the product."""
    if rng.random() > 0.2:
        return cutout
    hole = np.zeros(cutout.alpha.shape, np.float32)
    size = hole.shape[0]
    place, axes = (rng.uniform(0.3, 0.7, 2) * size).astype(int), (rng.uniform(0.03, 0.13, 2) * size).astype(int)
    cv2.ellipse(hole, place.tolist(), axes.tolist(), float(rng.uniform(0, 180)), 0, 360, 1.0, -1, cv2.LINE_AA)
    return Cutout(cutout.image, np.asarray(cutout.alpha * (1 - hole), np.float32))
