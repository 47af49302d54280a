"""The kernels of engine/kernels as they run on one device: loaded at first use, launched as their modules describe."""

from collections.abc import Callable
from pathlib import Path

from engine.cuda.driver import Cuda
from engine.cuda.handles import Module, Stream
from engine.kernels.launches import KERNELS_DIR, Launch


class Kernels:
    """Loads each `.cu` file's module once. Device thread only."""

    def __init__(self, cuda: Cuda, image_of: Callable[[Path], bytes]) -> None:
        """`image_of` gives what the driver loads for a `.cu` file: a cubin (see `engine.cuda.compiler`)."""
        self._cuda = cuda
        self._image_of = image_of
        self._modules: dict[str, Module] = {}

    def launch(self, launch: Launch, stream: Stream) -> None:
        """Enqueue one launch; what it needs to know must be on the device by the time the stream comes to it."""
        self._cuda.launch(self._module(launch.source), launch, stream)

    def _module(self, source: str) -> Module:
        if source not in self._modules:
            self._modules[source] = self._cuda.load_module(self._image_of(KERNELS_DIR / source))
        return self._modules[source]
