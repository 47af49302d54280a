"""A "plan" at work."""
# ruff: noqa: ARG002  (the signatures are TensorRT's)

from __future__ import annotations

import ctypes
import json
from typing import Any, SupportsInt

import numpy as np

from .types import (
    MAGIC,
    DataType,
    Dims,
    ErrorCodeTRT,
    ExecutionContextAllocationStrategy,
    ILogger,
    behaviour,
    session_of,
)

SCRATCH_BYTES_PER_SLOT = 1 << 10


class Runtime:
    def __init__(self, logger: ILogger) -> None:
        self.error_recorder: Any = None

    def deserialize_cuda_engine(self, serialized_engine: bytes) -> ICudaEngine | None:
        behaviour.deserialised.append(bytes(serialized_engine))
        if not serialized_engine.startswith(MAGIC):
            self.error_recorder.report_error(ErrorCodeTRT.INVALID_ARGUMENT, "the magic tag does not match")
            return None
        profiles, _, model = serialized_engine[len(MAGIC) :].partition(b"\n")
        return ICudaEngine(json.loads(profiles), model, self.error_recorder)


class ICudaEngine:
    def __init__(self, profiles: list[dict[str, list[list[int]]]], model: bytes, errors: Any) -> None:
        self.profiles = profiles
        self.errors = errors
        self.session = session_of(model)
        self.kinds = {value.name: value.type for value in (*self.session.get_inputs(), *self.session.get_outputs())}

    def get_tensor_dtype(self, name: str) -> DataType:
        kinds = {"tensor(float)": DataType.FLOAT, "tensor(float16)": DataType.HALF, "tensor(int8)": DataType.INT8}
        return kinds[self.kinds[name]]

    def create_execution_context(
        self, strategy: ExecutionContextAllocationStrategy = ExecutionContextAllocationStrategy.STATIC
    ) -> IExecutionContext | None:
        assert strategy is ExecutionContextAllocationStrategy.USER_MANAGED
        if behaviour.no_context:
            self.errors.report_error(ErrorCodeTRT.FAILED_ALLOCATION, behaviour.no_context)
            return None
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
        return Dims(
            self._shape if name == source.name else self._engine.session.run([name], {source.name: probe})[0].shape
        )

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
            self._engine.errors.report_error(ErrorCodeTRT[behaviour.refused_for], behaviour.refused_run)
            return False
        if behaviour.enqueue_on is None:
            self._run()
        else:
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
