"""Whether TensorRT is here, in a version that this package is written for, and what to do where it is not."""

import importlib
from typing import TYPE_CHECKING

from engine.backends.tensorrt.recipe import Machine
from engine.errors import BackendUnavailable

if TYPE_CHECKING:
    from engine.cuda.driver import Cuda

MAJORS = (10, 11)
HOW_TO_INSTALL = (
    "it is for machines with an NVIDIA GPU: pip install 'packshot-server[tensorrt]' there (tensorrt-cu12 for a CUDA 12 "
    "driver); without one, nothing needs to be compiled or installed"
)


def require_tensorrt() -> str:
    """Import TensorRT and return its version. Raises BackendUnavailable, saying what to install."""
    try:
        version = str(importlib.import_module("tensorrt").__version__)
    except (ImportError, OSError) as error:  # the package opens its libraries itself
        raise BackendUnavailable(f"TensorRT cannot be imported ({error}); {HOW_TO_INSTALL}") from error
    if not version.startswith(tuple(f"{major}." for major in MAJORS)):
        raise BackendUnavailable(f"TensorRT is used in versions 10 and 11; received {version}; {HOW_TO_INSTALL}")
    return version


def machine_of(cuda: "Cuda") -> Machine:
    """Return what plans for an open device are bound to. Raises BackendUnavailable without TensorRT."""
    digits = cuda.architecture.removeprefix("sm_")
    return Machine(
        gpu=cuda.name,
        compute_capability=f"{digits[:-1]}.{digits[-1]}",
        driver=_driver_major(),
        tensorrt=require_tensorrt(),
    )


def _driver_major() -> int:
    from cuda.bindings import driver

    status, version = driver.cuDriverGetVersion()
    if status != driver.CUresult.CUDA_SUCCESS:
        raise BackendUnavailable(f"the CUDA driver does not tell its version: {status.name}")
    return int(version) // 1000
