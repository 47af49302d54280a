"""A converted model as the executors' DeviceNetwork: captured once for each shape, then one graph launch a batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from torch import fx

from engine.backends.torch.addresses import tensor_at
from engine.backends.torch.failures import device_failures
from engine.cards import Card
from engine.cuda.network import Shape, promised_shape
from engine.errors import WeightsError

Way = Literal["graphs", "eager", "compiled", "compiled graphs"]
"""How the network is run; all but the first are there to be measured beside it (benchmarks/gpu)."""

_WARM_UPS = 3
"""In the first runs cuDNN tries its algorithms, and libraries make their workspaces: no capture could hold that."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where networks run, and what those that run there share.

    A device of type "cpu" computes where the addresses are host memory: on the stand-in driver. `require_alive` raises
    DeviceLost for an error that the device did not survive.
    """

    device: torch.device
    require_alive: Callable[[BaseException], None]
    pools: dict[int, Any] = field(default_factory=dict)
    """The memory inside of graphs, by stream: those of one stream run one after the other, and so share it."""


class TorchNetwork:
    """One model on one device. Device thread only."""

    def __init__(self, module: fx.GraphModule, card: Card, place: Place, way: Way = "graphs") -> None:
        """`module` from `convert`, in the precision to run in; tile models in half precision run channels-last."""
        halves = any(buffer.dtype is torch.float16 for buffer in module.buffers())
        self.dtype: np.dtype[Any] = np.dtype(np.float16 if halves else np.float32)
        self.channels_last = halves and card.tile is not None
        memory_format = torch.channels_last if self.channels_last else torch.preserve_format
        module = module.to(place.device).to(memory_format=memory_format)
        self._answer: Any = torch.compile(module, dynamic=True) if way.startswith("compiled") else module
        self._card = card
        self._place = place
        self._way: Way = way

    def output_shape(self, shape: Shape) -> tuple[int, ...]:
        """See DeviceNetwork."""
        return promised_shape(self._card, shape)

    def prepare(self, shape: Shape, input_address: int, output_address: int, stream: int) -> Callable[[], None]:
        """Warm up, capture and return what enqueues one run on `stream` (a CUstream of the primary context).

        The run reads [N,C,H,W] at one address and writes its answer at the other; both must hold finite values by
        now and stay where they are. Raises WeightsError for an answer of another shape than the card's, MemoryError,
        or DeviceLost.
        """
        device = self._place.device
        kind = {"dtype": self.dtype, "device": device, "channels_last": self.channels_last}
        batch = tensor_at(input_address, shape, **kind)
        answer = tensor_at(output_address, self.output_shape(shape), **kind)

        def run() -> None:
            with torch.inference_mode(), _chosen_algorithms():
                answer.copy_(_checked(self._answer(batch), answer))

        if device.type == "cpu":
            return run
        with device_failures(self._place.require_alive), torch.cuda.device(device):
            try:
                return self._captured(run, torch.cuda.ExternalStream(stream, device=device), stream)
            finally:
                torch.cuda.empty_cache()  # what the warm-up left is PyCUDA's, too: it has an allocator of its own

    def _captured(self, run: Callable[[], None], stream: Any, key: int) -> Callable[[], None]:
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UPS):
                run()
        stream.synchronize()
        if not self._way.endswith("graphs"):
            return self._on_stream(run, stream)
        graph = torch.cuda.CUDAGraph()
        pool = self._place.pools.setdefault(key, torch.cuda.graph_pool_handle())
        with torch.cuda.graph(graph, pool=pool, stream=stream, capture_error_mode="thread_local"):
            run()
        return self._on_stream(graph.replay, stream)

    def _on_stream(self, enqueue: Callable[[], None], stream: Any) -> Callable[[], None]:
        """The same on a stream, with the engine's errors."""

        def launch() -> None:
            with device_failures(self._place.require_alive), torch.cuda.stream(stream):
                enqueue()

        return launch


@contextmanager
def _chosen_algorithms() -> Iterator[None]:
    """cuDNN's quickest algorithm for each shape, and float32 that is float32 (TF32 keeps 10 bits of its 23)."""
    with torch.backends.cudnn.flags(enabled=True, benchmark=True, deterministic=False, allow_tf32=False):
        yield


def _checked(received: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
    if received.shape != answer.shape:
        raise WeightsError(f"the card promises an answer of shape {tuple(answer.shape)}; received {received.shape}")
    return received
