"""An open GPU: the driver, the kernels, three streams and the resident pictures that all its executors share.

Device thread only. `outward` carries pictures and tables to the device, `compute` packs, runs networks and unpacks,
`homeward` brings answers back: copies go on while the device computes, and events alone order them.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.cuda.compiler import KernelCompiler
from engine.cuda.driver import Cuda
from engine.cuda.kernels import Kernels
from engine.cuda.pictures import Pictures

DEPTH = 2
"""Batches in flight: while the device runs one, the host prepares the next."""


class Gpu:
    """What a GPU backend opens once and its executors share."""

    def __init__(self, cuda: Cuda, image_of: Callable[[Path], bytes]) -> None:
        """`image_of` gives the machine code of a `.cu` file; see `Gpu.open`, which compiles it."""
        self.cuda = cuda
        self.kernels = Kernels(cuda, image_of)
        self.outward = cuda.stream()
        self.compute = cuda.stream()
        self.homeward = cuda.stream()
        self.pictures = Pictures(cuda, self.outward, self.homeward)

    @classmethod
    def open(cls, index: int, cubins_dir: Path) -> "Gpu":
        """Open device `index`; kernels are compiled for it at first use and kept in `cubins_dir`.

        Raises BackendUnavailable where the driver, the device, PyCUDA, cuda-bindings or CUDA's headers are missing.
        """
        cuda = Cuda(index)
        try:
            return cls(cuda, KernelCompiler(cubins_dir, cuda.architecture).cubin)
        except BaseException:
            cuda.close()
            raise

    def describe(self) -> dict[str, Any]:
        """The device, for the log, /readyz and manifests."""
        return {"device": self.cuda.name, "architecture": self.cuda.architecture}

    def close(self) -> None:
        """Give everything back; a second call does nothing."""
        self.cuda.close()
