"""Makes type stubs of the real TensorRT bindings on a machine without TensorRT, for `make check-tensorrt`.

The bindings' wheel is small and holds the whole Python API, but its module wants three large libraries. Empty ones with
the right names and the few functions that are looked up at import make it importable; nothing in it is ever called.
What is made here is NVIDIA's: it stays in the folder given, and is not to be committed or passed on.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

from tests.engine.backends.tensorrt.real_bindings.repair import repair

PACKAGE = "tensorrt_cu13_bindings"
_LIBC = ("dlopen", "dlsym", "dlclose")
LIBRARIES = ("nvinfer", "nvinfer_plugin", "nvonnxparser")


class Bindings(NamedTuple):
    """One version: folder `stubs` holds tensorrt.pyi, `module` the importable tensorrt.so and its empty libraries."""

    stubs: Path
    module: Path

    @property
    def environment(self) -> dict[str, str]:
        """For a Python in which `import tensorrt` is to mean these bindings."""
        return {**os.environ, "LD_LIBRARY_PATH": str(self.module), "PYTHONPATH": str(self.module)}


def make_bindings(version: str, cache: Path) -> Bindings:
    """Return the bindings of a version (say "11.4"), made now unless they lie in `cache` already."""
    home = cache / version
    bindings = Bindings(home / "stubs", home / "module")
    if not (bindings.stubs / "tensorrt.pyi").exists():
        for folder in bindings:
            folder.mkdir(parents=True, exist_ok=True)
        module = _extract_module(_download(version, home / "wheel"), bindings.module)
        _make_libraries(module, bindings.module, version.split(".", maxsplit=1)[0])
        partial = bindings.stubs / "tensorrt.pyi.part"
        partial.write_text(repair(_generate(bindings)), encoding="utf-8")
        partial.replace(bindings.stubs / "tensorrt.pyi")
    return bindings


def _download(version: str, folder: Path) -> Path:
    """Fetch the wheel for the running Python with pip, from wherever pip is set up to fetch from."""
    if not list(folder.glob("*.whl")):
        download = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        _run([*download, "--no-deps", "--only-binary=:all:", "--dest", str(folder), f"{PACKAGE}=={version}.*"])
    (wheel,) = folder.glob("*.whl")
    return wheel


def _extract_module(wheel: Path, folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if re.fullmatch(r"tensorrt_bindings/tensorrt[^/]*\.so", name))
        target = folder / "tensorrt.so"
        target.write_bytes(archive.read(name))
    return target


def _make_libraries(module: Path, folder: Path, major: str) -> None:
    listing = _run(["nm", "--dynamic", "--undefined-only", str(module)])
    wanted = re.findall(r"\bU ((?!_?Py)\w+)$", listing, re.MULTILINE)  # C names without a version: TensorRT's own
    source = "".join(f"void *{name}(void) {{ return 0; }}\n" for name in wanted if name not in _LIBC)
    for library in LIBRARIES:
        file = f"lib{library}.so.{major}"
        code = source if library == LIBRARIES[0] else ""
        _run(["gcc", "-shared", "-fPIC", f"-Wl,-soname,{file}", "-o", str(folder / file), "-x", "c", "-"], code)


def _generate(bindings: Bindings) -> str:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pybind11_stubgen", "tensorrt", "--ignore-all-errors", "--output-dir", folder]
        _run(command, environment=bindings.environment)
        return (Path(folder) / "tensorrt.pyi").read_text(encoding="utf-8")


def _run(command: list[str], text: str | None = None, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout
