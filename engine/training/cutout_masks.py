"""The clothing masks: which can be learnt from or measured against, and how they are cleaned. No network looks on."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.training import data as pictures
from engine.training.data import Pixels

LONGEST_DOUBT = 0.06  # share of uncertain pixels
FOREGROUND = (0.05, 0.75)
LEAST_PART = 0.04  # of the largest part; a shoe's twin is larger, a speck is smaller
LARGEST_PINHOLE = 0.01  # of the product
LEAST_EDGE = 1.6  # how much more the photo changes along the mask's edge than beside it


@dataclass(frozen=True)
class Masked:
    """A photo with its product's cleaned mask."""

    image: Pixels  # [H,W,3]
    mask: NDArray[np.uint8]  # [H,W], 0..255


def confident_photos(data: Path, split: str) -> list[Path]:
    """Return the photos of ``split`` whose masks the table of masks calls sure and of a sensible size, in order."""
    with (data / "clothing" / "masks.csv").open(newline="", encoding="utf-8") as file:
        sure = {row["mask"].removesuffix(".png") for row in csv.DictReader(file) if _sensible(row)}
    photos = data / "clothing" / "photos"
    return [
        path
        for path in pictures.clothing_photos(data, split)
        if path.relative_to(photos).with_suffix("").as_posix() in sure
    ]


def clean_mask(image: Pixels, mask: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return the mask without specks and without pinholes over prints, or None when the photo contradicts it.

    A hole that the product encloses is filled when it is small and its colour is nearer to the product around it than
    to the background: a print, a button. The photo contradicts a mask when it changes hardly more along the mask's
    edge than beside it, or when the ring outside looks like the product inside and unlike the rest of the background:
    then the mask has caught a part of the product, often the print of a shirt.
    """
    solid = _large_parts(np.asarray(mask > 0.5, np.uint8))
    if not solid.any():
        return None
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float32)
    solid = _fill_pinholes(lab, solid)
    if edge_ratio(lab, solid) < LEAST_EDGE or _only_a_part(lab, solid):
        return None
    near = cv2.dilate(solid, np.ones((9, 9), np.uint8)) > 0
    inner = cv2.erode(solid, np.ones((9, 9), np.uint8)) > 0
    return np.asarray(np.where(inner, 1.0, np.where(near, mask, 0.0)), np.float32)


def edge_ratio(lab: NDArray[np.float32], solid: NDArray[np.uint8]) -> float:
    """Return how strongly a photo (Lab, [H,W,3]) changes along the edge of a mask, against the bands beside it."""
    change = np.zeros(solid.shape, np.float32)
    for channel in range(3):
        smooth = cv2.GaussianBlur(lab[..., channel], (0, 0), 1.5)
        change += cv2.Sobel(smooth, cv2.CV_32F, 1, 0) ** 2 + cv2.Sobel(smooth, cv2.CV_32F, 0, 1) ** 2
    change = np.sqrt(change)
    edge = _band(solid, 5) > 0
    beside = (_band(solid, 31) > 0) & (_band(solid, 15) == 0)
    return float(change[edge].mean() / (change[beside].mean() + 1e-3)) if edge.any() and beside.any() else 0.0


def _sensible(row: dict[str, str]) -> bool:
    return float(row["uncertain_fraction"]) < LONGEST_DOUBT and (
        FOREGROUND[0] < float(row["foreground_fraction"]) < FOREGROUND[1]
    )


def _large_parts(solid: NDArray[np.uint8]) -> NDArray[np.uint8]:
    count, labels, facts, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    areas = facts[:, cv2.CC_STAT_AREA]
    kept = [index for index in range(1, count) if areas[index] >= LEAST_PART * areas[1:].max()]
    return np.asarray(np.isin(labels, kept), np.uint8)


def _fill_pinholes(lab: NDArray[np.float32], solid: NDArray[np.uint8]) -> NDArray[np.uint8]:
    outside = np.asarray(1 - solid, np.uint8)
    count, labels, facts, _ = cv2.connectedComponentsWithStats(outside, connectivity=4)
    edge_labels = set(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]).tolist())
    background = lab[outside > 0].mean(axis=0)
    filled = solid.copy()
    for index in range(1, count):
        area = facts[index, cv2.CC_STAT_AREA]
        if index in edge_labels or area > LARGEST_PINHOLE * solid.sum():
            continue
        hole = labels == index
        rim = (cv2.dilate(np.asarray(hole, np.uint8), np.ones((9, 9), np.uint8)) > 0) & (solid > 0)
        colour = lab[hole].mean(axis=0)
        nearer = np.linalg.norm(colour - lab[rim].mean(axis=0)) < np.linalg.norm(colour - background)
        if nearer or area < 12:
            filled[hole] = 1
    return filled


def _only_a_part(lab: NDArray[np.float32], solid: NDArray[np.uint8]) -> bool:
    """Return whether the mask's surroundings differ from the picture's border as a shirt around its print does."""
    height, width = solid.shape
    reach = max(4, min(height, width) // 24)
    ring = (_band(solid, 2 * reach + 1) > 0) & (cv2.dilate(solid, np.ones((5, 5), np.uint8)) == 0)
    frame = np.zeros(solid.shape, bool)
    frame[:reach], frame[-reach:], frame[:, :reach], frame[:, -reach:] = True, True, True, True
    frame &= solid == 0
    if not ring.any() or frame.sum() < 50 or solid.mean() > 0.25:
        return False
    around, border = np.median(lab[ring], axis=0), np.median(lab[frame], axis=0)
    spread = float(lab[ring].std(axis=0).mean())
    return float(np.linalg.norm(around - border)) > 60 and spread < 25


def _band(solid: NDArray[np.uint8], width_px: int) -> NDArray[np.uint8]:
    kernel = np.ones((width_px, width_px), np.uint8)
    return np.asarray(cv2.dilate(solid, kernel) - cv2.erode(solid, kernel), np.uint8)
