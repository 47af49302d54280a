"""Finds CUDA's headers: in the nvidia-cuda-runtime wheel, or in a toolkit."""

import importlib.util
import os
from pathlib import Path

from engine.errors import BackendUnavailable

_TOOLKIT = Path("/usr/local/cuda")


def cuda_include_dirs() -> tuple[Path, ...]:
    """The first folder that holds cuda_fp16.h, and the libcu++ beside it. Raises BackendUnavailable without one."""
    candidates = [*_wheels(), *(Path(os.environ[name]) for name in ("CUDA_HOME", "CUDA_PATH") if name in os.environ)]
    for root in (*candidates, _TOOLKIT):
        include = root / "include"
        if (include / "cuda_fp16.h").exists():
            cccl = include / "cccl"
            return (include, cccl) if cccl.is_dir() else (include,)
    raise BackendUnavailable(
        "cuda_fp16.h is needed to compile kernels: install the wheel nvidia-cuda-runtime, or set CUDA_HOME"
    )


def _wheels() -> list[Path]:
    """Where NVIDIA's wheels put their files: nvidia/cu13 today, nvidia/cuda_runtime before CUDA 13."""
    spec = importlib.util.find_spec("nvidia")
    places = (spec.submodule_search_locations or []) if spec else []
    return [path for place in places for name in ("cu13", "cuda_runtime") if (path := Path(place) / name).is_dir()]
