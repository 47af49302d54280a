"""A stand-in for the `tensorrt` module: the part that Packshot uses, with the real signatures, on the CPU.

A "plan" is the ONNX model with its profiles; a run reads and writes the addresses it is given through ONNX Runtime, in
the order of its stream (see `enqueue_on`). What TensorRT's documentation demands is asserted: shapes within the chosen
profile, addresses and memory set before a run, no default stream. Use it through the fixture `tensorrt`, whose
`behaviour` plants failures and tells what was done.
"""

from __future__ import annotations

import ctypes
import enum
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, SupportsInt

import numpy as np
import onnxruntime

__version__ = "10.16.1.11"

_MAGIC = b"stand-in plan\n"
SCRATCH_BYTES_PER_SLOT = 1 << 10


@dataclass
class Behaviour:
    """Failures to come, and what was done so far."""

    parser_errors: list[tuple[str, str, str]] = field(default_factory=list)
    """(operator, node, description) that the parser is to find."""
    build_error: str = ""
    stale_timings: bool = False
    """A timing cache that is not empty is refused, as one of another driver is."""
    refused_run: str = ""
    """Runs are refused with this error."""
    built: list[dict[str, Any]] = field(default_factory=list)
    deserialised: list[bytes] = field(default_factory=list)
    runs: list[tuple[int, ...]] = field(default_factory=list)
    scratch: set[tuple[int, int]] = field(default_factory=set)
    enqueue_on: Callable[[int, Callable[[], None]], None] = lambda stream, run: run()
    """How a run gets onto its stream; by default it is done at once."""


behaviour = Behaviour()


class _Enum(enum.IntEnum):
    pass


class DataType(_Enum):
    FLOAT = 0
    HALF = 1
    INT8 = 2


class NetworkDefinitionCreationFlag(_Enum):
    STRONGLY_TYPED = 1


class MemoryPoolType(_Enum):
    WORKSPACE = 0


class BuilderFlag(_Enum):
    TF32 = 7


class ExecutionContextAllocationStrategy(_Enum):
    STATIC = 0
    ON_PROFILE_CHANGE = 1
    USER_MANAGED = 2


class ErrorCodeTRT(_Enum):
    SUCCESS = 0
    UNSPECIFIED_ERROR = 1
    INVALID_ARGUMENT = 3


class ILogger:
    class Severity(_Enum):
        INTERNAL_ERROR = 0
        ERROR = 1
        WARNING = 2
        INFO = 3
        VERBOSE = 4

    def __init__(self) -> None:
        self.made_by_base = True

    def log(self, severity: ILogger.Severity, msg: str) -> None:
        raise NotImplementedError


class IErrorRecorder:
    def __init__(self) -> None:
        self.made_by_base = True


class IProgressMonitor:
    def __init__(self) -> None:
        self.made_by_base = True


class Dims:
    def __init__(self, shape: Sequence[SupportsInt] = ()) -> None:
        self._sizes = tuple(int(size) for size in shape)

    def __len__(self) -> int:
        return len(self._sizes)

    def __getitem__(self, index: int) -> int:
        return self._sizes[index]


class IHostMemory(bytes):
    """The real one is a buffer, too."""


@dataclass
class ITensor:
    name: str


@dataclass
class ParserError:
    _operator: str
    _node: str
    _desc: str

    def node_operator(self) -> str:
        return self._operator

    def node_name(self) -> str:
        return self._node

    def desc(self) -> str:
        return self._desc


class INetworkDefinition:
    def __init__(self, flags: int) -> None:
        self.flags = flags
        self.model = b""
        self.inputs: list[ITensor] = []
        self.outputs: list[ITensor] = []

    @property
    def num_inputs(self) -> int:
        return len(self.inputs)

    @property
    def num_outputs(self) -> int:
        return len(self.outputs)

    def get_input(self, index: int) -> ITensor:
        return self.inputs[index]

    def get_output(self, index: int) -> ITensor:
        return self.outputs[index]


class OnnxParser:
    def __init__(self, network: INetworkDefinition, logger: ILogger) -> None:
        assert logger.made_by_base
        self._network = network
        self._errors: list[ParserError] = []

    def parse(self, model: bytes, path: str | None = None) -> bool:
        self._errors = [ParserError(*error) for error in behaviour.parser_errors]
        if self._errors:
            return False
        try:
            session = _session(model)
        except Exception as error:  # noqa: BLE001  (ONNX Runtime raises a dozen classes)
            self._errors = [ParserError("", "", str(error))]
            return False
        self._network.model = bytes(model)
        self._network.inputs = [ITensor(value.name) for value in session.get_inputs()]
        self._network.outputs = [ITensor(value.name) for value in session.get_outputs()]
        return True

    @property
    def num_errors(self) -> int:
        return len(self._errors)

    def get_error(self, index: int) -> ParserError:
        return self._errors[index]


