"""Tile, frame and latent models on the CPU, whatever runs the network: NumPy packs, the network answers, NumPy unpacks.

A slot holds one unit and is trimmed to it, and a photo is always cut in the same way: a result is the same to the byte
alone and among strangers.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.backends.base import DONE, Executor, Running
from engine.backends.tile_batches import pack_units, trimmed_size, unpack_units
from engine.batching.lanes import Lane
from engine.batching.units import Layout, Unit
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
        until the same thread's next call.

        Raises ValueError for an answer of another shape, or one that is not finite.
        """
        ...


def executor_of(network: Network, card: Card, side_px: int, beside: Network | None = None) -> Executor:
    """Return the executor of a card's kind; tiles are `side_px` wide and high at most. For `beside` see PairExecutor.

    Frames run one by one: relight took 3.0 ms of CPU a frame alone, 2.8 in fours, 3.7 in eights.
    """
    if card.tile is not None:
        return TileExecutor(network, card.tile, side_px, beside)
    if card.latent is not None:
        return LatentExecutor(network, card.latent, beside)
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


class PairExecutor(ABC):
    """A model that answers unit by unit. One that comes alone has all the threads; a batch of two is packed, run and
    unpacked side by side, each unit by a thread of its own through `beside`, which two threads may call at once.

    Without `beside` every batch is a single unit. The two threads end with the process, which waits for a pair that is
    running; a worker that gives up on its device ends at once (`os._exit`).
    """

    lanes: tuple[Lane, ...] = ()
    trims = True

    def __init__(self, network: Network, beside: Network | None) -> None:
        self.network = network
        self.batch_sizes = (1, 2) if beside else (1,)
        self._beside = beside
        self._pair = ThreadPoolExecutor(2, "unit") if beside else None

    def start(self, layout: Layout) -> Running:
        """See Executor. Done when it returns, the other unit too where one fails."""
        units = layout.units
        if len(units) == 1:
            self.answer(self.network, units[0])
            return DONE
        assert self._pair is not None
        assert self._beside is not None
        answers = [self._pair.submit(self.answer, self._beside, unit) for unit in units]
        wait(answers)
        for answer in answers:
            answer.result()
        return DONE

    @abstractmethod
    def answer(self, network: Network, unit: Unit) -> None:
        """Write a network's answer to one unit into its target."""


class TileExecutor(PairExecutor):
    """A tile model."""

    def __init__(self, network: Network, shape: TileShape, side_px: int, beside: Network | None = None) -> None:
        super().__init__(network, beside)
        side = max(side_px - side_px % shape.align_px, shape.tile_px)
        self.lanes = (Lane(side, side),)
        self._shape = shape

    def answer(self, network: Network, unit: Unit) -> None:
        """See PairExecutor."""
        shape = self._shape
        height, width = trimmed_size(unit, shape)
        batch = pack_units([unit], shape, (height, width))
        answer = network.run(batch, (1, shape.channels_out, shape.scale * height, shape.scale * width))
        unpack_units(answer, [unit], shape)


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


class LatentExecutor(PairExecutor):
    """A latent model: each vector becomes a picture, which is written like a tile without a halo.

    Larger batches would give the same bytes with ONNX Runtime 1.31, at any place in them, but no runtime promises it,
    and pairs on a thread each come near them (``make bench ONLY=engine_generation``).
    """

    def __init__(self, network: Network, shape: LatentShape, beside: Network | None = None) -> None:
        super().__init__(network, beside)
        self._shape = shape

    def answer(self, network: Network, unit: Unit) -> None:
        """See PairExecutor."""
        picture = network.run(unit.source[unit.row][None], (1, *self._shape.output_shape))
        unpack_tiles(picture, [Core(unit.target, *unit.box)], 0)
