"""Runs layouts of a tile model on a GPU: pack, network and unpack are one launch each, whatever lies in the slots."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.batching.lanes import Lane, gpu_lanes
from engine.batching.units import Layout, Placed
from engine.cuda.flights import RunningBatch, TableSet, TableSets
from engine.cuda.gpu import Gpu
from engine.cuda.launching import begin_batch, refuse_faults
from engine.cuda.network import DeviceNetwork, PreparedNetwork, Shape
from engine.cuda.pictures import Resident
from engine.errors import WeightsError
from engine.kernels.pack_tiles import PACK_UNIT, pack_tiles_launch
from engine.kernels.unpack_tiles import FAULT, UNPACK_UNIT, unpack_tiles_launch
from engine.unit_shapes import TileShape

_UNIT_BYTES = PACK_UNIT.itemsize + UNPACK_UNIT.itemsize + FAULT.itemsize


class TileExecutor:
    """See `engine.backends.base.Executor`. Device thread only.

    Memory on the device, for the largest batch of N slots: its input and its output (channels_in values for every pixel
    of the slots, and channels_out values for scale² times as many), beside what the network needs inside. Nothing is
    allocated by `start` but pictures that are not yet resident.
    """

    trims = False

    def __init__(
        self,
        gpu: Gpu,
        network: DeviceNetwork,
        shape: TileShape,
        batch_sizes: tuple[int, ...],
        lanes: tuple[Lane, ...] = (),
    ) -> None:
        """Prepare every lane and batch size. `lanes`: by default the GPU's own (`gpu_lanes`).

        Raises MemoryError when they do not fit, WeightsError when the network's answer is not `scale` times its input.
        """
        self.lanes = lanes or gpu_lanes(shape)
        self.batch_sizes = batch_sizes
        self._gpu = gpu
        self._tile = shape
        inputs = [self._input_shape(lane, size) for lane in self.lanes for size in batch_sizes]
        for each in inputs:
            self._require_answer(network, each)
        self._network = PreparedNetwork(gpu, network, inputs)
        narrowest = shape.align_px + 2 * shape.halo_px
        most = batch_sizes[-1] * max(lane.width_px // narrowest for lane in self.lanes)
        self._sets = TableSets(gpu, most * _UNIT_BYTES, most * _UNIT_BYTES)

    def start(self, layout: Layout) -> RunningBatch:
        """Enqueue the batch; pictures seen for the first time are read before this returns.

        Raises MemoryError, DeviceLost or CudaCallFailed.
        """
        return begin_batch(self._gpu, self._sets, layout, self._enqueue)

    def _enqueue(self, layout: Layout, tables: TableSet, residents: dict[int, Resident]) -> Callable[[], None]:
        assert layout.lane is not None
        shape = self._input_shape(layout.lane, layout.size)
        count = len(layout.placed)
        pack, unpack, faults = _split(tables.host.array, count)
        pack[:] = [self._pack_row(placed, residents) for placed in layout.placed]
        unpack[:] = [self._unpack_row(placed, residents) for placed in layout.placed]
        faults[:] = 0
        at_pack = tables.device.address
        at_unpack = at_pack + pack.nbytes
        at_faults = at_unpack + unpack.nbytes
        packing = pack_tiles_launch(pack, at_pack, self._network.input_batch(shape))
        unpacking = unpack_tiles_launch(unpack, at_unpack, self._network.output_batch(shape), at_faults)
        tables.send(self._gpu, count * _UNIT_BYTES)
        self._gpu.kernels.launch(packing, self._gpu.compute)
        self._network.enqueue(shape)
        self._gpu.kernels.launch(unpacking, self._gpu.compute)
        tables.fetch(self._gpu, at_faults, at_faults - at_pack, faults.nbytes)
        return partial(refuse_faults, layout, faults)

    def _pack_row(self, placed: Placed, residents: dict[int, Resident]) -> tuple[int, ...]:
        unit, slot, x = placed
        source = residents[id(unit.target)].source
        halo = self._tile.halo_px
        height_px, width_px = unit.source.shape[:2]
        window = unit.box.y - halo, unit.box.x - halo
        return (*source, height_px, width_px, *window, slot, x, self._tile.seen_px(unit.box.width), 0)

    def _unpack_row(self, placed: Placed, residents: dict[int, Resident]) -> tuple[int, ...]:
        unit, slot, x = placed
        answer = residents[id(unit.target)].answer
        assert answer is not None, "a tile model's target is a uint8 picture"
        scale, halo = self._tile.scale, self._tile.halo_px
        return (*answer, *(scale * length for length in unit.box), slot, scale * halo, scale * (x + halo), 0)

    def _input_shape(self, lane: Lane, size: int) -> Shape:
        return (size, self._tile.channels_in, lane.height_px, lane.width_px)

    def _require_answer(self, network: DeviceNetwork, shape: Shape) -> None:
        scale = self._tile.scale
        expected = (shape[0], self._tile.channels_out, scale * shape[2], scale * shape[3])
        received = network.output_shape(shape)
        if received != expected:
            raise WeightsError(f"the card promises an answer of shape {expected} for {shape}; received {received}")


def _split(memory: NDArray[np.uint8], count: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The tables of `count` units, one behind the other, so that one copy takes them all."""
    first = count * PACK_UNIT.itemsize
    second = first + count * UNPACK_UNIT.itemsize
    parts = memory[:first], memory[first:second], memory[second : count * _UNIT_BYTES]
    return parts[0].view(PACK_UNIT), parts[1].view(UNPACK_UNIT), parts[2].view(FAULT)
