"""Compiles kernels with NVRTC for one architecture, and keeps the cubins on disk. Needs no device. Any thread.

A cubin is native code: it is loaded only from a folder that this user alone may write to, and only when its digest
still agrees with what was written beside it.
"""

import hashlib
import logging
import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.cuda.errors import KernelRefused
from engine.cuda.toolkit import cuda_include_dirs
from engine.errors import BackendUnavailable
from engine.kernels.launches import HEADERS, KERNELS_DIR

logger = logging.getLogger(__name__)

_DIGEST_BYTES = 32


class KernelCompiler:
    """Gives the cubin of a `.cu` file, from `folder` where it holds the same sources, options and compiler's."""

    def __init__(self, folder: Path, architecture: str) -> None:
        """`architecture` such as "sm_90". Raises BackendUnavailable without cuda-bindings, NVRTC or CUDA's headers."""
        self._folder = folder
        self._architecture = architecture
        self._include_dirs = (KERNELS_DIR, *cuda_include_dirs())
        self._nvrtc = _import_nvrtc()
        self._version = _version_of(self._nvrtc)

    def cubin(self, source: Path) -> bytes:
        """Return the machine code of `source`, compiled or from the folder. Raises KernelRefused with NVRTC's log."""
        options = (f"--gpu-architecture={self._architecture}", "--std=c++17")
        key = self._key(source, options)
        path = self._folder / f"{source.stem}-{self._architecture}-{key.hex()[:16]}.cubin"
        kept = _read(path, key)
        if kept is not None:
            return kept
        logger.info("compiling %s for %s with NVRTC %s", source.name, self._architecture, self._version)
        made = self._compile(source, options)
        _write(path, key, made)
        return made

    def _key(self, source: Path, options: Sequence[str]) -> bytes:
        texts = [source.read_bytes(), *((KERNELS_DIR / header).read_bytes() for header in HEADERS)]
        parts = [*texts, *map(str.encode, options), self._version.encode()]
        return hashlib.sha256(b"".join(len(part).to_bytes(8, "little") + part for part in parts)).digest()

    def _compile(self, source: Path, options: Sequence[str]) -> bytes:
        nvrtc = self._nvrtc
        flags = [option.encode() for option in (*options, *(f"-I{folder}" for folder in self._include_dirs))]
        program = _checked(
            nvrtc, "create", nvrtc.nvrtcCreateProgram(source.read_bytes(), source.name.encode(), 0, [], [])
        )[0]
        try:
            (status,) = nvrtc.nvrtcCompileProgram(program, len(flags), flags)
            if status != nvrtc.nvrtcResult.NVRTC_SUCCESS:
                log = _text(nvrtc, program, "nvrtcGetProgramLog").decode(errors="replace").rstrip("\0\n ")
                raise KernelRefused(f"{source.name} for {self._architecture}: {status.name}: {log}")
            return _text(nvrtc, program, "nvrtcGetCUBIN")
        finally:
            nvrtc.nvrtcDestroyProgram(program)


def _import_nvrtc() -> Any:
    try:
        from cuda.bindings import nvrtc
    except ImportError as error:
        raise BackendUnavailable(f"cuda-bindings cannot be imported: {error}") from error
    return nvrtc


def _version_of(nvrtc: Any) -> str:
    try:
        answer = nvrtc.nvrtcVersion()
    except RuntimeError as error:  # cuda-bindings look for the library at the first call
        raise BackendUnavailable(f"NVRTC cannot be loaded: {error}; the wheel nvidia-cuda-nvrtc holds it") from error
    return ".".join(map(str, _checked(nvrtc, "nvrtcVersion", answer)))


def _checked(nvrtc: Any, name: str, answer: tuple[Any, ...]) -> tuple[Any, ...]:
    if answer[0] != nvrtc.nvrtcResult.NVRTC_SUCCESS:
        raise KernelRefused(f"{name}: {answer[0].name}")
    return answer[1:]


def _text(nvrtc: Any, program: Any, getter: str) -> bytes:
    """What NVRTC wrote for a program: its size is asked for first, and the getter fills a buffer of that size."""
    (size,) = _checked(nvrtc, getter, getattr(nvrtc, f"{getter}Size")(program))
    buffer = b" " * int(size)
    _checked(nvrtc, getter, getattr(nvrtc, getter)(program, buffer))
    return buffer


def _read(path: Path, key: bytes) -> bytes | None:
    """The cubin kept under `key`, or None where there is none, or one that is not what was written."""
    try:
        _require_private(path.parent)
        data = path.read_bytes()
    except OSError:  # not there yet; `_write` says in the log what else may be wrong with the place
        return None
    digest, cubin = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
    if digest != hashlib.sha256(key + cubin).digest():
        logger.warning("%s is not what was written there: it is compiled anew", path)
        return None
    return cubin


def _write(path: Path, key: bytes, cubin: bytes) -> None:
    """Keep a cubin; where that fails it is compiled again next time, and the log says why."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _require_private(path.parent)
        with tempfile.TemporaryDirectory(dir=path.parent) as drafts:
            draft = Path(drafts, path.name)
            draft.touch(0o600)
            draft.write_bytes(hashlib.sha256(key + cubin).digest() + cubin)
            draft.replace(path)
    except OSError as error:
        logger.warning("%s cannot be kept: %s", path, error)


def _require_private(folder: Path) -> None:
    """Raise BackendUnavailable for a folder that others may write to: they could put code there."""
    facts = folder.stat()
    if facts.st_uid != os.geteuid() or facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise BackendUnavailable(
            f"{folder}: compiled kernels are kept in a folder of this user's own that nobody else may write to; "
            f"received owner {facts.st_uid}, mode {stat.S_IMODE(facts.st_mode):o}"
        )
