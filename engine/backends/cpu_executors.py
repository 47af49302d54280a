"""Tile, frame and latent models on the CPU, whatever runs the network: NumPy packs, the network answers, NumPy unpacks.

A slot holds one unit and is trimmed to it, and a photo is always cut in the same way: a result is the same to the byte
alone and among strangers.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.backends.base import DONE, Executor, Running
from engine.backends.tile_batches import group_by_size, pack_units, unpack_units
from engine.batching.lanes import Lane
from engine.batching.units import Layout
from engine.cards import Card
from engine.errors import WeightsError
from engine.images import Floats
from engine.kernels.pack_frames import pack_frames
from engine.kernels.unpack_tiles import Core, unpack_tiles
from engine.unit_shapes import FrameShape, LatentShape, TileShape


class Network(Protocol):
    """One model, opened."""

    def run(self, batch: Floats, expected: tuple[int, ...]) -> Floats:
        """Answer a float32 batch, NCHW or of vectors [N,length], by values of shape `expected`, which are only read
        until the next call.

        Raises ValueError for an answer of another shape, or one that is not finite.
        """
        ...


def executor_of(network: Network, card: Card, side_px: int, batch_sizes: tuple[int, ...]) -> Executor:
    """Return the executor of a card's kind; tiles are `side_px` wide and high at most, batches of `batch_sizes`.

    Frames run one by one: relight took 3.0 ms of CPU a frame alone, 2.8 in fours, 3.7 in eights. So do latents
    (docs/decisions.md).
    """
    if card.tile is not None:
        return TileExecutor(network, card.tile, side_px, batch_sizes)
    if card.latent is not None:
        return LatentExecutor(network, card.latent)
    assert card.frame is not None
    return FrameExecutor(network, card.frame)


def require_ends(card: Card, kind: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """Raise WeightsError unless the one input and the one output, name: type, are the card's and of type `kind`."""
    for side, promised, received in (("input", card.onnx.input, inputs), ("output", card.onnx.output, outputs)):
        if received != {promised: kind}:
            raise WeightsError(
                f"{card.model_path}: the card promises one float {side} {promised!r}; received {dict(received)}"
            )


def require_answer(answer: NDArray[Any], expected: tuple[int, ...]) -> Floats:
    """Return the network's answer; raises ValueError when its shape is another or a value is not finite."""
    if answer.shape != expected:
        raise ValueError(f"the card promises an answer of shape {expected}; received {answer.shape}")
    if not np.isfinite(answer).all():
        raise ValueError("the network's answer holds values that are not finite")
    return np.asarray(answer, np.float32)


class TileExecutor:
    """A tile model: units of one size run together."""

    trims = True

    def __init__(self, network: Network, shape: TileShape, side_px: int, batch_sizes: tuple[int, ...]) -> None:
        self.network = network
        self.batch_sizes = batch_sizes
        side = max(side_px - side_px % shape.align_px, shape.tile_px)
        self.lanes = (Lane(side, side),)
        self._shape = shape

    def start(self, layout: Layout) -> Running:
        """See Executor. Done when it returns."""
        scale, channels = self._shape.scale, self._shape.channels_out
        for (height, width), group in group_by_size(layout.units, self._shape):
            batch = pack_units(group, self._shape, (height, width))
            answer = self.network.run(batch, (len(group), channels, scale * height, scale * width))
            unpack_units(answer, group, self._shape)
        return DONE


class FrameExecutor:
    """A frame model: each photo averaged to the frame; the raw answer is the result."""

    lanes = ()
    trims = True
    batch_sizes = (1,)

    def __init__(self, network: Network, shape: FrameShape) -> None:
        self.network = network
        self._shape = shape

    def start(self, layout: Layout) -> Running:
        """See Executor. Done when it returns."""
        units = layout.units
        shape = self._shape
        batch = np.empty((len(units), shape.channels_in, shape.height_px, shape.width_px), np.float32)
        pack_frames([unit.source for unit in units], batch)
        answer = self.network.run(batch, (len(units), *shape.output_shape))
        for unit, values in zip(units, answer, strict=True):
            unit.target[...] = values
        return DONE


class LatentExecutor:
    """A latent model: each vector becomes a picture, which is written like a tile without a halo."""

    lanes = ()
    trims = True
    batch_sizes = (1,)

    def __init__(self, network: Network, shape: LatentShape) -> None:
        self.network = network
        self._shape = shape

    def start(self, layout: Layout) -> Running:
        """See Executor. Done when it returns."""
        units = layout.units
        vectors = np.stack([unit.source[unit.row] for unit in units])
        answer = self.network.run(vectors, (len(units), *self._shape.output_shape))
        unpack_tiles(answer, [Core(unit.target, *unit.box) for unit in units], 0)
        return DONE
