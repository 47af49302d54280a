"""Pictures and batches as a device holds them, in host memory: any pitch, any alignment, nothing around them."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.kernels.launches import DeviceBatch

FORMATS = [(dtype, last) for dtype in (np.float16, np.float32) for last in (False, True)]


def picture(
    height: int, width: int, seed: int = 0, *, padding: int = 0, offset: int = 0, channels: int = 3
) -> NDArray[np.uint8]:
    """Noise [height,width,channels]; first byte `offset`, rows' ends `padding` bytes away from anything else."""
    return plane((height, width, channels), seed, padding=padding, offset=offset)


def plane(shape: tuple[int, ...], seed: int = 0, *, padding: int = 0, offset: int = 0) -> NDArray[np.uint8]:
    row = int(np.prod(shape[1:]))
    pitch = row + padding
    memory = np.random.default_rng(seed).integers(0, 256, offset + (shape[0] - 1) * pitch + row, dtype=np.uint8)
    return np.ndarray(shape, np.uint8, memory, offset, (pitch, *([shape[2], 1] if len(shape) == 3 else [1])))


def blank_like(image: NDArray[np.uint8], offset: int = 0) -> NDArray[np.uint8]:
    """Another picture of the same size and pitch."""
    padding = image.strides[0] - image.shape[1] * 3
    return picture(*image.shape[:2], 99, padding=padding, offset=offset)


def pictures_of(channels: int) -> st.SearchStrategy[NDArray[np.uint8]]:
    """Small pictures of any pitch and alignment."""
    return st.builds(
        picture,
        st.integers(1, 24),
        st.integers(1, 40),
        st.integers(0, 9),
        padding=st.integers(0, 5),
        offset=st.integers(0, 3),
        channels=st.just(channels),
    )


pictures = pictures_of(3)


class HostBatch(NamedTuple):
    """A batch in the order of its memory, and the same seen as [N,3,h,w]."""

    memory: NDArray[np.floating]
    nchw: NDArray[np.floating]

    def described(self, channels_last: bool) -> DeviceBatch:
        return DeviceBatch(self.memory.ctypes.data, *self.nchw.shape[1:], self.memory.dtype, channels_last)


def batch_of(count: int, height: int, width: int, dtype: type, channels_last: bool, channels: int = 3) -> HostBatch:
    """A batch of NaN."""
    shape = (count, height, width, channels) if channels_last else (count, channels, height, width)
    memory = np.full(shape, np.nan, dtype)
    return HostBatch(memory, memory.transpose(0, 3, 1, 2) if channels_last else memory)


def address_of(array: np.ndarray) -> int:
    return array.ctypes.data