class IOptimizationProfile:
    def __init__(self) -> None:
        self.shapes: dict[str, list[list[int]]] = {}

    def set_shape(self, input: str, min: Dims, opt: Dims, max: Dims) -> None:  # noqa: A002  (TensorRT's names)
        sizes = [[dims[axis] for axis in range(len(dims))] for dims in (min, opt, max)]
        assert all(low <= best <= high for low, best, high in zip(*sizes, strict=True)), sizes
        self.shapes[input] = sizes


class ITimingCache:
    def __init__(self, timed: list[str]) -> None:
        self.timed = timed

    def serialize(self) -> IHostMemory:
        return IHostMemory(json.dumps(self.timed).encode())


class IBuilderConfig:
    def __init__(self) -> None:
        self.max_aux_streams = 1
        self.progress_monitor: Any = None
        self.pools: dict[MemoryPoolType, int] = {}
        self.flags = {BuilderFlag.TF32}
        self.profiles: list[IOptimizationProfile] = []
        self._timings: ITimingCache | None = None

    def set_memory_pool_limit(self, pool: MemoryPoolType, pool_size: SupportsInt) -> None:
        self.pools[pool] = int(pool_size)

    def clear_flag(self, flag: BuilderFlag) -> None:
        self.flags.discard(flag)

    def add_optimization_profile(self, profile: IOptimizationProfile) -> int:
        self.profiles.append(profile)
        return len(self.profiles) - 1

    def create_timing_cache(self, serialized_timing_cache: bytes) -> ITimingCache:
        return ITimingCache(json.loads(bytes(serialized_timing_cache) or b"[]"))

    def set_timing_cache(self, cache: ITimingCache, ignore_mismatch: bool) -> bool:
        if behaviour.stale_timings and cache.timed and not ignore_mismatch:
            return False
        self._timings = cache
        return True

    def get_timing_cache(self) -> ITimingCache | None:
        return self._timings


class Builder:
    def __init__(self, logger: ILogger) -> None:
        self._logger = logger
        self.error_recorder: Any = None

    def create_network(self, flags: SupportsInt = 0) -> INetworkDefinition:
        return INetworkDefinition(int(flags))

    def create_builder_config(self) -> IBuilderConfig:
        return IBuilderConfig()

    def create_optimization_profile(self) -> IOptimizationProfile:
        return IOptimizationProfile()

    def build_serialized_network(self, network: INetworkDefinition, config: IBuilderConfig) -> IHostMemory | None:
        assert network.flags == 1 << NetworkDefinitionCreationFlag.STRONGLY_TYPED, network.flags
        self._logger.log(ILogger.Severity.INFO, "building")
        if behaviour.build_error:
            self.error_recorder.report_error(ErrorCodeTRT.UNSPECIFIED_ERROR, behaviour.build_error)
            return None
        timings = config.get_timing_cache()
        assert timings is not None
        wanted = [json.dumps(profile.shapes) for profile in config.profiles]
        new = [shapes for shapes in wanted if shapes not in timings.timed]
        if not _tell_progress(config.progress_monitor, len(wanted)):
            return None
        timings.timed += new
        profiles = [profile.shapes for profile in config.profiles]
        behaviour.built.append({"profiles": profiles, "timed": len(new), "flags": set(config.flags)})
        return IHostMemory(_MAGIC + json.dumps(profiles).encode() + b"\n" + network.model)


class Runtime:
    def __init__(self, logger: ILogger) -> None:
        self.error_recorder: Any = None

    def deserialize_cuda_engine(self, serialized_engine: bytes) -> ICudaEngine | None:
        behaviour.deserialised.append(bytes(serialized_engine))
        if not serialized_engine.startswith(_MAGIC):
            self.error_recorder.report_error(ErrorCodeTRT.INVALID_ARGUMENT, "the magic tag does not match")
            return None
        profiles, _, model = serialized_engine[len(_MAGIC) :].partition(b"\n")
        return ICudaEngine(json.loads(profiles), model, self.error_recorder)


