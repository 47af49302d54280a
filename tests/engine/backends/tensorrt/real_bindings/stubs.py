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

from tests.engine.backends.tensorrt.real_bindings.repair import repair

PACKAGE = "tensorrt_cu13_bindings"
_LIBC = ("dlopen", "dlsym", "dlclose")
LIBRARIES = ("nvinfer", "nvinfer_plugin", "nvonnxparser")


def make_stubs(version: str, cache: Path) -> Path:
    """Return a folder with `tensorrt.pyi` of the version (say "11.4"), made now unless it lies there already."""
    home = cache / version
    stubs = home / "stubs"
    if not (stubs / "tensorrt.pyi").exists():
        wheel = _download(version, home / "wheel")
        with tempfile.TemporaryDirectory() as scratch:
            module = _extract_module(wheel, Path(scratch))
            _make_libraries(module, Path(scratch), version.split(".", maxsplit=1)[0])
            draft = _generate(Path(scratch))
        stubs.mkdir(parents=True, exist_ok=True)
        partial = stubs / "tensorrt.pyi.part"
        partial.write_text(repair(draft), encoding="utf-8")
        partial.replace(stubs / "tensorrt.pyi")
    return stubs


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


def _generate(folder: Path) -> str:
    environment = {**os.environ, "LD_LIBRARY_PATH": str(folder), "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "pybind11_stubgen", "tensorrt", "--ignore-all-errors", "--output-dir", str(folder)]
    _run(command, environment=environment)
    return (folder / "tensorrt.pyi").read_text(encoding="utf-8")


def _run(command: list[str], text: str | None = None, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout
