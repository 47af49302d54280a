"""Runs layouts of a frame model on a GPU: each photo is averaged into its slot; the raw answers are the result."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.batching.lanes import Lane
from engine.batching.units import Layout
from engine.cuda.flights import RunningBatch, TableSet, TableSets
from engine.cuda.gpu import Gpu
from engine.cuda.launching import begin_batch, refuse_faults
from engine.cuda.network import DeviceNetwork, PreparedNetwork, Shape
from engine.cuda.pictures import Resident
from engine.errors import WeightsError
from engine.kernels.pack_frames import PACK_FRAME, pack_frames_launch
from engine.kernels.unpack_tiles import FAULT
from engine.unit_shapes import FrameShape


class FrameExecutor:
    """See `engine.backends.base.Executor`. Device thread only.

    Answers are small: they come home with their batch and are written to the float32 targets by `Running.wait`, so
    that `collect` has nothing left to do.
    """

    trims = False
    lanes: tuple[Lane, ...] = ()

    def __init__(self, gpu: Gpu, network: DeviceNetwork, shape: FrameShape, batch_sizes: tuple[int, ...]) -> None:
        """Prepare every batch size. Raises MemoryError, or WeightsError when the network answers in another shape."""
        self.batch_sizes = batch_sizes
        self._gpu = gpu
        self._frame = shape
        self._answer = network.dtype, network.channels_last
        for size in batch_sizes:
            received = network.output_shape(self._input_shape(size))
            if received != (size, *shape.output_shape):
                raise WeightsError(f"the card promises answers of shape {shape.output_shape}; received {received}")
        self._network = PreparedNetwork(gpu, network, [self._input_shape(size) for size in batch_sizes])
        tables = batch_sizes[-1] * PACK_FRAME.itemsize
        self._sets = TableSets(gpu, tables + self._answer_bytes(batch_sizes[-1]), tables)

    def start(self, layout: Layout) -> RunningBatch:
        """Enqueue the batch. Raises MemoryError, DeviceLost, CudaCallFailed, or ValueError for a photo too long."""
        return begin_batch(self._gpu, self._sets, layout, self._enqueue)

    def _enqueue(self, layout: Layout, tables: TableSet, residents: dict[int, Resident]) -> Callable[[], None]:
        shape = self._input_shape(layout.size)
        size = len(layout.placed) * PACK_FRAME.itemsize
        frames = tables.host.array[:size].view(PACK_FRAME)
        frames[:] = [
            (*residents[id(unit.target)].source, *unit.source.shape[:2], slot, 0, (1.0,) * 4, (0.0,) * 4)
            for unit, slot, _ in layout.placed
        ]
        packing = pack_frames_launch(frames, tables.device.address, self._network.input_batch(shape))
        tables.send(self._gpu, size)
        self._gpu.kernels.launch(packing, self._gpu.compute)
        self._network.enqueue(shape)
        home = tables.fetch(self._gpu, self._network.output.address, size, self._answer_bytes(layout.size))
        return partial(self._hand_over, layout, home)

    def _hand_over(self, layout: Layout, home: NDArray[np.uint8]) -> None:
        answers = self._arrange(home, layout.size).astype(np.float32)
        faults = np.zeros(len(layout.placed), FAULT)
        for index, (unit, slot, _) in enumerate(layout.placed):
            unit.target[...] = answers[slot]
            faults[index] = not np.isfinite(answers[slot]).all()
        refuse_faults(layout, faults)

    def _arrange(self, home: NDArray[np.uint8], size: int) -> NDArray[Any]:
        """The raw bytes as [N, *output_shape]."""
        dtype, channels_last = self._answer
        shape = (size, *self._frame.output_shape)
        if channels_last and len(shape) == 4:
            count, channels, height, width = shape
            return home.view(dtype).reshape(count, height, width, channels).transpose(0, 3, 1, 2)
        return home.view(dtype).reshape(shape)

    def _answer_bytes(self, size: int) -> int:
        return size * math.prod(self._frame.output_shape) * self._answer[0].itemsize

    def _input_shape(self, size: int) -> Shape:
        return (size, self._frame.channels_in, self._frame.height_px, self._frame.width_px)