class ICudaEngine:
    def __init__(self, profiles: list[dict[str, list[list[int]]]], model: bytes, errors: Any) -> None:
        self.profiles = profiles
        self.errors = errors
        self.session = _session(model)
        self.kinds = {value.name: value.type for value in (*self.session.get_inputs(), *self.session.get_outputs())}

    def get_tensor_dtype(self, name: str) -> DataType:
        kinds = {"tensor(float)": DataType.FLOAT, "tensor(float16)": DataType.HALF, "tensor(int8)": DataType.INT8}
        return kinds[self.kinds[name]]

    def create_execution_context(
        self, strategy: ExecutionContextAllocationStrategy = ExecutionContextAllocationStrategy.STATIC
    ) -> IExecutionContext:
        assert strategy is ExecutionContextAllocationStrategy.USER_MANAGED
        return IExecutionContext(self)


class IExecutionContext:
    def __init__(self, engine: ICudaEngine) -> None:
        self._engine = engine
        self._profile: dict[str, list[list[int]]] = {}
        self._shape: tuple[int, ...] = ()
        self._addresses: dict[str, int] = {}
        self._memory = (0, 0)

    def set_optimization_profile_async(self, profile_index: SupportsInt, stream_handle: SupportsInt) -> bool:
        self._profile = self._engine.profiles[int(profile_index)]
        return True

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        least, _, most = self._profile[name]
        if not all(low <= size <= high for low, size, high in zip(least, shape, most, strict=True)):
            return False
        self._shape = tuple(shape)
        return True

    def get_tensor_shape(self, name: str) -> Dims:
        (source,) = self._engine.session.get_inputs()
        dtype = np.float16 if source.type == "tensor(float16)" else np.float32
        probe = np.zeros(self._shape, dtype)
        return Dims(self._shape if name == source.name else self._engine.session.run([name], {source.name: probe})[0].shape)

    def update_device_memory_size_for_shapes(self) -> int:
        assert self._shape, "shapes come first"
        return self._shape[0] * SCRATCH_BYTES_PER_SLOT

    def set_device_memory(self, memory: SupportsInt, size: SupportsInt) -> None:
        assert int(memory) % 256 == 0
        assert int(size) >= self.update_device_memory_size_for_shapes()
        self._memory = (int(memory), int(size))
        behaviour.scratch.add(self._memory)

    def set_tensor_address(self, name: str, memory: SupportsInt) -> bool:
        self._addresses[name] = int(memory)
        return name in self._engine.kinds

    def execute_async_v3(self, stream_handle: SupportsInt) -> bool:
        assert int(stream_handle), "the default stream is not for us"
        assert self._memory[0]
        assert set(self._addresses) == set(self._engine.kinds)
        if behaviour.refused_run:
            self._engine.errors.report_error(ErrorCodeTRT.INVALID_ARGUMENT, behaviour.refused_run)
            return False
        behaviour.enqueue_on(int(stream_handle), self._run)
        return True

    def _run(self) -> None:
        session = self._engine.session
        (source,), (target,) = session.get_inputs(), session.get_outputs()
        behaviour.runs.append(self._shape)
        values = _array_at(self._addresses[source.name], self._shape, source.type)
        with np.errstate(all="ignore"):  # what lies between units may be anything
            (answer,) = session.run([target.name], {source.name: np.ascontiguousarray(values)})
        _array_at(self._addresses[target.name], answer.shape, target.type)[...] = answer


def _array_at(address: int, shape: tuple[int, ...], kind: str) -> np.ndarray:
    dtype = np.dtype(np.float16 if kind == "tensor(float16)" else np.float32)
    size = int(np.prod(shape)) * dtype.itemsize
    return np.frombuffer((ctypes.c_char * size).from_address(address), dtype).reshape(shape)


def _session(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(bytes(model), options, providers=["CPUExecutionProvider"])


def _tell_progress(monitor: Any, profiles: int) -> bool:
    """Two nested phases, and an end before the last step, as the documentation allows."""
    assert monitor.made_by_base
    monitor.phase_start("Building engine", None, profiles)
    for profile in range(profiles):
        monitor.phase_start("Timing tactics", "Building engine", 4)
        if not all(monitor.step_complete("Timing tactics", step) for step in range(3)):
            return False
        monitor.phase_finish("Timing tactics")
        if not monitor.step_complete("Building engine", profile):
            return False
    monitor.phase_finish("Building engine")
    return True
