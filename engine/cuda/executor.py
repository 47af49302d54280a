"""Makes the executor of a card, with the batch sizes that fit the device. Device thread only."""

import logging

from engine.backends.base import Executor
from engine.cards import Card
from engine.cuda.frame_executor import FrameExecutor
from engine.cuda.gpu import Gpu
from engine.cuda.latent_executor import LatentExecutor
from engine.cuda.network import DeviceNetwork
from engine.cuda.tile_executor import TileExecutor

logger = logging.getLogger(__name__)

BATCH_SIZES = (1, 2, 4, 8)
"""In slots of 0.66 megapixels. In simulation 16 gained 1% and doubled every wait (docs/benchmarks.md, `batching`)."""


def make_executor(gpu: Gpu, network: DeviceNetwork, card: Card, batch_sizes: tuple[int, ...] = BATCH_SIZES) -> Executor:
    """Prepare `network` for every shape of its slots; the largest batch sizes are left out where memory is short.

    Raises MemoryError when not even the smallest fits, WeightsError when the network is not what its card says.
    """
    while True:
        try:
            return _make(gpu, network, card, batch_sizes)
        except MemoryError as error:
            if len(batch_sizes) == 1:
                raise
            logger.warning("%s: batches of %d do not fit the device (%s)", card.model, batch_sizes[-1], error)
            batch_sizes = batch_sizes[:-1]


def _make(gpu: Gpu, network: DeviceNetwork, card: Card, batch_sizes: tuple[int, ...]) -> Executor:
    if card.tile is not None:
        return TileExecutor(gpu, network, card.tile, batch_sizes)
    if card.latent is not None:
        return LatentExecutor(gpu, network, card.latent, batch_sizes)
    assert card.frame is not None
    return FrameExecutor(gpu, network, card.frame, batch_sizes)
