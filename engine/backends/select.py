"""Chooses the backend, once, and says why. A backend asked for by name that cannot run is an error, never replaced."""

import ctypes
from typing import NamedTuple

from engine.backends.base import Backend
from engine.errors import BackendUnavailable
from engine.settings import EngineSettings


class Choice(NamedTuple):
    """The backend to run on, and the reason, in words."""

    backend: Backend
    why: str


def choose_backend(settings: EngineSettings) -> Choice:
    """Make the backend that `settings.backend` names, or for "auto" the best that runs here.

    Device thread only. Raises BackendUnavailable when the one named cannot run.
    """
    if settings.backend == "auto":
        return Choice(_onnxruntime(settings), f"auto: {cuda_verdict()}")
    why = f"PACKSHOT_BACKEND={settings.backend}"
    if settings.backend == "onnxruntime":
        return Choice(_onnxruntime(settings), why)
    if settings.backend == "fake":
        from engine.backends.fake import FakeBackend, FakePlan

        return Choice(FakeBackend(FakePlan.parse(settings.fake_plan)), why)
    raise BackendUnavailable(
        f"the backend {settings.backend!r} was asked for, and this version of Packshot cannot run it "
        f"({cuda_verdict()}); available: auto, onnxruntime, fake"
    )


def cuda_verdict(library: str = "libcuda.so.1") -> str:
    """Why the CPU is used, from whether the CUDA driver's library can be opened."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return f"no CUDA device: {library} is absent"
    return f"{library} is present, but this version of Packshot has no GPU backend: the CPU is used"


def _onnxruntime(settings: EngineSettings) -> Backend:
    try:
        from engine.backends.onnxruntime import OnnxRuntimeBackend
    except ImportError as error:
        raise BackendUnavailable(f"the backend 'onnxruntime' cannot be imported: {error}") from error
    return OnnxRuntimeBackend(settings.threads)
