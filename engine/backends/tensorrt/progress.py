"""How far a build is, from TensorRT's progress monitor."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import SupportsInt

import tensorrt as trt


@dataclass(slots=True)
class _Phase:
    parent: str | None
    steps: int
    done: int = 0


class BuildProgress(trt.IProgressMonitor):
    """Tells `say` each whole percent of each outermost phase, as (phase, percent). TensorRT calls it on any thread.

    What `say` raises cancels the build and waits in `failure`: an exception must not pass through TensorRT.
    """

    def __init__(self, say: Callable[[str, int], None]) -> None:
        trt.IProgressMonitor.__init__(self)
        self._say = say
        self._lock = threading.Lock()
        self._phases: dict[str, _Phase] = {}
        self._told: dict[str, int] = {}
        self.failure: BaseException | None = None

    def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: SupportsInt) -> None:
        """Called by TensorRT; `parent_phase` is None for an outermost phase."""
        with self._lock:
            self._phases[phase_name] = _Phase(parent_phase or None, max(1, int(num_steps)))

    def step_complete(self, phase_name: str, step: SupportsInt) -> bool:
        """Called by TensorRT; False cancels the build."""
        with self._lock:
            phase = self._phases.get(phase_name)
            if phase is not None:
                phase.done = min(phase.steps, max(phase.done, int(step) + 1))
                self._tell(phase_name)
        return self.failure is None

    def phase_finish(self, phase_name: str) -> None:
        """Called by TensorRT, perhaps before every step was told."""
        with self._lock:
            phase = self._phases.get(phase_name)
            if phase is None:
                return
            phase.done = phase.steps
            self._tell(phase_name)
            del self._phases[phase_name]
            if phase.parent is None:
                self._told.pop(phase_name, None)

    def _tell(self, name: str) -> None:
        root = self._root(name)
        percent = int(100 * self._share(root))
        if self.failure is not None or percent <= self._told.get(root, -1):
            return
        self._told[root] = percent
        try:
            self._say(root, percent)
        except BaseException as error:  # noqa: BLE001  (kept, and raised by the builder)
            self.failure = error

    def _root(self, name: str) -> str:
        parent = self._phases[name].parent
        return name if parent is None or parent not in self._phases else self._root(parent)

    def _share(self, name: str) -> float:
        """How much of a phase is done: its steps, and of the running one what its own phases have done."""
        phase = self._phases[name]
        within = [self._share(child) for child, other in self._phases.items() if other.parent == name]
        return min(1.0, (phase.done + (sum(within) / len(within) if within else 0.0)) / phase.steps)
