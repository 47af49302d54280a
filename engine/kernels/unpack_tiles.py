"""unpack_tiles: writes the cores of a float32 NCHW batch into uint8 HWC images; the halos are dropped."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.images import Floats, Image


class Core(NamedTuple):
    """The rectangle of `image` that one tile is responsible for, in that (output) image's own pixels."""

    image: Image
    y: int
    x: int
    height: int
    width: int


def unpack_tiles(batch: Floats, cores: Sequence[Core], halo_px: int) -> None:
    """Write each core of `batch`, float32 [N,3,h,w] with `halo_px` output pixels to drop on top and left.

    What lies below and right of a core is dropped too. Values are clipped to 0..1 and become code values by
    floor(v * 255 + 0.5). Cores of one image must not overlap; then the order of tiles cannot matter.
    """
    assert len(cores) == len(batch), (len(cores), batch.shape)
    for tile, core in zip(batch, cores, strict=True):
        values = tile[:, halo_px : halo_px + core.height, halo_px : halo_px + core.width]
        codes = np.clip(values * np.float32(255) + np.float32(0.5), 0, 255).astype(np.uint8)
        core.image[core.y : core.y + core.height, core.x : core.x + core.width] = codes.transpose(1, 2, 0)
