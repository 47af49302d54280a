"""Builds the kernels for the CPU, with whatever C++ compiler there is, and launches them through ctypes."""

import ctypes
import functools
import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from engine.kernels.launches import HEADERS, KERNELS_DIR, Launch

SHIM = Path(__file__).with_name("cpu_shim.h")
FLAGS = ("-std=c++20", "-shared", "-fPIC", "-O1", "-ffp-contract=off", "-fno-strict-aliasing", "-Wall", "-Wextra")
WARNINGS = ("-Werror", "-Wno-unknown-pragmas")  # nvcc's #pragma unroll
SANITIZERS = ("-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-fno-omit-frame-pointer")
SOURCES = tuple(sorted(KERNELS_DIR.glob("*.cu")))
KERNEL = re.compile(r"^KERNEL (\w+)\(", re.MULTILINE)


class NoCompilerError(Exception):
    """No C++ compiler was found."""


@functools.cache
def compiler() -> tuple[str, ...]:
    """The command of $CXX, g++, clang++, or the ziglang wheel's, the first there is. Raises NoCompilerError."""
    if chosen := os.environ.get("CXX"):
        return tuple(shlex.split(chosen))
    for name in ("g++", "clang++"):
        if found := shutil.which(name):
            return (found,)
    if importlib.util.find_spec("ziglang"):
        # Without a target it builds for this very processor, and with its own checks for undefined behaviour on.
        return (sys.executable, "-m", "ziglang", "c++", "-mcpu=baseline", "-fno-sanitize=undefined")
    raise NoCompilerError("no C++ compiler: none of $CXX, g++, clang++ and the ziglang package was found")


def require_compiler() -> tuple[str, ...]:
    """The compiler's command; without one, see missing_tool."""
    try:
        return compiler()
    except NoCompilerError as error:
        missing_tool(str(error))


def missing_tool(reason: str) -> NoReturn:
    """Skip the test, but fail it in CI and where nothing may be skipped."""
    if os.environ.get("CI") or os.environ.get("PACKSHOT_REQUIRE_BACKENDS") == "1":
        pytest.fail(f"{reason}; in CI this may not be skipped")
    pytest.skip(reason)


def kernels_of(source: Path) -> list[str]:
    """The names of the kernels that a file defines."""
    return KERNEL.findall(source.read_text())


@functools.cache
def build(sources: tuple[Path, ...] = SOURCES, extra_flags: tuple[str, ...] = ()) -> Path:
    """A shared library that exports launch_<kernel> for every kernel of the files; made once for the same sources.

    Raises NoCompilerError, and CalledProcessError with the compiler's words.
    """
    command = (
        *compiler(),
        *FLAGS,
        *WARNINGS,
        *extra_flags,
        "-DPACKSHOT_CPU_SHIM",
        f"-I{SHIM.parent}",
        f"-I{KERNELS_DIR}",
    )
    folders = {KERNELS_DIR, *(source.parent for source in sources)}  # a header beside its file goes first
    headers = (folder / header for folder in sorted(folders) for header in HEADERS)
    texts = [path.read_bytes() for path in (*sources, SHIM, *filter(Path.exists, headers))]
    digest = hashlib.sha256(b"\0".join([*texts, *map(os.fsencode, command)])).hexdigest()[:16]
    library = Path(tempfile.gettempdir()) / f"packshot-kernels-{os.getuid()}" / f"{digest}.so"
    if not library.exists():
        library.parent.mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=library.parent) as folder:
            _compile(command, sources, Path(folder) / library.name).rename(library)
    return library


def _compile(command: tuple[str, ...], sources: tuple[Path, ...], library: Path) -> Path:
    """One translation unit for each file, since two files may use one name for two things."""
    units = []
    for source in sources:
        exports = "".join(f"SHIM_EXPORT({kernel})\n" for kernel in kernels_of(source))
        units.append(library.with_name(f"{source.stem}.cpp"))
        units[-1].write_text(f'#include "{source}"\n{exports}')
    subprocess.run([*command, *map(str, units), "-o", str(library)], check=True, capture_output=True, text=True)
    return library


@functools.cache
def load(library: Path) -> ctypes.CDLL:
    """The opened library; it stays open."""
    return ctypes.CDLL(str(library))


def run(launch: Launch, library: Path | None = None) -> None:
    """Launch on the CPU, all addresses being those of arrays that the caller keeps alive."""
    if launch.is_empty:
        return
    opened = load(library or build())
    values = [np.array(argument) for argument in launch.arguments]
    pointers = (ctypes.c_void_p * len(values))(*(value.ctypes.data for value in values))
    grid_block = (ctypes.c_uint * 6)(*launch.grid, *launch.block)
    getattr(opened, f"launch_{launch.function}")(grid_block, pointers, None)
