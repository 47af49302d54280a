"""Train the relighter: small frames of photos, badly lit anew at every step, or left as they are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from engine.models.light import apply_light, brighten, decode_srgb, encode_srgb, spline_weights
from engine.models.relighter import MAP_SIDE, Relighter
from engine.training import data as pictures
from engine.training.cutout_scenes import turn_hues
from engine.training.data import DataUse, Pixels
from engine.training.faults import LightFault, draw_fault, fault_for_evaluation, is_well_lit, light_badly
from engine.training.losses import colour_difference
from engine.training.run import Run, Schedule
from engine.training.uneven import uneven_gains, unevenness_for_evaluation

SCHEDULE = Schedule(steps=8000, batch=16, learning_rate=1.5e-3, weight_decay=0.02, validate_every=400)
FRAME_PX = 96
STORED_PX = 116  # frames are kept a little larger and cropped at random
PIXEL_STRIDE = 3  # the loss looks at every third pixel in each direction, at a random phase
CLEAN_WEIGHT = 2.0  # of a frame without a fault
MAP_WEIGHT = 20.0  # of the map's error, beside a colour difference of 1
MAP_DOUBT_STOPS = 0.5  # up to which the map's error is squared
OTHER_HUES_SHARE = 0.3  # of the frames with a known product, which may then take other hues (`turn_hues`)
WHITE_GROUND_SHARE = 0.08  # of the frames: the product laid on a shop's white ground


@dataclass(frozen=True)
class LitFrame:
    """A small well-lit picture and where its product is."""

    image: Pixels  # [STORED_PX, STORED_PX, 3]
    product: NDArray[np.float32] | None  # [STORED_PX, STORED_PX] in 0..1; None: not known


class Batch(NamedTuple):
    """Badly lit and well-lit frames, float32 [N,3,F,F] in 0..1, and the weights of their pixels, [N,1,F,F].

    `stops` [N,3,MAP_SIDE,MAP_SIDE] is the map that makes the uneven light even: zeros where it was.
    """

    bad: torch.Tensor
    good: torch.Tensor
    weights: torch.Tensor
    stops: torch.Tensor


def build() -> Relighter:
    """Return an untrained relighter."""
    return Relighter()


def train(run: Run, frames: list[LitFrame], validation: list[LitFrame]) -> None:
    """Train until the schedule's end; validates the averaged weights by minus the mean colour difference."""
    for step in run.steps():
        rng = np.random.default_rng([run.schedule.seed, step])
        run.learn(loss(run.model, draw_batch(frames, run.schedule.batch, rng), rng))
        if run.due():
            run.record("val_minus_colour_difference", -validate(run, validation))


def loss(model: torch.nn.Module, batch: Batch, rng: np.random.Generator) -> torch.Tensor:
    """Return the colour difference of the corrected frames on a sparse grid of pixels; the exact light, not its LUT.

    The map's error is added, squared as long as it is small (Huber's): most maps are nothing, and an absolute error
    makes nothing of every doubt.
    """
    y, x = rng.integers(0, PIXEL_STRIDE, 2)
    sparse = np.s_[..., y::PIXEL_STRIDE, x::PIXEL_STRIDE]
    assert isinstance(model, Relighter)
    parameters, stops = model.predict(batch.bad)
    weights = spline_weights(MAP_SIDE, FRAME_PX)
    local = weights[y::PIXEL_STRIDE] @ stops @ weights[x::PIXEL_STRIDE].T
    relit = brighten(decode_srgb(apply_light(parameters, batch.bad[sparse])), local)
    difference = colour_difference(encode_srgb(relit), batch.good[sparse], batch.weights[sparse])
    return difference + MAP_WEIGHT * functional.huber_loss(stops, batch.stops, delta=MAP_DOUBT_STOPS)


def draw_batch(frames: list[LitFrame], size: int, rng: np.random.Generator) -> Batch:
    """Return random frames, cropped and flipped at random, badly lit or (some) as they are."""
    bad, good, weights, faults = [], [], [], []
    for index in rng.integers(0, len(frames), size):
        image, product = _draw_view(frames[index], rng)
        fault = draw_fault(rng)
        faults.append(fault)
        good.append(image)
        bad.append(light_badly(image, fault, rng))
        weights.append((0.5 + product) * np.float32(CLEAN_WEIGHT if fault == LightFault(noise=fault.noise) else 1.0))
    return _stack(bad, good, weights, faults)


