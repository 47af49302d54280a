"""Contact sheets: a few test photos as a model received them, as it gave them back, and as they truly are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from engine.training import baselines
from engine.training.data import Pixels, clothing_photos, crop_to_multiple, load_rgb, shrink
from engine.training.degradations import degrade_for_evaluation
from engine.training.faults import light_badly_for_evaluation
from engine.training.inference import Network

GAP_PX = 6
DETAIL_PX = 176  # restore and upscale are judged at 100 %, so their sheets show details
PHOTO_PX = 190
ROWS = 5
MAX_BYTES = 300_000


def write_sheet(network: Network, data: Path, path: Path) -> None:
    """Write a sheet of `ROWS` test photos as JPEG under 300 kB; columns: before, (baseline,) after, truth."""
    photos = clothing_photos(data, "test")
    chosen = [photos[(2 * row + 1) * len(photos) // (2 * ROWS)] for row in range(ROWS)]
    draw = _ROWS[network.card["model"]]
    rows = [draw(network, load_rgb(photo), 3 * row + row % 3) for row, photo in enumerate(chosen)]
    save_small(compose(rows), path)


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


def _relight_row(network: Network, photo: Pixels, index: int) -> list[Pixels]:
    bad = light_badly_for_evaluation(photo, index)
    return [shrink(image, photo.shape[0] / PHOTO_PX) for image in (bad, network.apply(bad), photo)]


def _restore_row(network: Network, photo: Pixels, index: int) -> list[Pixels]:
    bad = degrade_for_evaluation(photo, index)
    return [_detail(image) for image in (bad, baselines.non_local_means(bad, 7.0), network.apply(bad), photo)]


def _upscale_row(network: Network, photo: Pixels, _index: int) -> list[Pixels]:
    high = crop_to_multiple(photo, 2)
    low = shrink(high, 2)
    return [_detail(image) for image in (baselines.enlarge_bicubic(low, 2), network.apply(low), high)]


def _detail(image: Pixels) -> Pixels:
    top, left = (image.shape[0] - DETAIL_PX) // 2, (image.shape[1] - DETAIL_PX) // 2
    return image[top : top + DETAIL_PX, left : left + DETAIL_PX]


_ROWS: dict[str, Callable[[Network, Pixels, int], list[Pixels]]] = {
    "relight": _relight_row,
    "restore": _restore_row,
    "upscale-x2": _upscale_row,
}
