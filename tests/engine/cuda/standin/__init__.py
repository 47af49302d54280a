"""Builds the stand-in for NVIDIA's driver library, loads it in its place, plants faults in it and reads its facts."""

import ctypes
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
LIBRARY = "libcuda.so.1"


class Facts(ctypes.Structure):
    """What the stand-in counted; its order is that of `Facts` in standin.hpp."""

    _fields_ = [
        (name, ctypes.c_uint64)
        for name in (
            *("device_bytes", "device_peak", "device_allocations", "pinned_bytes", "pinned_peak", "pinned_allocations"),
            *("streams", "events", "modules", "graphs", "contexts"),
            *("launches", "graph_launches", "pageable_copies", "overruns", "writes_after_free", "refused_launches"),
        )
    ]


class StandIn:
    """The stand-in, loaded into this process: PyCUDA and cuda-bindings find it where they look for the driver."""

    ILLEGAL_ADDRESS = 700
    LAUNCH_FAILED = 719

    def __init__(self, library: Path) -> None:
        self._library = ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)

    def reset(self, seed: int = 0, memory_bytes: int = 8 << 30, devices: int = 1) -> None:
        """Forget everything. Seed 0 runs each operation at once; others run streams late, in an order of their own."""
        self._library.standin_reset(ctypes.c_uint64(seed), ctypes.c_uint64(memory_bytes), ctypes.c_int(devices))

    def plant_error(self, code: int, after_kernels: int = 0) -> None:
        """Let the kernel after so many more fail with a sticky error: from then on every call answers with it.

        -1: at once.
        """
        self._library.standin_plant_error(ctypes.c_int(code), ctypes.c_int64(after_kernels))

    def plant_out_of_memory(self, after_allocations: int = 0) -> None:
        """Let every device allocation after so many more fail."""
        self._library.standin_plant_out_of_memory(ctypes.c_int64(after_allocations))

    def limit_memory(self, size: int) -> None:
        """Change how much device memory there is."""
        self._library.standin_limit_memory(ctypes.c_uint64(size))

    @property
    def facts(self) -> Facts:
        """What is alive and what happened since `reset`; every guard around every block is looked at."""
        facts = Facts()
        self._library.standin_facts(ctypes.byref(facts))
        return facts


def build(folder: Path) -> Path:
    """Compile the stand-in into `folder`, unless these very sources are there already; return the library.

    Raises RuntimeError when g++ or the headers of the nvidia-cuda-runtime wheel are absent.
    """
    compiler = shutil.which("g++")
    if compiler is None:
        raise RuntimeError("g++ is not on the PATH (Debian: apt install g++): the stand-in driver cannot be built")
    sources = sorted(HERE.glob("*.cpp"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in (*sources, HERE / "standin.hpp"))).hexdigest()[:16]
    home = folder / digest
    library = home / LIBRARY
    if not library.exists():
        home.mkdir(parents=True, exist_ok=True)
        part = home / f"{LIBRARY}.{os.getpid()}"
        flags = ["-std=c++20", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
        name = f"-Wl,-soname,{LIBRARY}"
        command = [compiler, *flags, f"-I{cuda_include()}", name, *map(str, sources), "-o", str(part), "-ldl"]
        subprocess.run(command, check=True)
        part.rename(library)
    return library


def cuda_include() -> Path:
    """The folder of cuda.h in the nvidia-cuda-runtime wheel."""
    import nvidia

    for root in nvidia.__path__:
        for header in sorted(Path(root).glob("*/include/cuda.h")):
            return header.parent
    raise RuntimeError(f"no cuda.h below {list(nvidia.__path__)}: the wheel nvidia-cuda-runtime is not installed")
