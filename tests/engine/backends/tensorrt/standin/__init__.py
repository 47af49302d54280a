"""A stand-in for the `tensorrt` module: the part that Packshot uses, with the real signatures, on the CPU.

A "plan" is the ONNX model with its profiles; a run reads and writes the addresses it is given through ONNX Runtime, in
the order of its stream (see `enqueue_on`). What TensorRT's documentation demands is asserted: shapes within the chosen
profile, addresses and memory set before a run, no default stream. Use it through the fixture `tensorrt`, whose
`behaviour` plants failures and tells what was done.
"""

from .building import (
    Builder,
    IBuilderConfig,
    INetworkDefinition,
    IOptimizationProfile,
    ITensor,
    ITimingCache,
    OnnxParser,
    ParserError,
)
from .running import ICudaEngine, IExecutionContext, Runtime
from .types import (
    BuilderFlag,
    DataType,
    Dims,
    ErrorCodeTRT,
    ExecutionContextAllocationStrategy,
    IErrorRecorder,
    IHostMemory,
    ILogger,
    IProgressMonitor,
    MemoryPoolType,
    NetworkDefinitionCreationFlag,
    behaviour,
)

__version__ = "10.16.1.11"

__all__ = [
    "Builder",
    "BuilderFlag",
    "DataType",
    "Dims",
    "ErrorCodeTRT",
    "ExecutionContextAllocationStrategy",
    "IBuilderConfig",
    "ICudaEngine",
    "IErrorRecorder",
    "IExecutionContext",
    "IHostMemory",
    "ILogger",
    "INetworkDefinition",
    "IOptimizationProfile",
    "IProgressMonitor",
    "ITensor",
    "ITimingCache",
    "MemoryPoolType",
    "NetworkDefinitionCreationFlag",
    "OnnxParser",
    "ParserError",
    "Runtime",
    "behaviour",
]
