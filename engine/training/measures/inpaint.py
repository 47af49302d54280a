"""Filling holes, measured inside fixed holes of test photos beside OpenCV's two classical methods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.inpainting import fill_holes
from engine.quality.metrics import psnr
from engine.training.data import Pixels, as_batch, clothing_photos, evenly, load_rgb
from engine.training.holes import KINDS, draw_hole
from engine.training.inference import Network
from engine.training.measures.perceptual import gradient_deviation, texture_distance
from engine.training.measures.scores import Metric, Scores

PHOTOS = 60
SEED = 20260102
CLASSICAL_PX = 3  # the radius that OpenCV's methods look around

Hole = NDArray[np.bool_]
Method = Callable[[Pixels, Hole], Pixels]


@dataclass(frozen=True)
class Damaged:
    """A test photo [H,W,3], a hole [H,W] in it, and the kind that the hole is of."""

    photo: Pixels
    hole: Hole
    kind: str


def measure_inpaint(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """PSNR inside the hole in all, by kind of hole, and two perceptual distances, see `perceptual`."""
    quality = {kind: Scores() for kind in KINDS}
    total, slopes, texture = Scores(), Scores(), Scores()
    for damaged in damaged_photos(data, limit or PHOTOS):
        for method, fill in methods(network).items():
            output = fill(damaged.photo, damaged.hole)
            score = hole_psnr(output, damaged)
            total.add(method, score)
            quality[damaged.kind].add(method, score)
            slopes.add(method, gradient_deviation(output, damaged.photo, damaged.hole))
            texture.add(method, texture_distance(output, damaged.photo, damaged.hole))
    name = "clothing test photos"
    kinds = [quality[kind].metric("hole_psnr_db", f"{name}, {kind}") for kind in KINDS]
    return [total.metric("hole_psnr_db", name), slopes.metric("gmsd", name), texture.metric("texture", name), *kinds]


def methods(network: Network) -> dict[str, Method]:
    """The operation ("model"), its parts by themselves, and what it must beat; each leaves what is outside alone."""
    return {
        "model": lambda photo, hole: fill_holes(photo, hole, network_fill(network)),
        "without texture": lambda photo, hole: fill_holes(photo, hole, network_fill(network), textured=False),
        "prefill": lambda photo, hole: fill_holes(photo, hole, prefill, textured=False),
        "prefill, texture": lambda photo, hole: fill_holes(photo, hole, prefill),
        "Telea": lambda photo, hole: classical(photo, hole, cv2.INPAINT_TELEA),
        "Navier-Stokes": lambda photo, hole: classical(photo, hole, cv2.INPAINT_NS),
    }


def damaged_photos(data: Path, count: int) -> Iterator[Damaged]:
    """Yield ``count`` test photos, evenly chosen, with fixed holes; the kinds take turns."""
    kinds = list(KINDS)
    for number, path in enumerate(evenly(clothing_photos(data, "test"), count)):
        photo, kind = load_rgb(path), kinds[number % len(kinds)]
        hole = draw_hole(kind, *photo.shape[:2], np.random.default_rng([SEED, number])) > 0
        yield Damaged(photo, hole, kind)


def hole_psnr(output: Pixels, damaged: Damaged) -> float:
    """Return the PSNR over the hole's pixels in dB; at most 60, so that one trivial hole does not carry the mean."""
    return min(60.0, psnr(output[damaged.hole], damaged.photo[damaged.hole]))


def network_fill(network: Network) -> Callable[[Sequence[Image]], list[Floats]]:
    """Return the committed network as `fill_holes` asks for it."""
    return lambda frames: [network.run(as_batch([frame]))[0] for frame in frames]


def prefill(frames: Sequence[Image]) -> list[Floats]:
    """A network that adds nothing: what flowed in from the edges is the fill."""
    return [as_batch([frame[..., :3]])[0] for frame in frames]


def classical(photo: Pixels, hole: Hole, method: int) -> Pixels:
    """Fill by OpenCV's ``method``, INPAINT_TELEA or INPAINT_NS."""
    return np.asarray(cv2.inpaint(photo, hole.astype(np.uint8), CLASSICAL_PX, method), np.uint8)
