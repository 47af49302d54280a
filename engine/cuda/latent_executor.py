"""Runs layouts of a latent model on a GPU: vectors are copied in, pictures are unpacked like tiles without a halo."""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from engine.batching.lanes import Lane
from engine.batching.units import Layout
from engine.cuda.flights import RunningBatch, TableSet, TableSets
from engine.cuda.gpu import Gpu
from engine.cuda.launching import begin_batch, refuse_faults
from engine.cuda.network import DeviceNetwork, PreparedNetwork
from engine.cuda.pictures import Resident
from engine.errors import WeightsError
from engine.kernels.unpack_tiles import FAULT, UNPACK_UNIT, unpack_tiles_launch
from engine.unit_shapes import LatentShape

_UNIT_BYTES = UNPACK_UNIT.itemsize + FAULT.itemsize


class LatentExecutor:
    """See `engine.backends.base.Executor`. Device thread only.

    Every batch is of the one largest size, with zeros where a slot is empty: for another size a library may choose
    other kernels, whose sums differ in their last bits, and the same vector shall give the same picture.
    """

    trims = False
    lanes: tuple[Lane, ...] = ()

    def __init__(self, gpu: Gpu, network: DeviceNetwork, shape: LatentShape, batch_sizes: tuple[int, ...]) -> None:
        """Prepare the largest size. Raises MemoryError, or WeightsError when the network answers in another shape."""
        self.batch_sizes = batch_sizes[-1:]
        self._gpu = gpu
        self._shape = (batch_sizes[-1], shape.length)
        self._dtype = network.dtype
        received = network.output_shape(self._shape)
        if received != (batch_sizes[-1], *shape.output_shape):
            raise WeightsError(f"the card promises answers of shape {shape.output_shape}; received {received}")
        self._network = PreparedNetwork(gpu, network, [self._shape])
        tables = batch_sizes[-1] * _UNIT_BYTES
        self._sets = TableSets(gpu, tables + self._network.input.size, tables)

    def start(self, layout: Layout) -> RunningBatch:
        """Enqueue the batch; vectors are read before this returns. Raises MemoryError, DeviceLost or CudaCallFailed."""
        return begin_batch(self._gpu, self._sets, layout, self._enqueue)

    def _enqueue(self, layout: Layout, tables: TableSet, residents: dict[int, Resident]) -> Callable[[], None]:
        table_bytes = len(layout.placed) * UNPACK_UNIT.itemsize
        sent_bytes = len(layout.placed) * _UNIT_BYTES
        host = tables.host.array
        unpack, faults = host[:table_bytes].view(UNPACK_UNIT), host[table_bytes:sent_bytes].view(FAULT)
        for index, (unit, slot, _) in enumerate(layout.placed):
            answer = residents[id(unit.target)].answer
            assert answer is not None, "a latent model's target is a uint8 picture"
            unpack[index] = (*answer, *unit.box, slot, 0, 0, 0)
        faults[:] = 0
        at_faults = tables.device.address + table_bytes
        pictures = self._network.output_batch(self._shape)
        unpacking = unpack_tiles_launch(unpack, tables.device.address, pictures, at_faults)
        tables.send(self._gpu, sent_bytes)
        self._send_vectors(layout, host[sent_bytes : sent_bytes + self._network.input.size])
        self._network.enqueue(self._shape)
        self._gpu.kernels.launch(unpacking, self._gpu.compute)
        tables.fetch(self._gpu, at_faults, table_bytes, faults.nbytes)
        return partial(refuse_faults, layout, faults)

    def _send_vectors(self, layout: Layout, host: NDArray[np.uint8]) -> None:
        """Enqueue their copy straight into the network's input, on the stream on which the last batch reads it."""
        vectors = host.view(self._dtype).reshape(self._shape)
        vectors[...] = 0
        for unit, slot, _ in layout.placed:
            vectors[slot] = unit.source[unit.row]
        self._gpu.cuda.upload(self._network.input.address, host, self._gpu.compute)
