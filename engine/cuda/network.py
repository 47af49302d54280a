"""A network on the device, as TensorRT and torch bring it, with its input and output at fixed addresses."""

import math
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np

from engine.cards import Card
from engine.cuda.gpu import Gpu
from engine.kernels.launches import DeviceBatch

Shape = tuple[int, ...]
"""[N,C,H,W] of an input; of a latent model's, [N,length]."""


def promised_shape(card: Card, shape: Shape) -> tuple[int, ...]:
    """Return the shape of the answer, [N,...], that the card promises for an input."""
    if card.tile is None:
        whole = card.frame or card.latent
        assert whole is not None
        return (shape[0], *whole.output_shape)
    return (shape[0], card.tile.channels_out, card.tile.scale * shape[2], card.tile.scale * shape[3])


class DeviceNetwork(Protocol):
    """What a backend provides for one model. Device thread only."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """float16 or float32, of input and output alike."""
        ...

    @property
    def channels_last(self) -> bool:
        """Whether input and output of rank 4 lie in memory as [N,H,W,C]."""
        ...

    def output_shape(self, shape: Shape) -> tuple[int, ...]:
        """The answer's shape, [N,...], for an input shape."""
        ...

    def prepare(self, shape: Shape, input_address: int, output_address: int, stream: int) -> Callable[[], None]:
        """Warm up and capture one CUDA graph; the callable enqueues one run on `stream` (a CUstream as an integer).

        Raises MemoryError when this shape does not fit.
        """
        ...


class PreparedNetwork:
    """One input and one output buffer, large enough for every shape, and a run prepared for each.

    One of each is enough: all batches are packed, run and unpacked on one stream, one after the other.
    """

    def __init__(self, gpu: Gpu, network: DeviceNetwork, shapes: Iterable[Shape]) -> None:
        """Prepares the largest shape first, so that what networks allocate inside serves the others too.

        Raises MemoryError when it does not fit.
        """
        self._network = network
        ordered = sorted(shapes, key=math.prod, reverse=True)
        item = network.dtype.itemsize
        self.input = gpu.cuda.allocate(item * max(math.prod(shape) for shape in ordered))
        try:
            self.output = gpu.cuda.allocate(item * max(math.prod(network.output_shape(shape)) for shape in ordered))
        except BaseException:
            self.input.close()
            raise
        try:
            # What lies between units is never packed: it is made finite here, once.
            gpu.cuda.clear(self.input, gpu.compute)
            addresses = self.input.address, self.output.address
            self._runs = {shape: network.prepare(shape, *addresses, gpu.compute.handle) for shape in ordered}
        except BaseException:
            self.input.close()
            self.output.close()
            raise

    def enqueue(self, shape: Shape) -> None:
        """Enqueue one run on the compute stream."""
        self._runs[shape]()

    def input_batch(self, shape: Shape) -> DeviceBatch:
        """The input of rank 4, as kernels take it."""
        return self._batch_at(self.input.address, shape)

    def output_batch(self, shape: Shape) -> DeviceBatch:
        """The output of rank 4, as kernels take it."""
        return self._batch_at(self.output.address, self._network.output_shape(shape))

    def _batch_at(self, address: int, shape: tuple[int, ...]) -> DeviceBatch:
        _, channels, height, width = shape
        return DeviceBatch(address, channels, height, width, self._network.dtype, self._network.channels_last)
