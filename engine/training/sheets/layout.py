"""How a contact sheet is laid out and saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from engine.training.data import Pixels

GAP_PX = 6
DETAIL_PX = 176  # restore and upscale are judged at 100 %, so their sheets show details
MAX_BYTES = 300_000


def compose(rows: list[list[Pixels]]) -> Pixels:
    """Lay rows of pictures out on white with gaps; pictures of a row share their height."""
    width = max(sum(image.shape[1] + GAP_PX for image in row) for row in rows) + GAP_PX
    height = sum(max(image.shape[0] for image in row) + GAP_PX for row in rows) + GAP_PX
    sheet = np.full((height, width, 3), 255, np.uint8)
    top = GAP_PX
    for row in rows:
        left = GAP_PX
        for image in row:
            sheet[top : top + image.shape[0], left : left + image.shape[1]] = image
            left += image.shape[1] + GAP_PX
        top += max(image.shape[0] for image in row) + GAP_PX
    return sheet


def save_small(sheet: Pixels, path: Path) -> None:
    """Save as JPEG at the best quality that stays under `MAX_BYTES`."""
    for quality in (92, 88, 82, 75, 65):
        Image.fromarray(sheet).save(path, quality=quality, subsampling=0)
        if path.stat().st_size <= MAX_BYTES:
            return
    raise ValueError(f"{path}: {path.stat().st_size} bytes at the lowest quality, allowed {MAX_BYTES}")


def detail(image: Pixels) -> Pixels:
    """Return the middle of a photo at 100 %."""
    top, left = (image.shape[0] - DETAIL_PX) // 2, (image.shape[1] - DETAIL_PX) // 2
    return image[top : top + DETAIL_PX, left : left + DETAIL_PX]
