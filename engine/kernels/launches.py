"""What a kernel launch is made of, in NumPy's words: knows tables, grids and arguments, and no driver at all.

Every kernel works on a table, one row for each unit or image, in a NumPy structured dtype that equals the C struct of
the `.cu` file byte for byte. The `..._launch` functions fill the table's column `first_block` and return a Launch; the
caller then copies the table to the address it named, on the launch's own stream, and launches. A batch is one launch
however many and however different its rows: blocks lie along grid.x alone (2^31 - 1 of them), and a block finds its row
by binary search in `first_block`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

KERNELS_DIR = Path(__file__).parent
"""Where the `.cu` files and the header they share, packshot.cuh, lie."""

HEADERS = ("packshot.cuh",)

THREADS = 256
"""Threads of a block, all along x, of every kernel."""

MOST_BLOCKS = 2**31 - 1

Table: TypeAlias = NDArray[np.void]
"""A one-dimensional, C-contiguous structured array: the rows of one launch."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch of the kernel `function` of the file `source`.

    `arguments` are NumPy scalars in the kernel's order and of its exact types (addresses: uint64); C lays them out in
    a parameter buffer, each aligned to its own size. A launch whose `grid` is empty must be left out: CUDA refuses it.
    """

    source: str
    function: str
    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    arguments: tuple[np.generic, ...]

    @property
    def is_empty(self) -> bool:
        """True where there is nothing to do."""
        return self.grid[0] == 0


@dataclass(frozen=True, slots=True)
class DeviceBatch:
    """A network's input or output on the device: [N,channels,height,width], or channels last in memory.

    `address` is aligned to 16 bytes at least; `dtype` is float16 or float32.
    """

    address: int
    channels: int
    height: int
    width: int
    dtype: np.dtype[Any]
    channels_last: bool = False

    @property
    def variant(self) -> str:
        """What the names of the kernels for this type, layout and number of channels end in."""
        return f"{float_name(self.dtype)}_{'nhwc' if self.channels_last else 'nchw'}{self.channels}"

    @property
    def line_elements(self) -> int:
        """Elements that lie side by side for each pixel of a row: all channels, or one."""
        return self.channels if self.channels_last else 1


def float_name(dtype: np.dtype[Any]) -> str:
    """`f16` or `f32`. Raises ValueError for any other type."""
    names = {np.dtype(np.float16): "f16", np.dtype(np.float32): "f32"}
    if dtype not in names:
        raise ValueError(f"kernels take float16 and float32; received {dtype}")
    return names[dtype]


def make_launch(source: str, function: str, blocks: int, arguments: tuple[np.generic, ...]) -> Launch:
    """A launch of `blocks` blocks of THREADS threads. Raises ValueError past MOST_BLOCKS."""
    if not 0 <= blocks <= MOST_BLOCKS:
        raise ValueError(f"a launch has 0..{MOST_BLOCKS} blocks; {function} would need {blocks}")
    return Launch(source, function, (blocks, 1, 1), (THREADS, 1, 1), arguments)


def divide_blocks(blocks: NDArray[np.int64], first_block: NDArray[np.uint32]) -> int:
    """Fill the table's column `first_block` for rows of `blocks` blocks each; return how many there are in all.

    Raises ValueError past MOST_BLOCKS.
    """
    ends = np.cumsum(blocks, dtype=np.int64)
    total = int(ends[-1]) if len(ends) else 0
    if total > MOST_BLOCKS:
        raise ValueError(f"a launch has 0..{MOST_BLOCKS} blocks; this table would need {total}")
    first_block[...] = ends - blocks
    return total


def require_table(table: Table, dtype: np.dtype[Any]) -> None:
    """Raise ValueError for a table that a kernel would misread."""
    if table.dtype != dtype or table.ndim != 1 or not table.flags.c_contiguous:
        raise ValueError(f"a one-dimensional, contiguous table of {dtype.names} is needed; received {table.dtype}")


def image_blocks(table: Table) -> NDArray[np.int64]:
    """The blocks of each row whose `height` × `width` pixels are worked on in groups of 4 along the rows."""
    return ceil_divide(ceil_divide(table["width"].astype(np.int64), 4) * table["height"], THREADS)


def ceil_divide(values: NDArray[np.int64], divisor: int) -> NDArray[np.int64]:
    """`values / divisor`, rounded up."""
    return -(-values // divisor)
