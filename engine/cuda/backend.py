"""What the backends on a GPU have in common: pictures lie on the device while their work runs. Device thread only."""

from typing import Any

from numpy.typing import NDArray

from engine.cuda.gpu import DEPTH, Gpu


class GpuBackend:
    """The part of a Backend that is the same for all of them; loading and closing networks is their own."""

    batching_pays = True
    depth = DEPTH
    loads_aside = False

    def __init__(self, gpu: Gpu) -> None:
        """Takes over `gpu`."""
        self._gpu = gpu

    def room_px(self) -> float:
        """See Backend: what is free once everything is loaded."""
        return self._gpu.pictures.room_px

    def collect(self, target: NDArray[Any]) -> None:
        """See Backend: copy a finished picture home."""
        self._gpu.pictures.collect(target)

    def release(self, target: NDArray[Any]) -> None:
        """See Backend: forget a work's pictures once no batch needs them."""
        self._gpu.pictures.release(target)
