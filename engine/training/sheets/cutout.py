"""The rows of the cutout networks' sheets: photo, product over magenta, truth over magenta."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.training.cards import folder_of
from engine.training.cutout_scenes import Scene
from engine.training.data import Pixels, shrink
from engine.training.inference import Network
from engine.training.measures.cutout import coarse, cut_out
from engine.training.measures.cutout_scenes import floors, held_out_scenes, shelves, test_photos

MAGENTA = (255, 0, 255)
ROWS = 4
PHOTO_PX = 210  # a sheet's photos are this high
DETAIL_PX = 176


def cutout_rows(network: Network, data: Path) -> list[list[Pixels]]:
    """Test photos on the left, held-out mattes on the right: before, after, truth of each; whole photos."""
    triples = []
    for scene in _scenes(data):
        matte = coarse(network, scene.image)
        triples.append([scene.image, over_magenta(scene.image, matte), over_magenta(scene.image, scene.alpha)])
    small = [[shrink(image, image.shape[0] / PHOTO_PX) for image in triple] for triple in triples]
    return [left + right for left, right in zip(small[:ROWS], small[ROWS:], strict=True)]


def edge_rows(network: Network, data: Path) -> list[list[Pixels]]:
    """Details at 100 %: before, the frame's matte enlarged, what the operation makes of both networks, truth."""
    frames = Network(folder_of(network.folder.parent, "cutout"))
    rows = []
    for scene in _scenes(data)[1::2]:
        window = _busiest(scene.alpha)
        mattes = (coarse(frames, scene.image), cut_out(frames, network, scene.image), scene.alpha)
        rows.append([scene.image[window], *(over_magenta(scene.image, matte)[window] for matte in mattes)])
    return rows


def over_magenta(image: Pixels, matte: NDArray[np.float32]) -> Pixels:
    """Return the image where the matte [H,W] is 1 and magenta where it is 0."""
    share = matte[..., None]
    return np.asarray(np.rint(image * share + np.array(MAGENTA, np.float32) * (1 - share)), np.uint8)


def _scenes(data: Path) -> list[Scene]:
    """Return `ROWS` test photos with their masks, then as many composites of held-out mattes, evenly chosen."""
    masked = list(test_photos(data, 4 * ROWS))[1::4][:ROWS]
    photos = [Scene(one.image, one.mask.astype(np.float32) / np.float32(255)) for one in masked]
    over_floors = list(islice(held_out_scenes(data, floors(data), None), 19, None, 8))[: ROWS // 2]
    over_shelves = list(islice(held_out_scenes(data, shelves(data), None), 4, None, 14))[: ROWS // 2]
    composites = over_floors + over_shelves
    return photos + composites


def _busiest(alpha: NDArray[np.float32]) -> tuple[slice, slice]:
    """Return the window of `DETAIL_PX` with the most edge in it."""
    edge = np.abs(np.diff(alpha, axis=0))[:, 1:] + np.abs(np.diff(alpha, axis=1))[1:]
    sums = np.pad(edge.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    reach = DETAIL_PX
    held = sums[reach:, reach:] - sums[:-reach, reach:] - sums[reach:, :-reach] + sums[:-reach, :-reach]
    top, left = np.unravel_index(int(held.argmax()), held.shape)
    return slice(int(top), int(top) + reach), slice(int(left), int(left) + reach)
