"""From ONNX to a "plan"."""
# ruff: noqa: ARG002  (the signatures are TensorRT's)

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, SupportsInt

from .types import (
    MAGIC,
    BuilderFlag,
    Dims,
    ErrorCodeTRT,
    IHostMemory,
    ILogger,
    MemoryPoolType,
    NetworkDefinitionCreationFlag,
    behaviour,
    session_of,
)


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
            session = session_of(model)
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
        return IHostMemory(MAGIC + json.dumps(profiles).encode() + b"\n" + network.model)


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
