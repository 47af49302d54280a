"""Cutting out, measured: overlap with cleaned test masks, and the matting errors over true mattes held out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.pixels.closeup import find_product
from engine.training.cards import folder_of
from engine.training.cutout_coarse import enlarge
from engine.training.cutout_scenes import Scene
from engine.training.data import Pixels
from engine.training.inference import Network
from engine.training.measures.cutout_scenes import floors, held_out_scenes, shelves, test_photos
from engine.training.measures.scores import Metric, Scores

Plane = NDArray[np.float32]
Methods = dict[str, Callable[[Pixels], Plane]]
MASKS = "clothing test photos, cleaned masks"
MATTES = "held-out true mattes over "
GRABCUT_PX = 200


def measure_cutout(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """The frame network alone, its matte enlarged bilinearly; beside GrabCut from a rectangle."""
    return _measure({"model": lambda image: coarse(network, image), "grabcut": _grabcut}, data, limit)


def measure_edges(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """What the cutout operation makes of both networks, beside the frame network alone, enlarged bilinearly."""
    frames = Network(folder_of(network.folder.parent, "cutout"))
    methods = {"model": lambda image: cut_out(frames, network, image), "cutout alone": lambda i: coarse(frames, i)}
    return [*_measure(methods, data, limit), *_measure_doubts(frames, network, data, limit)]


def coarse(frames: Network, image: Pixels) -> Plane:
    """Return the frame network's matte at the size of the image, [H,W] in 0..1."""
    height, width = image.shape[:2]
    return enlarge(frames.predict_matte(image), (height, width)).astype(np.float32) / 255.0


def cut_out(frames: Network, edges: Network, image: Pixels) -> Plane:
    """Return the alpha [H,W] in 0..1 as the cutout operation makes it of both networks."""
    found = find_product(image, frames.predict_matte, edges.apply)
    return found.alpha(image).astype(np.float32) / np.float32(255)


def overlap(matte: Plane, truth: Plane) -> float:
    """Return the intersection over union of two mattes, both cut at a half."""
    first, second = matte > 0.5, truth > 0.5
    return float((first & second).sum() / max(1, (first | second).sum()))


def gradient_error(matte: Plane, truth: Plane) -> float:
    """Return the gradient error of Rhemann et al. 2009, "A Perceptually Motivated Online Benchmark for Image Matting".

    The sum of (|∇α| - |∇α*|)² over the picture, the gradients taken with first-order Gaussian derivatives of sigma
    1.4, in thousands.
    """
    difference = _slope(matte) - _slope(truth)
    return float(np.sum(difference**2) / 1000)


def _measure(methods: Methods, data: Path, limit: int | None) -> list[Metric]:
    on_masks, share = Scores(), Scores()
    for masked in test_photos(data, limit):
        truth = masked.mask.astype(np.float32) / 255.0
        for method, predict in methods.items():
            score = overlap(predict(masked.image), truth)
            on_masks.add(method, score)
            share.add(method, float(score >= 0.9))
    metrics = [on_masks.metric("iou", MASKS), share.metric("share_iou_over_0.9", MASKS)]
    for name, grounds in (("test photos' floors and walls", floors(data)), ("shelves and fruit", shelves(data))):
        metrics += _measure_mattes(methods, held_out_scenes(data, grounds, limit), MATTES + name)
    return metrics


def _measure_doubts(frames: Network, edges: Network, data: Path, limit: int | None) -> list[Metric]:
    """How many of the bad cutouts the operation warns of, and how many of the good ones."""
    truths = [(masked.image, masked.mask.astype(np.float32) / 255.0) for masked in test_photos(data, limit)]
    for grounds in (floors(data), shelves(data)):
        truths += [(scene.image, scene.alpha) for scene in held_out_scenes(data, grounds, limit)]
    doubted: dict[str, Scores] = defaultdict(Scores)
    for image, truth in truths:
        found = find_product(image, frames.predict_matte, edges.apply)
        good = overlap(found.alpha(image).astype(np.float32) / np.float32(255), truth) >= 0.9
        doubted["over" if good else "under"].add("model", float(found.doubtful))
    return [
        scores.metric("share_doubted", f"cutouts of IoU {side} 0.9, masks and mattes")
        for side, scores in sorted(doubted.items())
    ]


def _measure_mattes(methods: Methods, scenes: Iterable[Scene], name: str) -> list[Metric]:
    errors: dict[str, Callable[[Plane, Plane], float]] = {
        "iou": overlap,
        "sad_thousands": lambda matte, truth: float(np.abs(matte - truth).sum() / 1000),
        "mse_thousandths": lambda matte, truth: float(np.mean((matte - truth) ** 2) * 1000),
        "gradient_thousands": gradient_error,
    }
    scores = {error: Scores() for error in errors}
    for scene in scenes:
        for method, predict in methods.items():
            matte = predict(scene.image)
            for error, measure in errors.items():
                scores[error].add(method, measure(matte, scene.alpha))
    return [scores[error].metric(error, name) for error in errors]


def _slope(matte: Plane) -> Plane:
    reach = np.arange(-6, 7, dtype=np.float32)
    bell = np.exp(-(reach**2) / (2 * 1.4**2))
    bell /= bell.sum()
    slant = -reach / 1.4**2 * bell
    x = cv2.sepFilter2D(matte, cv2.CV_32F, slant, bell, borderType=cv2.BORDER_REPLICATE)
    y = cv2.sepFilter2D(matte, cv2.CV_32F, bell, slant, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.hypot(x, y), np.float32)


def _grabcut(image: Pixels) -> Plane:
    """GrabCut (Rother et al. 2004) from a rectangle a twentieth inside the frame, on a small copy."""
    height, width = image.shape[:2]
    scale = GRABCUT_PX / max(height, width)
    small = cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
    rows, columns = small.shape[:2]
    mask = np.zeros((rows, columns), np.uint8)
    inset = (columns // 20, rows // 20, columns - columns // 10, rows - rows // 10)
    cv2.setRNGSeed(0)
    cv2.grabCut(small, mask, inset, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_RECT)
    return np.asarray(cv2.resize((mask & 1).astype(np.float32), (width, height)), np.float32)
