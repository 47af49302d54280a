"""A product whose true alpha and colours are known, over a textured floor."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

FLOOR = np.array([60.0, 150.0, 70.0])
PRODUCT = np.array([200.0, 60.0, 50.0])


@dataclass(frozen=True)
class Scene:
    image: NDArray[np.uint8]
    alpha: NDArray[np.float32]
    colors: NDArray[np.float32]
    floor: NDArray[np.float32]


@pytest.fixture
def scene_of():
    """scene_of(height, width): a striped disc with a bore and hairs, soft-edged, over a green textured floor."""

    def make(height=300, width=240, seed=5):
        random = np.random.default_rng(seed)
        texture = cv2.GaussianBlur(random.normal(0, 60, (height, width)), (0, 0), 2)[..., None]
        stripes = 25 * np.sign(np.sin(np.arange(width) / 7))[None, :, None]
        colors, floor = PRODUCT + stripes + np.zeros((height, width, 1)), FLOOR + texture
        alpha = disc_with_hairs(height, width)
        image = floor + alpha[..., None] * (colors - floor)
        codes = np.clip(np.rint(image), 0, 255).astype(np.uint8)
        return Scene(codes, alpha, colors.astype(np.float32), floor.astype(np.float32))

    return make


def disc_with_hairs(height, width):
    """Drawn four times as large, with a bore of a quarter of its radius."""
    scale = 4
    centre, radius = (width * scale // 2, height * scale // 2), int(0.3 * min(height, width) * scale)
    canvas = np.zeros((height * scale, width * scale), np.uint8)
    for angle in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        tip = (int(centre[0] + 1.25 * radius * np.cos(angle)), int(centre[1] + 1.25 * radius * np.sin(angle)))
        cv2.line(canvas, centre, tip, 255, 5)
    cv2.circle(canvas, centre, radius, 255, -1)
    cv2.circle(canvas, centre, radius // 4, 0, -1)
    soft = cv2.GaussianBlur(canvas, (0, 0), 1.0 * scale)
    return (cv2.resize(soft, (width, height), interpolation=cv2.INTER_AREA) / 255).astype(np.float32)
