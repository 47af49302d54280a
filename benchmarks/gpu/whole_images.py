"""What Packshot is compared with: whole photos through torch, padded to the largest of a batch, or one at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from engine.images import Image
from engine.unit_shapes import TileShape

BATCH = 8
MOST_PX = 64e6
"""No batch is padded to more pixels than this, unless it is a single photo's: as in the simulation."""


@dataclass(frozen=True, slots=True)
class WholeImages:
    """A tile model over whole photos, eagerly. `network`: a torch module in `dtype`, on `device`.

    It is given its borders for free: zeros, where Packshot mirrors the photo over a halo.
    """

    network: Any
    tile: TileShape
    device: torch.device
    dtype: torch.dtype

    def answer(self, photos: Sequence[Image]) -> list[Image]:
        """One run over photos of any sizes, padded to the largest; uint8 in, uint8 out."""
        height, width = (_aligned(max(photo.shape[axis] for photo in photos), self.tile.align_px) for axis in (0, 1))
        on_gpu = self.device.type == "cuda"
        staged = torch.zeros((len(photos), height, width, self.tile.channels_in), dtype=torch.uint8, pin_memory=on_gpu)
        for place, photo in zip(staged.numpy(), photos, strict=True):
            place[: photo.shape[0], : photo.shape[1]] = photo
        with torch.inference_mode():
            batch = staged.to(self.device, non_blocking=True).permute(0, 3, 1, 2)  # channels last in memory
            answer = self.network(batch.to(self.dtype) / 255)
            codes = (answer * 255 + 0.5).clamp_(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return [self._cut(code, photo) for code, photo in zip(codes, photos, strict=True)]

    def _cut(self, codes: Image, photo: Image) -> Image:
        scale = self.tile.scale
        return np.ascontiguousarray(codes[: scale * photo.shape[0], : scale * photo.shape[1]])


def in_batches(photos: Sequence[Image], limit: int = BATCH, most_px: float = MOST_PX) -> Iterator[list[Image]]:
    """The photos in their order, as batches of up to `limit` whose padded area stays within `most_px`."""
    batch: list[Image] = []
    for photo in photos:
        if batch and (len(batch) == limit or _padded_px([*batch, photo]) > most_px):
            yield batch
            batch = []
        batch.append(photo)
    if batch:
        yield batch


def _padded_px(photos: Sequence[Image]) -> int:
    height, width = (max(int(photo.shape[axis]) for photo in photos) for axis in (0, 1))
    return len(photos) * height * width


def _aligned(length: int, step: int) -> int:
    return -(-length // step) * step
