"""Train the edger: patches along the edges of composites, with the coarse matte that a frame network leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.models.edger import Edger
from engine.training import data as pictures
from engine.training.cards import folder_of
from engine.training.cutout_coarse import coarse_matte, enlarge
from engine.training.cutout_losses import edge_loss
from engine.training.cutout_mattes import Cutout, load_matte, matte_paths
from engine.training.cutout_pictures import training_groceries
from engine.training.cutout_scenes import compose, spoil
from engine.training.cutout_shapes import draw_shape
from engine.training.data import DataUse, Pixels
from engine.training.inference import Network
from engine.training.run import Run, Schedule

SCHEDULE = Schedule(steps=1400, batch=8, learning_rate=2e-3, weight_decay=0.01, validate_every=100, ema_decay=0.99)
PATCH_PX = 96
SCENE_PX = 320
SEEN_SCENE_PX = (512, 768)  # scenes that the frame network itself looks at, so that its matte is enlarged 2 to 3 times
SEEN_SHARE = 0.35
LEAST_SEEN = 0.88  # overlap with the truth; where the frame network missed half a product, edges cannot help
PATCHES = 5  # of each scene
LONGEST_MATTE_PX = 800
PHOTOS = 400
VALIDATION_SCENES = 24
EXTENTS = (0.5, 1.5)
WEIGHTS = Path("engine/weights")


class SeesMattes(Protocol):
    """A frame network: a photo of any size in, its small matte in 0..1 out."""

    def predict_matte(self, image: Pixels) -> NDArray[np.float32]:
        """Return the matte [h,w] of an image [H,W,3]."""
        ...


@dataclass
class EdgeStock:
    """What edge patches are drawn from."""

    mattes: list[Cutout]
    photos: list[Pixels]  # at full size: backgrounds, and cloth for drawn shapes
    frames: SeesMattes | None = None  # the frame network whose faults are to be mended, when there is one


@dataclass(frozen=True)
class Patch:
    """One training example."""

    seen: NDArray[np.uint8]  # [P,P,4]: RGB and the coarse matte
    alpha: NDArray[np.float32]  # [P,P]


def build() -> Edger:
    """Return an untrained edger: its output is its coarse matte."""
    return Edger()


def load_examples(data: Path, limit: int | None = None) -> tuple[list[EdgeStock], list[Patch], list[DataUse]]:
    """Return (the stock to draw from, validation patches, what was used)."""
    mattes = [load_matte(path, LONGEST_MATTE_PX) for path in matte_paths(data, held_out=False)[:limit]]
    paths = pictures.clothing_photos(data, "train")
    photos = [pictures.load_rgb(path) for path in paths[:: max(1, len(paths) // (limit or PHOTOS))]]
    groceries = training_groceries(data)[::2][:limit]
    photos += [pictures.load_rgb(path) for path in groceries]
    stock = EdgeStock(mattes, photos, Network(folder_of(WEIGHTS, "cutout"), threads=1))
    validation = [pictures.load_rgb(path) for path in pictures.clothing_photos(data, "val")[: limit or PHOTOS : 4]]
    rng = np.random.default_rng(0)
    unseen = EdgeStock(mattes, validation, stock.frames)
    patches = [patch for _ in range(VALIDATION_SCENES) for patch in draw_patches(unseen, rng)]
    uses = [
        DataUse("product mattes", "BSD-3-Clause", "40 of 57", len(mattes), "true alpha over any background"),
        DataUse("clothing dataset (small)", "CC0 1.0", "train", len(photos) - len(groceries), "backgrounds and cloth"),
        DataUse("Grocery Store", "MIT", "every fourth", len(groceries), "backgrounds and cloth"),
    ]
    return [stock], patches, uses


def train(run: Run, stocks: list[EdgeStock], validation: list[Patch]) -> None:
    """Train until the schedule's end; validates the averaged weights by minus the mean absolute error, in levels."""
    waiting: list[Patch] = []
    for step in run.steps():
        rng = np.random.default_rng([run.schedule.seed, step])
        while len(waiting) < 4 * run.schedule.batch:  # patches of one scene shall not fill a batch
            waiting.extend(draw_patches(stocks[0], rng))
        rng.shuffle(waiting)  # type: ignore[arg-type]
        batch, waiting = waiting[: run.schedule.batch], waiting[run.schedule.batch :]
        seen, alpha = as_tensors(batch)
        run.learn(edge_loss(run.model.unbounded(seen), alpha))  # type: ignore[operator]
        if run.due():
            run.record("val_minus_error_levels", -validate(run, validation))


