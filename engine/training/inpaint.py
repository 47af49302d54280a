"""Train the inpainter: windows of photos with freshly drawn holes, a part of them prefilled by a coarser truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from engine.models.inpainter import Inpainter
from engine.pixels.diffusion import HINTED, KNOWN, UNKNOWN, masked_frame
from engine.training import data as pictures
from engine.training.data import DataUse, Pixels
from engine.training.holes import KINDS, draw_hole
from engine.training.run import Run, Schedule

SCHEDULE = Schedule(steps=1000, batch=8, learning_rate=1e-3, validate_every=50, ema_decay=0.998)
WINDOW_PX = 128  # learned on: four windows teach more than the one frame that takes as long
FRAME_PX = 256  # served, and validated on
HINTED_SHARE = 0.25
GRADIENT_WEIGHT = 0.15


@dataclass(frozen=True)
class CodedPhoto:
    """A photo kept as its file's bytes: decoding takes less time than the memory of all photos would be worth."""

    data: bytes

    def pixels(self) -> Pixels:
        """Return the photo, uint8 RGB [H,W,3]."""
        decoded = cv2.imdecode(np.frombuffer(self.data, np.uint8), cv2.IMREAD_COLOR)
        return np.ascontiguousarray(np.asarray(decoded, np.uint8)[:, :, ::-1])


def build() -> Inpainter:
    """Return an untrained inpainter."""
    return Inpainter()


def train(run: Run, photos: list[CodedPhoto], validation: list[CodedPhoto]) -> None:
    """Train until the schedule's end; validates the averaged weights by PSNR in dB inside fixed holes."""
    frames = validation_frames(validation)
    for step in run.steps():
        rng = np.random.default_rng([run.schedule.seed, step])
        spoiled, truth = draw_batch(photos, run.schedule.batch, WINDOW_PX, rng)
        run.learn(loss(run.model(spoiled), spoiled, truth))
        if run.due():
            run.record("val_hole_psnr_db", validate(run, *frames))


def loss(output: Tensor, spoiled: Tensor, truth: Tensor) -> Tensor:
    """Return the mean Charbonnier error inside the holes, and that of the steps between neighbouring pixels there.

    ``output`` and ``truth`` are [N,3,H,W], ``spoiled`` [N,4,H,W]. Every frame counts by the square root of its hole's
    size: a scratch is not lost beside a tag.
    """
    inside = (spoiled[:, 3:] > 0).float()
    sizes = inside.sum(dim=(1, 2, 3), keepdim=True).clamp(min=1.0)
    weights = inside / sizes.sqrt()
    error = output - truth
    total = (_smooth_abs(error) * weights).sum()
    for axis in (2, 3):
        step = error.diff(dim=axis)
        touched = weights.narrow(axis, 1, step.shape[axis]).maximum(weights.narrow(axis, 0, step.shape[axis]))
        total = total + GRADIENT_WEIGHT * (_smooth_abs(step) * touched).sum()
    return total / (3 * sizes.sqrt().sum())


