"""Run by `check` where `import tensorrt` is the real module without its libraries: what of ours works upon it.

A builder or runtime cannot be made (the libraries are empty); the classes that TensorRT calls back, the enumerations
and the small value types are real.
"""

from __future__ import annotations

import logging

import tensorrt as trt

from engine.backends.tensorrt import builder, network, planner
from engine.backends.tensorrt.messages import ErrorMemory, log_bridge
from engine.backends.tensorrt.progress import BuildProgress
from engine.backends.tensorrt.recipe import Profile


def main() -> None:
    check_log()
    check_errors()
    check_progress()
    check_values()


def check_log() -> None:
    lines: list[tuple[int, str]] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append((record.levelno, record.getMessage()))  # type: ignore[method-assign]
    logging.getLogger("engine").addHandler(handler)
    logging.getLogger("engine").setLevel(logging.DEBUG)
    bridge = log_bridge()
    assert isinstance(bridge, trt.ILogger)
    for severity in (trt.ILogger.ERROR, trt.ILogger.WARNING, trt.ILogger.INFO, trt.ILogger.VERBOSE):
        bridge.log(severity, f"{severity.name} 100%")
    assert [level for level, _ in lines] == [logging.ERROR, logging.WARNING, logging.DEBUG], lines


def check_errors() -> None:
    memory = ErrorMemory()
    assert isinstance(memory, trt.IErrorRecorder)
    assert memory.report_error(trt.ErrorCodeTRT.FAILED_ALLOCATION, "no room") is False
    assert (memory.num_errors(), memory.get_error_desc(0), memory.tells_of_memory) == (1, "no room", True)
    assert memory.get_error_code(0) == trt.ErrorCodeTRT.FAILED_ALLOCATION


def check_progress() -> None:
    told: list[tuple[str, int]] = []
    progress = BuildProgress(lambda phase, percent: told.append((phase, percent)))
    assert isinstance(progress, trt.IProgressMonitor)
    progress.phase_start("build", None, 2)
    assert progress.step_complete("build", 0)
    progress.phase_finish("build")
    assert told == [("build", 50), ("build", 100)]


def check_values() -> None:
    profile = Profile((1, 3, 8, 8), (4, 3, 8, 8), (4, 3, 8, 8))
    dims = trt.Dims(profile.most)
    assert [dims[axis] for axis in range(len(dims))] == [4, 3, 8, 8]
    assert 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED) > 0
    assert {trt.DataType.HALF: "half", trt.DataType.FLOAT: "float"}[trt.DataType.HALF] == "half"
    for member in (trt.ExecutionContextAllocationStrategy.USER_MANAGED, trt.BuilderFlag.TF32):
        assert member.name in type(member).__members__
    assert builder.WORKSPACE_BYTES < 1 << 40
    assert callable(network.TensorRtNetwork)
    assert callable(planner.Planner)


if __name__ == "__main__":
    main()
