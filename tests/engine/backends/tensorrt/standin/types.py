"""What the two halves of the stand-in share: what is planted and told, enumerations, and the classes to subclass."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, SupportsInt

import onnxruntime

MAGIC = b"stand-in plan\n"


@dataclass
class Behaviour:
    """Failures to come, and what was done so far."""

    parser_errors: list[tuple[str, str, str]] = field(default_factory=list)
    """(operator, node, description) that the parser is to find."""
    build_error: str = ""
    stale_timings: bool = False
    """A timing cache that is not empty is refused, as one of another driver is."""
    refused_run: str = ""
    """Runs are refused with this error, of the kind `refused_for`."""
    refused_for: str = "INVALID_ARGUMENT"
    no_context: str = ""
    """No context is made, for want of memory, with this error."""
    built: list[dict[str, Any]] = field(default_factory=list)
    deserialised: list[bytes] = field(default_factory=list)
    runs: list[tuple[int, ...]] = field(default_factory=list)
    scratch: set[tuple[int, int]] = field(default_factory=set)
    enqueue_on: Callable[[int, Callable[[], None]], None] | None = None
    """How a run gets onto its stream; without it, it is done at once."""


behaviour = Behaviour()


class Enumeration(enum.IntEnum):
    pass


class DataType(Enumeration):
    FLOAT = 0
    HALF = 1
    INT8 = 2


class NetworkDefinitionCreationFlag(Enumeration):
    STRONGLY_TYPED = 1


class MemoryPoolType(Enumeration):
    WORKSPACE = 0


class BuilderFlag(Enumeration):
    TF32 = 7


class ExecutionContextAllocationStrategy(Enumeration):
    STATIC = 0
    ON_PROFILE_CHANGE = 1
    USER_MANAGED = 2


class ErrorCodeTRT(Enumeration):
    SUCCESS = 0
    UNSPECIFIED_ERROR = 1
    INVALID_ARGUMENT = 3
    FAILED_ALLOCATION = 8


class ILogger:
    class Severity(Enumeration):
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


def session_of(model: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(bytes(model), options, providers=["CPUExecutionProvider"])