def draw_patches(stock: EdgeStock, rng: np.random.Generator) -> list[Patch]:
    """Return patches along the edges of one new composite."""
    by_network = rng.random() < SEEN_SHARE
    size = int(rng.integers(SEEN_SCENE_PX[0], SEEN_SCENE_PX[1])) if by_network else SCENE_PX
    ground = _window(stock.photos[int(rng.integers(len(stock.photos)))], size, rng)
    extents = (0.4, 1.0) if by_network else EXTENTS
    scene = compose(_draw_cutout(stock, size, rng), ground, rng, extents)
    image = spoil(scene.image, rng)
    coarse = enlarge(stock.frames.predict_matte(image), (size, size)) if by_network and stock.frames else None
    if coarse is None or _share_seen(coarse, scene.alpha) < LEAST_SEEN:
        coarse = coarse_matte(scene.alpha, rng)
    seen = np.dstack([image, coarse])
    places = _edge_places(scene.alpha, coarse, rng)
    return [
        Patch(seen[y : y + PATCH_PX, x : x + PATCH_PX], scene.alpha[y : y + PATCH_PX, x : x + PATCH_PX])
        for y, x in places
    ]


def as_tensors(patches: list[Patch]) -> tuple[Tensor, Tensor]:
    """Return (photos with coarse mattes [N,4,P,P], alphas [N,1,P,P]), all in 0..1."""
    seen = torch.from_numpy(pictures.as_batch([patch.seen for patch in patches]))
    alpha = torch.from_numpy(np.stack([patch.alpha for patch in patches])[:, None])
    return seen.contiguous(memory_format=torch.channels_last), alpha


def validate(run: Run, patches: list[Patch]) -> float:
    """Return the mean absolute error of the averaged network on the patches, in 8-bit levels."""
    seen, alpha = as_tensors(patches)
    with torch.no_grad():
        errors = [(run.average(s) - a).abs().mean() for s, a in zip(seen.split(16), alpha.split(16), strict=True)]
    return float(torch.stack(errors).mean() * 255)


def frayed(cutout: Cutout, rng: np.random.Generator) -> Cutout:
    """Return the cut-out with fibres, hairs or fringes standing out of its edge; its colours must reach beyond it."""
    codes = np.asarray(cutout.alpha * 255, np.uint8)
    contours, _ = cv2.findContours(np.asarray(codes > 127, np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    drawn = codes.copy()
    length, density, lean = rng.uniform(3, 16), rng.uniform(0.05, 0.5), rng.normal(0, 0.6)
    centre = np.array(codes.shape[::-1]) / 2
    for contour in contours:
        points = contour[:, 0, :].astype(np.float32)
        for point in points[rng.random(len(points)) < density]:
            away = point - centre
            angle = np.arctan2(away[1], away[0]) + lean + rng.normal(0, 0.35)
            tip = point + length * rng.uniform(0.3, 1.0) * np.array([np.cos(angle), np.sin(angle)])
            ends = [tuple(np.rint(end * 8).astype(int).tolist()) for end in (point, tip)]
            cv2.line(drawn, ends[0], ends[1], int(rng.uniform(90, 255)), 1, cv2.LINE_AA, 3)
    return Cutout(cutout.image, np.asarray(np.maximum(drawn, codes) / np.float32(255), np.float32))


def _share_seen(coarse: NDArray[np.uint8], alpha: NDArray[np.float32]) -> float:
    first, second = coarse > 127, alpha > 0.5
    return float((first & second).sum() / max(1, (first | second).sum()))


def _draw_cutout(stock: EdgeStock, size: int, rng: np.random.Generator) -> Cutout:
    if rng.random() < 0.55:
        return stock.mattes[int(rng.integers(len(stock.mattes)))]
    cloth = _window(stock.photos[int(rng.integers(len(stock.photos)))], 256, rng)
    shape = draw_shape(min(size, 400), rng, [cloth])
    return frayed(shape, rng) if rng.random() < 0.4 else shape


def _window(photo: Pixels, size: int, rng: np.random.Generator) -> Pixels:
    """Return a random square of the photo, enlarged to ``size`` only where the photo is smaller."""
    side = min(size, *photo.shape[:2])
    y, x = (int(rng.integers(0, extent - side + 1)) for extent in photo.shape[:2])
    window = np.ascontiguousarray(np.rot90(photo[y : y + side, x : x + side], int(rng.integers(4))))
    return window if side == size else np.asarray(cv2.resize(window, (size, size)), np.uint8)


def _edge_places(
    alpha: NDArray[np.float32], coarse: NDArray[np.uint8], rng: np.random.Generator
) -> list[tuple[int, int]]:
    """Return top left corners of patches; most of them on an edge of the true or the coarse matte."""
    limit = alpha.shape[0] - PATCH_PX
    doubtful = ((alpha > 0.02) & (alpha < 0.98)) | ((coarse > 40) & (coarse < 215))
    ys, xs = np.nonzero(doubtful)
    places = []
    for _ in range(PATCHES):
        if len(ys) and rng.random() < 0.92:
            pick = int(rng.integers(len(ys)))
            y, x = (int(v + rng.integers(-30, 31)) - PATCH_PX // 2 for v in (ys[pick], xs[pick]))
        else:
            y, x = (int(v) for v in rng.integers(0, limit + 1, 2))
        places.append((min(max(y, 0), limit), min(max(x, 0), limit)))
    return places