def validate(run: Run, frames: list[LitFrame]) -> float:
    """Return the mean colour difference of the averaged network: fixed faults 1/2, uneven light and none 1/4 each.

    Each with the map's error.
    """
    whole = [_resized(frame, np.s_[:, :]) for frame in frames]
    images, weights = [image for image, _ in whole], [0.5 + product for _, product in whole]
    faults = (fault_for_evaluation, _uneven, lambda _index: LightFault())
    parts = []
    for draw in faults:
        fixed = [draw(index) for index in range(len(images))]
        spoiled = [light_badly(images[i], fault, np.random.default_rng([1, i])) for i, fault in enumerate(fixed)]
        with torch.no_grad():
            batch = _stack(spoiled, images, weights, fixed)
            parts.append(float(loss(run.average, batch, np.random.default_rng(0))))
    print(f"fixed faults {parts[0]:.3f}, uneven light {parts[1]:.3f}, no fault {parts[2]:.3f}", flush=True)
    return float(np.average(parts, weights=(2, 1, 1)))


def load_frames(data: Path, limit: int | None = None) -> tuple[list[LitFrame], list[LitFrame], list[DataUse]]:
    """Return (training frames, validation frames, what was used); photos in bad light themselves are left out."""
    clothing = [_clothing_frame(data, path) for path in pictures.clothing_photos(data, "train")[:limit]]
    grocery = [_plain_frame(path) for path in pictures.grocery_photos(data)[:limit]]
    clothing, grocery = [f for f in clothing if is_well_lit(f.image)], [f for f in grocery if is_well_lit(f.image)]
    validation = [_clothing_frame(data, path) for path in pictures.clothing_photos(data, "val")[::2]]
    uses = [
        DataUse(
            "clothing dataset (small)", "CC0 1.0", "train", len(clothing), "the well-lit ones; masks weigh the product"
        ),
        DataUse("Grocery Store", "MIT", "train", len(grocery), "the well-lit ones"),
    ]
    return clothing + grocery, validation, uses


def _draw_view(frame: LitFrame, rng: np.random.Generator) -> tuple[Pixels, NDArray[np.float32]]:
    height, width = rng.integers(round(0.7 * STORED_PX), STORED_PX + 1, 2)
    top, left = rng.integers(0, STORED_PX - height + 1), rng.integers(0, STORED_PX - width + 1)
    image, product = _resized(frame, np.s_[top : top + height, left : left + width])
    if frame.product is not None and rng.random() < OTHER_HUES_SHARE:
        colours = turn_hues(image.astype(np.float32), rng)
        image = np.asarray(image + product[:, :, None] * (colours - image) + 0.5, np.uint8)
    if frame.product is not None and rng.random() < WHITE_GROUND_SHARE:
        ground = np.float32(rng.uniform(235, 255))
        image = np.asarray(ground + product[:, :, None] * (image - ground) + 0.5, np.uint8)
    turned = int(rng.integers(8))
    return np.ascontiguousarray(pictures.turn(image, turned)), pictures.turn(product, turned)


def _resized(frame: LitFrame, cut: tuple[slice, slice]) -> tuple[Pixels, NDArray[np.float32]]:
    """Return the cut of a frame and of its product at FRAME_PX; 0.5 where the product is not known."""
    image = cv2.resize(frame.image[cut], (FRAME_PX, FRAME_PX), interpolation=cv2.INTER_AREA)
    if frame.product is None:
        return np.asarray(image, np.uint8), np.full((FRAME_PX, FRAME_PX), 0.5, np.float32)
    product = cv2.resize(frame.product[cut], (FRAME_PX, FRAME_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(image, np.uint8), np.asarray(product, np.float32)


def _stack(
    bad: list[Pixels], good: list[Pixels], weights: list[NDArray[np.float32]], faults: list[LightFault]
) -> Batch:
    return Batch(
        torch.from_numpy(pictures.as_batch(bad)),
        torch.from_numpy(pictures.as_batch(good)),
        torch.from_numpy(np.stack(weights)[:, None]),
        torch.from_numpy(np.stack([_true_map(fault) for fault in faults])),
    )


def _true_map(fault: LightFault) -> NDArray[np.float32]:
    if fault.uneven is None:
        return np.zeros((3, MAP_SIDE, MAP_SIDE), np.float32)
    return np.asarray(-np.log2(uneven_gains(fault.uneven, MAP_SIDE, MAP_SIDE)).transpose(2, 0, 1), np.float32)


def _uneven(index: int) -> LightFault:
    return LightFault(uneven=unevenness_for_evaluation(index, seed=1))


def _clothing_frame(data: Path, path: Path) -> LitFrame:
    product = cv2.resize(pictures.clothing_mask(data, path), (STORED_PX, STORED_PX), interpolation=cv2.INTER_AREA)
    return LitFrame(_small(pictures.load_rgb(path)), np.asarray(product, np.float32))


def _plain_frame(path: Path) -> LitFrame:
    return LitFrame(_small(pictures.load_rgb(path)), None)


def _small(image: Pixels) -> Pixels:
    return np.asarray(cv2.resize(image, (STORED_PX, STORED_PX), interpolation=cv2.INTER_AREA), np.uint8)
