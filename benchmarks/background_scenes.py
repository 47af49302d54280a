"""Scenes to lay products into, drawn by code so that sheets can be made anywhere: a wall and a floor, in some light."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HORIZON = 0.66
_PLANKS = 7


@dataclass(frozen=True)
class Room:
    """Paint (sRGB shares of 1) of wall and floor, the light's colour and strength, where the window is (0 to 1)."""

    wall: tuple[float, float, float]
    floor: tuple[float, float, float]
    light: tuple[float, float, float]
    window: float = 0.25


ROOMS = {
    "morning": Room((0.86, 0.85, 0.82), (0.72, 0.58, 0.44), (1.05, 1.0, 0.93)),
    "lamplight": Room((0.72, 0.66, 0.58), (0.46, 0.34, 0.25), (0.95, 0.66, 0.38), 0.8),
    "dusk": Room((0.60, 0.64, 0.70), (0.36, 0.36, 0.38), (0.34, 0.42, 0.60), 0.7),
}


def draw_room(room: Room, width: int, height: int, seed: int = 3) -> NDArray[np.uint8]:
    """A room uint8 [height,width,3], slightly out of focus, as it would be behind a product."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    y, x = (y + 0.5) / height, (x + 0.5) / width
    below = np.clip((y - _HORIZON) / (1 - _HORIZON), 0, 1)
    on_floor = (y > _HORIZON)[..., None]
    paint = np.where(on_floor, _planks(room, x, below, seed), np.array(room.wall) ** 2.2)
    glow = 0.45 + 0.75 * np.exp(-(((x - room.window) / 0.42) ** 2) - ((y - 0.3) / 0.55) ** 2)
    shade = glow * (1 - 0.35 * np.exp(-(((y - _HORIZON) / 0.025) ** 2)))
    lit = paint * shade[..., None] * np.array(room.light)
    codes = np.clip(lit, 0, 1) ** (1 / 2.2) * 255
    noise = cv2.GaussianBlur(np.random.default_rng(seed).normal(0, 5, codes.shape[:2]), (0, 0), 1.0)
    soft = cv2.GaussianBlur(codes, (0, 0), 0.004 * max(width, height)) + noise[..., None]
    return np.asarray(np.clip(np.rint(soft), 0, 255), np.uint8)


def _planks(room: Room, x: Floats, below: Floats, seed: int) -> Floats:
    """Boards that run towards the viewer, in linear light."""
    across = (x - 0.5) / (0.35 + 0.65 * below) * _PLANKS
    tone = np.random.default_rng(seed).uniform(0.75, 1.15, 8 * _PLANKS)[(np.floor(across) % (8 * _PLANKS)).astype(int)]
    gap = np.minimum(np.abs(across - np.round(across)) / (0.06 - 0.03 * below), 1)
    grain = 1 + 0.06 * np.sin(across * 40 + 3 * np.sin(9 * below))
    return np.asarray((tone * grain * (0.5 + 0.5 * gap))[..., None] * np.array(room.floor) ** 2.2)
