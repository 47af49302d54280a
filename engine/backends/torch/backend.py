"""The torch backend: the committed ONNX files as CUDA graphs, between the kernels that all GPU backends share."""

from typing import Any

import torch

from engine.backends.base import Executor
from engine.backends.torch.convert import convert
from engine.backends.torch.network import Place, TorchNetwork, Way
from engine.cards import Card, read_model
from engine.cuda.backend import GpuBackend
from engine.cuda.executor import make_executor
from engine.cuda.gpu import Gpu
from engine.errors import BackendUnavailable, WeightsError
from engine.settings import EngineSettings


class TorchBackend(GpuBackend):
    """One GPU, driven by torch and by the kernels of engine/kernels. Device thread only, from its making to `close`."""

    name = "torch"

    def __init__(self, gpu: Gpu, device: torch.device, precision: str = "auto", way: Way = "graphs") -> None:
        """`gpu` and `device` are one; see `from_settings`, which opens both. `way`: for benchmarks."""
        super().__init__(gpu)
        self._place = Place(device, gpu.cuda.require_alive)
        self._precision = precision
        self._way: Way = way

    @classmethod
    def from_settings(cls, settings: EngineSettings, way: Way = "graphs") -> "TorchBackend":
        """Open the GPU of the settings. Raises BackendUnavailable where torch, the driver or the device is missing."""
        _require_cuda(settings.gpu)
        device = torch.device("cuda", settings.gpu)
        # torch goes back to its own current device after each call, and takes the thread's context along: to another
        # GPU's, under PyCUDA's feet, were it not the same.
        try:
            torch.cuda.set_device(device)
        except RuntimeError as error:  # it opens the device: others may have it for themselves, or all its memory
            raise BackendUnavailable(f"torch cannot open {device}: {error}") from error
        return cls(Gpu.open(settings.gpu, settings.plans_dir), device, settings.precision, way)

    def variant_of(self, card: Card) -> Card:
        """The card: half precision is made of the same file, and torch runs no INT8 one."""
        return card.run_in("fp16" if precision_of(card, self._precision) is torch.float16 else "fp32")

    def load(self, card: Card) -> Executor:
        """Convert the file and capture a graph for every shape. Raises WeightsError, MemoryError or DeviceLost."""
        data = read_model(card)
        try:
            module = convert(data, precision_of(card, self._precision))
        except WeightsError as error:
            raise WeightsError(f"{card.model_path}: {error}") from error
        return make_executor(self._gpu, TorchNetwork(module, card, self._place, self._way), card)

    def describe(self) -> dict[str, Any]:
        """Device, torch and the CUDA that it was built for."""
        runtime = f"torch {torch.__version__}, CUDA {torch.version.cuda}, {self._way}"
        return {**self._gpu.describe(), "runtime": runtime}

    def close(self) -> None:
        """Give the device back; what torch itself cached is freed with it."""
        try:
            if self._place.device.type == "cuda":
                torch.cuda.empty_cache()  # raises where the device was lost
        finally:
            self._gpu.close()  # a thread that ends with a context pushed ends the process


def precision_of(card: Card, asked: str) -> torch.dtype:
    """float16 for what takes it (see `Card.takes_half`), unless fp32 was asked for; else float32.

    Nearly all of a tile model is convolutions, whose sums a GPU keeps in float32. There is no INT8 here: it is answered
    as "auto" is.
    """
    return torch.float16 if card.takes_half and asked != "fp32" else torch.float32


def _require_cuda(index: int) -> None:
    if torch.version.cuda is None:
        raise BackendUnavailable(f"torch {torch.__version__} was built without CUDA: install a CUDA build of torch")
    if not torch.cuda.is_available():
        raise BackendUnavailable(f"torch {torch.__version__} (CUDA {torch.version.cuda}) finds no usable GPU")
    if index >= torch.cuda.device_count():
        raise BackendUnavailable(f"PACKSHOT_GPU: 0 to {torch.cuda.device_count() - 1}; received {index}")
