"""Runs a launch that is described for host memory on a device: every array the caller holds is mirrored there."""

import inspect
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.cuda.driver import Cuda
from engine.cuda.gpu import Gpu
from engine.kernels.launches import Launch

_ALIGNMENT = 16
"""A mirror's address differs from the array's own by a multiple of this, so that kernels take the same paths."""


class Mirror(NamedTuple):
    """A host array, as bytes, and its place on the device."""

    host: NDArray[np.uint8]
    address: int
    is_table: bool

    @property
    def start(self) -> int:
        return self.host.ctypes.data


def launch_on_device(gpu: Gpu, launch: Launch) -> None:
    """Run `launch`, whose addresses are those of arrays among the caller's local variables, and copy these back.

    It is for the tests of engine/kernels, which know nothing of devices: addresses are translated, in the arguments
    and in tables.
    """
    if launch.is_empty:
        return
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    owners = {id(owner): owner for array in _arrays(frame.f_back.f_locals) if (owner := _owner(array)).size}
    buffers, mirrors = [], []
    for owner in owners.values():
        host = np.ndarray(owner.nbytes, np.uint8, owner)
        offset = host.ctypes.data % _ALIGNMENT
        buffers.append(gpu.cuda.allocate(host.nbytes + offset))
        mirrors.append(Mirror(host, buffers[-1].address + offset, owner.dtype.names is not None))
    for mirror, owner in zip(mirrors, owners.values(), strict=True):
        _copy(gpu.cuda, mirror.address, _translated(owner, mirrors) if mirror.is_table else mirror.host, gpu, out=True)
    arguments = tuple(
        np.uint64(_translate(np.array([value]), mirrors)[0]) if isinstance(value, np.uint64) else value
        for value in launch.arguments
    )
    gpu.kernels.launch(Launch(launch.source, launch.function, launch.grid, launch.block, arguments), gpu.compute)
    for mirror in mirrors:
        if not mirror.is_table:
            _copy(gpu.cuda, mirror.address, mirror.host, gpu, out=False)
    for buffer in buffers:
        buffer.close()


def _arrays(value: Any) -> Iterator[NDArray[Any]]:
    if isinstance(value, np.ndarray):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _arrays(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _arrays(inner)


def _owner(array: NDArray[Any]) -> NDArray[Any]:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def _translated(table: NDArray[Any], mirrors: list[Mirror]) -> NDArray[np.uint8]:
    moved = table.copy()
    assert moved.dtype.names is not None
    for name in moved.dtype.names:
        if moved.dtype[name] == np.uint64:
            moved[name] = _translate(moved[name], mirrors)
    return moved.view(np.uint8)


def _translate(values: NDArray[np.uint64], mirrors: list[Mirror]) -> NDArray[np.uint64]:
    """Addresses in mirrored arrays become the device's; other numbers stay."""
    starts = np.array([mirror.start for mirror in mirrors], np.uint64)
    sizes = np.array([mirror.host.nbytes for mirror in mirrors], np.uint64)
    addresses = np.array([mirror.address for mirror in mirrors], np.uint64)
    order = np.argsort(starts)
    nearest = order[np.maximum(np.searchsorted(starts[order], values, side="right"), 1) - 1]
    beyond = values - starts[nearest]  # wraps around where a value lies before every array
    return np.where(beyond < sizes[nearest], addresses[nearest] + beyond, values)


def _copy(cuda: Cuda, address: int, host: NDArray[np.uint8], gpu: Gpu, *, out: bool) -> None:
    through = cuda.pinned(host.nbytes)
    if out:
        through.array[:] = host
        cuda.upload(address, through.array, gpu.compute)
    else:
        cuda.download(through.array, address, gpu.compute)
    cuda.synchronize(gpu.compute.handle)
    if not out:
        host[:] = through.array
    through.close()
