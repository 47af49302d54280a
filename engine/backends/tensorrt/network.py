"""A plan on the device: one execution context and one CUDA graph for each input shape, all on one scratch memory."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

import numpy as np
import tensorrt as trt

from engine.backends.tensorrt.messages import ErrorMemory, log_bridge
from engine.backends.tensorrt.recipe import Recipe
from engine.cards import Card
from engine.cuda.network import Shape, promised_shape
from engine.errors import BackendUnavailable, WeightsError

_ALIGNMENT = 256


class Graph(Protocol):
    """A captured CUDA graph, ready to be launched."""

    def launch(self, stream: int) -> None:
        """Enqueue one run."""
        ...

    def close(self) -> None:
        """Destroy it."""
        ...


class Driver(Protocol):
    """What this module needs of the CUDA driver (see `engine.cuda`)."""

    def synchronize(self, stream: int) -> None:
        """Wait until the stream is done."""
        ...

    def capture(self, stream: int, enqueue: Callable[[], None]) -> Graph:
        """Record what `enqueue` puts on the stream."""
        ...

    def require_alive(self, error: BaseException | None = None) -> None:
        """Raise DeviceLost from `error` if the context is broken."""
        ...


class Scratch:
    """Device memory for the inside of networks, shared by all that run on one stream, one after the other.

    Graphs keep the address that they were captured with: so memory never moves, and larger needs get a block of their
    own. Prepare the largest batch first, and there is only one.
    """

    def __init__(self, allocate: Callable[[int], Any]) -> None:
        """`allocate`: bytes to a buffer with an `address`; raises MemoryError."""
        self._allocate = allocate
        self._blocks: dict[int, list[tuple[int, Any]]] = {}

    def address(self, size: int, stream: int) -> int:
        """Return where `size` bytes may be used by work on `stream`."""
        blocks = self._blocks.setdefault(stream, [])
        for held, block in blocks:
            if held >= size:
                return int(block.address)
        rounded = -(-max(size, 1) // _ALIGNMENT) * _ALIGNMENT
        blocks.append((rounded, self._allocate(rounded)))
        return int(blocks[-1][1].address)


class TensorRtNetwork:
    """See `DeviceNetwork`. Device thread only, as is every callable that it gives."""

    channels_last = False

    def __init__(self, plan: bytes, recipe: Recipe, card: Card, cuda: Driver, scratch: Scratch) -> None:
        """`plan` comes from `PlanCache`: nothing else may be deserialised.

        Raises BackendUnavailable when TensorRT cannot load it, WeightsError when it is neither fp16 nor fp32.
        """
        self._recipe = recipe
        self._card = card
        self._cuda = cuda
        self._scratch = scratch
        self._errors = ErrorMemory()
        runtime = trt.Runtime(log_bridge())
        runtime.error_recorder = self._errors  # the engine and its contexts take it over
        engine = runtime.deserialize_cuda_engine(plan)
        if engine is None:
            raise BackendUnavailable(f"{recipe.model}: TensorRT cannot load its plan: {self._errors.take()}")
        self._runtime: trt.Runtime | None = runtime
        self._engine: trt.ICudaEngine | None = engine
        self._runs: list[_Captured] = []
        self.dtype = _read_dtype(engine, recipe, card)

    def output_shape(self, shape: Shape) -> tuple[int, ...]:
        """See DeviceNetwork."""
        return promised_shape(self._card, shape)

    def prepare(self, shape: Shape, input_address: int, output_address: int, stream: int) -> Callable[[], None]:
        """Warm up and capture a batch of `shape` [N,C,H,W] between two addresses; call the result to enqueue one run.

        Every run of every network must be enqueued on the same `stream`, never the default one: they share memory.
        Raises MemoryError when the network's inside does not fit, BackendUnavailable when TensorRT fails, WeightsError
        when the network answers in another shape than the card promises, DeviceLost when the failure broke the device.
        """
        try:
            return self._capture(shape, input_address, output_address, stream).run
        except (BackendUnavailable, MemoryError) as refusal:
            self._cuda.require_alive(refusal)  # here, since a device that is being captured from cannot be asked
            raise

    def close(self) -> None:
        """Destroy graphs, contexts and engine, in this order, while the device's context is still current."""
        while self._runs:
            self._runs.pop().close()
        self._engine = None
        self._runtime = None

    def _capture(self, shape: Shape, input_address: int, output_address: int, stream: int) -> "_Captured":
        context = self._shaped(shape, stream)
        size = context.update_device_memory_size_for_shapes()
        context.set_device_memory(self._scratch.address(size, stream), size)
        for name, address in ((self._recipe.input, input_address), (self._recipe.output, output_address)):
            self._check(context.set_tensor_address(name, address), f"the address of {name!r}")

        def enqueue() -> None:
            self._check(context.execute_async_v3(stream), f"a batch of shape {shape}")

        enqueue()  # the first run does what a capture may not, such as loading kernels
        self._cuda.synchronize(stream)
        captured = _Captured(context, self._cuda.capture(stream, enqueue), stream)
        self._runs.append(captured)
        return captured

    def _shaped(self, shape: Shape, stream: int) -> trt.IExecutionContext:
        """Return a new context set to one shape, still without memory."""
        assert self._engine is not None, "the network is closed"
        context = self._engine.create_execution_context(trt.ExecutionContextAllocationStrategy.USER_MANAGED)
        if context is None:
            self._refuse(f"a context for {shape}")
        fitting = [index for index, profile in enumerate(self._recipe.profiles) if profile.holds(shape)]
        assert fitting, (shape, self._recipe.profiles)
        self._check(context.set_optimization_profile_async(fitting[0], stream), f"profile {fitting[0]}")
        self._cuda.synchronize(stream)
        self._check(context.set_input_shape(self._recipe.input, shape), f"the shape {shape}")
        answer = context.get_tensor_shape(self._recipe.output)
        received = tuple(answer[axis] for axis in range(len(answer)))
        if received != self.output_shape(shape):
            raise WeightsError(
                f"{self._card.model_path}: the card promises an answer of shape {self.output_shape(shape)}; "
                f"received {received}"
            )
        return context

    def _check(self, accepted: bool, what: str) -> None:
        if not accepted:
            self._refuse(what)

    def _refuse(self, what: str) -> NoReturn:
        kind = MemoryError if self._errors.tells_of_memory else BackendUnavailable
        raise kind(f"{self._recipe.model}: TensorRT refuses {what}: {self._errors.take()}")


@dataclass(slots=True)
class _Captured:
    """A graph, and the context whose state it runs on."""

    context: trt.IExecutionContext | None
    graph: Graph
    stream: int

    def run(self) -> None:
        self.graph.launch(self.stream)

    def close(self) -> None:
        """Executors may hold `run` for longer than the device is open: it must not keep the context alive."""
        self.graph.close()
        self.context = None


def _read_dtype(engine: trt.ICudaEngine, recipe: Recipe, card: Card) -> np.dtype[Any]:
    dtypes: dict[trt.DataType, np.dtype[Any]] = {
        trt.DataType.HALF: np.dtype(np.float16),
        trt.DataType.FLOAT: np.dtype(np.float32),
    }
    kinds = [engine.get_tensor_dtype(name) for name in (recipe.input, recipe.output)]
    if kinds[0] != kinds[1] or kinds[0] not in dtypes:
        raise WeightsError(f"{card.model_path}: input and output are both float16 or both float32; received {kinds}")
    return dtypes[kinds[0]]
