"""The rows of inpaint's sheet: things that merchants ask away, drawn on test photos; details at 100 %."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.pixels.masks import grow
from engine.training.data import Pixels, clothing_photos, load_rgb
from engine.training.inference import Network
from engine.training.measures.inpaint import classical, methods

DETAIL_PX = 208
MARGIN_PX = 2  # of the mask around what was drawn, as a careful merchant's brush leaves it
PHOTOS = (3, 21, 60, 101, 150, 199)  # of the test photos

Drawing = Callable[[Pixels, int, int], None]


def inpaint_rows(network: Network, data: Path) -> list[list[Pixels]]:
    """Rows of (photo with the thing, Telea's fill, ours, the photo as it was)."""
    photos = clothing_photos(data, "test")
    things = (_price_tag, _hanger, _seam, _price_tag, _sticker, _scratch)
    return [_row(network, load_rgb(photos[index]), thing) for index, thing in zip(PHOTOS, things, strict=True)]


def _row(network: Network, photo: Pixels, draw: Drawing) -> list[Pixels]:
    y, x = photo.shape[0] // 2, photo.shape[1] // 2
    drawn = photo.copy()
    draw(drawn, y, x)
    hole: NDArray[np.bool_] = grow((drawn != photo).any(axis=2), MARGIN_PX)
    ours = methods(network)["model"](drawn, hole)
    window = np.s_[y - DETAIL_PX // 2 : y + DETAIL_PX // 2, x - DETAIL_PX // 2 : x + DETAIL_PX // 2]
    return [picture[window] for picture in (drawn, classical(drawn, hole, cv2.INPAINT_TELEA), ours, photo)]


def _price_tag(photo: Pixels, y: int, x: int) -> None:
    """A white card with a price on it, at a thread."""
    cv2.line(photo, (x - 30, y - 80), (x, y - 22), (235, 235, 230), 2, cv2.LINE_AA)
    cv2.rectangle(photo, (x - 28, y - 24), (x + 28, y + 40), (248, 246, 240), -1)
    cv2.rectangle(photo, (x - 28, y - 24), (x + 28, y + 40), (170, 165, 160), 1)
    cv2.putText(photo, "19.90", (x - 24, y + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (30, 30, 30), 1, cv2.LINE_AA)


def _hanger(photo: Pixels, y: int, x: int) -> None:
    """A hook and two arms of dark wood."""
    wood = (70, 45, 30)
    cv2.ellipse(photo, (x, y - 42), (14, 14), 0, -200, 70, (120, 120, 125), 4, cv2.LINE_AA)
    cv2.line(photo, (x, y - 28), (x, y - 8), (120, 120, 125), 4, cv2.LINE_AA)
    for side in (-1, 1):
        cv2.line(photo, (x, y - 8), (x + side * 90, y + 30), wood, 11, cv2.LINE_AA)


def _seam(photo: Pixels, y: int, _x: int) -> None:
    """Where two sheets of a backdrop meet: a dark line through the whole picture."""
    cv2.line(photo, (0, y - 12), (photo.shape[1], y + 10), (60, 58, 56), 6, cv2.LINE_AA)


def _sticker(photo: Pixels, y: int, x: int) -> None:
    """A round one."""
    cv2.circle(photo, (x, y), 44, (220, 40, 45), -1, cv2.LINE_AA)
    cv2.putText(photo, "SALE", (x - 34, y + 8), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2, cv2.LINE_AA)


def _scratch(photo: Pixels, y: int, x: int) -> None:
    """Three bright scratches and some dust."""
    for shift, bend in ((-50, 12), (0, -18), (44, 8)):
        points = np.array([[x + shift - 30, y - 80], [x + shift + bend, y], [x + shift + 34, y + 84]], np.int32)
        cv2.polylines(photo, [points], False, (240, 240, 240), 3, cv2.LINE_AA)
    for step in range(12):
        cv2.circle(photo, (x - 90 + (step * 53) % 180, y - 90 + (step * 71) % 180), 2 + step % 2, (250, 250, 250), -1)
