"""Chooses the backend, once, and says why. A backend asked for by name that cannot run is an error, never replaced."""

import importlib
import logging
from typing import NamedTuple, cast

from engine.backends.base import Backend
from engine.cuda.devices import Survey, list_gpus
from engine.errors import BackendUnavailable
from engine.settings import EngineSettings

logger = logging.getLogger(__name__)

_CLASSES = {
    "tensorrt": ("engine.backends.tensorrt.backend", "TensorRtBackend"),
    "torch": ("engine.backends.torch.backend", "TorchBackend"),
    "openvino": ("engine.backends.openvino", "OpenVinoBackend"),
    "onnxruntime": ("engine.backends.onnxruntime", "OnnxRuntimeBackend"),
    "fake": ("engine.backends.fake", "FakeBackend"),
}
"""Where each lies: imported when it is chosen, since most need packages that others do without."""
ON_A_GPU = ("tensorrt", "torch")
"""The backends that need one."""


class Choice(NamedTuple):
    """The backend to run on, and the reason, in words."""

    backend: Backend
    why: str


def choose_backend(settings: EngineSettings, survey: Survey | None = None) -> Choice:
    """Make the backend that `settings.backend` names, or for "auto" the best that runs here.

    `survey`: the machine's GPUs, asked of the driver if not given. Device thread only. Raises BackendUnavailable when
    the one named cannot run.
    """
    if settings.backend != "auto":
        return Choice(_open(settings.backend, settings), f"PACKSHOT_BACKEND={settings.backend}")
    gpus, why_none = survey or list_gpus()
    if not gpus:
        return Choice(_open("onnxruntime", settings), f"auto: {why_none}")
    refusals = []
    for name in ON_A_GPU:
        try:
            return Choice(_open(name, settings), f"auto: {gpus[min(settings.gpu, len(gpus) - 1)].name}")
        except BackendUnavailable as error:
            refusals.append(f"{name}: {error}")
    why = f"auto: {len(gpus)} GPUs, and no backend for them: " + "; ".join(refusals)
    logger.warning("%s", why)
    return Choice(_open("onnxruntime", settings), why)


def _open(name: str, settings: EngineSettings) -> Backend:
    module, kind = _CLASSES[name]
    try:
        backend = getattr(importlib.import_module(module), kind)
    except Exception as error:  # a package without its libraries may raise anything: torch an OSError or a ValueError
        raise BackendUnavailable(
            f"the backend {name!r} cannot be imported: {error}. It is an extra: pip install 'packshot-server[{name}]'; "
            "without PACKSHOT_BACKEND, Packshot takes the best that runs here"
        ) from error
    return cast(Backend, backend.from_settings(settings))
