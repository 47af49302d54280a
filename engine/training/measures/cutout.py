"""Cutting out, measured: overlap with cleaned test masks, and the matting errors over true mattes held out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.training.cutout_coarse import enlarge
from engine.training.data import Pixels
from engine.training.inference import Network
from engine.training.measures.cutout_scenes import held_out_scenes, test_photos
from engine.training.measures.scores import Metric, Scores

Plane = NDArray[np.float32]
MASKS = "clothing test photos, cleaned masks"
MATTES = "held-out true mattes over test photos' backgrounds"
GRABCUT_PX = 200


def measure_cutout(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """The frame network alone, its matte enlarged bilinearly; beside GrabCut from a rectangle."""
    return _measure({"model": lambda image: coarse(network, image), "grabcut": _grabcut}, data, limit)


def measure_edges(network: Network, data: Path, limit: int | None) -> list[Metric]:
    """What the newest frame network beside it sees, after ``network`` has sharpened it; beside the frame alone."""
    frames = Network(sorted(network.folder.parent.glob("cutout-[0-9]*"))[-1])
    methods = {"model": lambda image: sharpened(frames, network, image), "cutout alone": lambda i: coarse(frames, i)}
    return _measure(methods, data, limit)


def coarse(frames: Network, image: Pixels) -> Plane:
    """Return the frame network's matte at the size of the image, [H,W] in 0..1."""
    height, width = image.shape[:2]
    return enlarge(frames.predict_matte(image), (height, width)).astype(np.float32) / 255.0


def sharpened(frames: Network, edges: Network, image: Pixels) -> Plane:
    """Return the matte [H,W] in 0..1 after both networks, at the size of the image."""
    height, width = image.shape[:2]
    seen = np.dstack([image, enlarge(frames.predict_matte(image), (height, width))])
    return edges.apply(seen)[..., 0].astype(np.float32) / 255.0


def overlap(matte: Plane, truth: Plane) -> float:
    """Return the intersection over union of two mattes, both cut at a half."""
    first, second = matte > 0.5, truth > 0.5
    return float((first & second).sum() / max(1, (first | second).sum()))


def gradient_error(matte: Plane, truth: Plane) -> float:
    """Return the gradient error of Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting" (2009).

    The sum of (|∇α| - |∇α*|)² over the picture, the gradients taken with first-order Gaussian derivatives of sigma
    1.4, in thousands.
    """
    difference = _slope(matte) - _slope(truth)
    return float(np.sum(difference**2) / 1000)


def _measure(methods: dict[str, Callable[[Pixels], Plane]], data: Path, limit: int | None) -> list[Metric]:
    on_masks, on_mattes, share = Scores(), Scores(), Scores()
    sad, mse, gradient = Scores(), Scores(), Scores()
    for masked in test_photos(data, limit):
        truth = masked.mask.astype(np.float32) / 255.0
        for method, predict in methods.items():
            score = overlap(predict(masked.image), truth)
            on_masks.add(method, score)
            share.add(method, float(score >= 0.9))
    for scene in held_out_scenes(data, limit):
        for method, predict in methods.items():
            matte = predict(scene.image)
            on_mattes.add(method, overlap(matte, scene.alpha))
            sad.add(method, float(np.abs(matte - scene.alpha).sum() / 1000))
            mse.add(method, float(np.mean((matte - scene.alpha) ** 2) * 1000))
            gradient.add(method, gradient_error(matte, scene.alpha))
    return [
        on_masks.metric("iou", MASKS),
        share.metric("share_iou_over_0.9", MASKS),
        on_mattes.metric("iou", MATTES),
        sad.metric("sad_thousands", MATTES),
        mse.metric("mse_thousandths", MATTES),
        gradient.metric("gradient_thousands", MATTES),
    ]


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
