"""The engine's settings: frozen, read once from PACKSHOT_* by the process' entry point, and passed as an argument."""

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from engine.errors import SettingsRefused

BACKENDS = ("auto", "onnxruntime", "openvino", "tensorrt", "torch", "fake")
PRECISIONS = ("auto", "fp32", "fp16", "int8")


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What a person may choose about the engine. Each field's variable and range stand in its metadata."""

    backend: str = field(default="auto", metadata={"variable": "PACKSHOT_BACKEND", "choices": BACKENDS})
    gpu: int = field(default=0, metadata={"variable": "PACKSHOT_GPU", "range": (0, 1023)})
    """Which GPU, as CUDA numbers those that this process sees."""
    precision: str = field(default="auto", metadata={"variable": "PACKSHOT_PRECISION", "choices": PRECISIONS})
    """auto: half precision for tile models on a GPU, INT8 on a CPU. A model keeps its own where its card lacks the one
    asked for, or forbids it.
    """
    plans_dir: Path = field(
        default_factory=lambda: _home_or(Path(tempfile.gettempdir())) / ".cache/packshot/plans",
        metadata={"variable": "PACKSHOT_PLANS_DIR"},
    )
    """Where compiled plans and kernels are kept; only what this machine built is loaded from there."""
    threads: int = field(default=0, metadata={"variable": "PACKSHOT_THREADS", "range": (0, 1024)})
    """CPU threads of the network; 0 takes every core this process may use."""
    max_batch_size: int = field(default=64, metadata={"variable": "PACKSHOT_MAX_BATCH_SIZE", "range": (1, 1024)})
    """Upper bound on slots in a batch; a backend may prefer fewer."""
    max_wait_ms: float = field(default=2.0, metadata={"variable": "PACKSHOT_MAX_WAIT_MS", "range": (0, 100)})
    """How long the start of a burst may gather, on backends where batching pays (not on a CPU)."""
    max_resident_megapixels: float = field(
        default=400.0, metadata={"variable": "PACKSHOT_MAX_RESIDENT_MEGAPIXELS", "range": (1, 100_000)}
    )
    """Source and target pixels of unfinished work held at once (3 bytes each); past it, there is no room."""
    batch_timeout_s: float = field(default=60.0, metadata={"variable": "PACKSHOT_BATCH_TIMEOUT_S", "range": (1, 3600)})
    """A batch on the device for longer than this counts as hung (see `Engine.last_progress`)."""
    weights_dir: Path = field(default=Path(__file__).parent / "weights", metadata={"variable": "PACKSHOT_WEIGHTS_DIR"})
    fake_plan: str = field(default="", metadata={"variable": "PACKSHOT_FAKE_PLAN"})
    """What the `fake` backend costs and when it fails; see `engine.backends.fake.FakePlan.parse`."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "EngineSettings":
        """Read every variable; raises SettingsRefused naming all the values that cannot be used."""
        values: dict[str, Any] = {}
        mistakes: list[str] = []
        for setting in fields(cls):
            text = environ.get(setting.metadata["variable"], "").strip()
            if not text:
                continue
            try:
                values[setting.name] = _read(text, setting.type, setting.metadata)
            except ValueError as error:
                mistakes.append(f"{setting.metadata['variable']}: {error}; received {text!r}")
        if mistakes:
            raise SettingsRefused("engine settings: " + "; ".join(mistakes))
        return cls(**values)


_READERS: dict[object, Callable[[str], Any]] = {
    int: int,
    float: float,
    str: str,
    Path: lambda text: Path(text).expanduser(),
}
_NOUNS = {int: "a whole number", float: "a number", Path: "a path whose ~ there is a home for"}


def _home_or(other: Path) -> Path:
    """The user's home; `other` for a user without one, such as a container's that is only a number."""
    try:
        return Path.home()
    except RuntimeError:
        return other


def _read(text: str, kind: Any, limits: Mapping[str, Any]) -> Any:
    if text not in limits.get("choices", (text,)):
        raise ValueError(f"one of {', '.join(limits['choices'])}")
    try:
        value = _READERS[kind](text)
    except (ValueError, RuntimeError) as error:  # RuntimeError: pathlib's for a ~ that stands for no home
        raise ValueError(_NOUNS[kind]) from error
    allowed = limits.get("range")
    if allowed is not None and not allowed[0] <= value <= allowed[1]:  # written so that "nan" is refused too
        raise ValueError(f"{_NOUNS[kind]} from {allowed[0]:g} to {allowed[1]:g}")
    return value