def draw_batch(photos: list[CodedPhoto], size: int, side_px: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Return frames (spoiled [N,4,S,S], truth [N,3,S,S]) of random photos, scaled, flipped and turned at random."""
    spoiled, truth = [], []
    for index in rng.integers(0, len(photos), size):
        window = draw_window(photos[index].pixels(), side_px, rng)
        mask = draw_hole(str(rng.choice(list(KINDS), p=(0.08, 0.14, 0.14, 0.3, 0.14, 0.2))), side_px, side_px, rng)
        truth.append(window)
        spoiled.append(spoil(window, mask, rng))
    return as_tensor(spoiled), as_tensor(truth)


def spoil(window: Pixels, mask: Pixels, rng: np.random.Generator) -> Pixels:
    """Return a frame uint8 [S,S,4] with the hole ``mask`` in it: unknown, or hinted by a blurred copy of the truth."""
    if rng.random() >= HINTED_SHARE:
        return masked_frame(window, np.where(mask > 0, UNKNOWN, KNOWN).astype(np.uint8))
    hinted = np.where(mask[..., None] > 0, coarse_copy(window, rng), window)
    return masked_frame(hinted, np.where(mask > 0, HINTED, KNOWN).astype(np.uint8))


def coarse_copy(window: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the window as a fill at half its size would have left it: soft, a little off in colour."""
    side = window.shape[0]
    small = cv2.resize(window, (side // 2, side // 2), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.7:
        small = cv2.GaussianBlur(small, (0, 0), float(rng.uniform(0.4, 2.5)))
    large = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    return np.clip(large + rng.normal(0, 2.0, 3), 0, 255).astype(np.uint8)


def draw_window(photo: Pixels, side_px: int, rng: np.random.Generator) -> Pixels:
    """Return a random square of a photo, uint8 [S,S,3], most often at its own size, at most three times shrunk."""
    shorter = min(photo.shape[:2])
    most = min(3.0, shorter / side_px)
    factor = float(rng.uniform(1.0, most)) if rng.random() < 0.4 else 1.0
    taken = min(shorter, round(side_px * factor))
    top, left = pictures.choose_window(photo, taken, rng, tries=2)
    window = pictures.turn(photo[top : top + taken, left : left + taken], int(rng.integers(0, 8)))
    if taken == side_px:
        return np.ascontiguousarray(window)
    return np.asarray(cv2.resize(window, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)


def as_tensor(frames: list[Pixels]) -> Tensor:
    """Stack uint8 frames [S,S,C] into float32 [N,C,S,S] in 0..1, channels last in memory."""
    stacked = torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2).float() / 255.0
    return stacked.contiguous(memory_format=torch.channels_last)


def validation_frames(photos: list[CodedPhoto]) -> tuple[Tensor, Tensor]:
    """Return frames of the validation photos with fixed holes, the kinds by turns, nothing hinted."""
    spoiled, truth = [], []
    kinds = list(KINDS)
    for number, photo in enumerate(photos):
        rng = np.random.default_rng([7, number])
        window = draw_window(photo.pixels(), FRAME_PX, rng)
        mask = draw_hole(kinds[number % len(kinds)], FRAME_PX, FRAME_PX, rng)
        truth.append(window)
        spoiled.append(masked_frame(window, np.where(mask > 0, UNKNOWN, KNOWN).astype(np.uint8)))
    return as_tensor(spoiled), as_tensor(truth)


def validate(run: Run, spoiled: Tensor, truth: Tensor) -> float:
    """Return the mean over frames of the PSNR inside the hole, by the averaged network."""
    scores = []
    with torch.no_grad():
        for frame, goal in zip(spoiled.split(1), truth.split(1), strict=True):
            inside = frame[:, 3:] > 0
            error = (run.average(frame).clamp(0, 1) - goal) ** 2
            scores.append(-10 * float(torch.log10((error * inside).sum() / (3 * inside.sum()) + 1e-9)))
    return float(np.mean(scores))


def load_photos(data: Path, limit: int | None = None) -> tuple[list[CodedPhoto], list[CodedPhoto], list[DataUse]]:
    """Return (training photos, validation photos, what was used)."""
    clothing = pictures.clothing_photos(data, "train")[:limit]
    grocery = pictures.grocery_photos(data)[:limit]
    photos = [CodedPhoto(path.read_bytes()) for path in clothing + grocery]
    photos = [photo for photo in photos if min(photo.pixels().shape[:2]) >= FRAME_PX]
    validation = [CodedPhoto(path.read_bytes()) for path in pictures.clothing_photos(data, "val")[::9]]
    uses = [
        DataUse("clothing dataset (small)", "CC0 1.0", "train", len(clothing), "windows, with drawn holes"),
        DataUse("Grocery Store", "MIT", "train", len(grocery), "windows, with drawn holes"),
    ]
    return photos, validation, uses


def _smooth_abs(difference: Tensor, epsilon: float = 0.03) -> Tensor:
    """Charbonnier's, quadratic up to ε: where the truth cannot be known, its mean is a better guide than its median."""
    return torch.sqrt(difference**2 + epsilon**2)
