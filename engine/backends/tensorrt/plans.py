"""The plan of a recipe: the one this machine made before, or a new one. It knows no TensorRT: `build` is given."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.backends.tensorrt.recipe import Machine, Recipe
from engine.backends.tensorrt.signed_files import Refused, SignedFolder

logger = logging.getLogger(__name__)


class Built(NamedTuple):
    """What a build leaves: the plan, and the timing cache with what the build learnt (empty: nothing to keep)."""

    plan: bytes
    timing_cache: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan's bytes, and how they were come by: `reason` is empty for one that lay ready."""

    data: bytes
    sha256: str
    file: str
    reason: str
    recipe: Recipe

    @property
    def is_new(self) -> bool:
        """Whether it had to be built."""
        return bool(self.reason)


class PlanCache:
    """The plans of one folder. Any thread; workers that share the folder build each plan once."""

    def __init__(self, folder: SignedFolder) -> None:
        self._folder = folder

    def find_or_build(self, recipe: Recipe, build: Callable[[bytes], Built], say: Callable[[str], None]) -> Plan:
        """Return the recipe's plan. `build` gets the timing cache, b"" without one, and raises what it must.

        A plan that is not wholly this machine's own, for this very recipe, is told to `say` and the log, and is built
        anew. Raises BackendUnavailable when the folder cannot hold the new one.
        """
        file = f"{recipe.name}.plan"
        with self._folder.lock(file, lambda: say(f"{recipe.model}: another process is building this plan; waiting")):
            data, reason = self._look_up(file, recipe.key())
            if data is None:
                say(f"{recipe.model}: building the {recipe.precision} plan, since {reason}")
                data = self._build(file, recipe, build)
        return Plan(data, hashlib.sha256(data).hexdigest(), file, reason, recipe)

    def _look_up(self, file: str, purpose: dict[str, Any]) -> tuple[bytes | None, str]:
        try:
            data = self._folder.read(file, purpose)
        except Refused as refusal:
            logger.warning("%s is not loaded: %s", self._folder.folder / file, refusal)
            return None, f"{file} is not to be trusted: {refusal}"
        return data, "" if data is not None else "there is none for this model, device and version"

    def _build(self, file: str, recipe: Recipe, build: Callable[[bytes], Built]) -> bytes:
        timings, purpose = _timing_file(recipe.machine)
        with self._folder.lock(timings):
            known, _ = self._look_up(timings, purpose)
        built = build(known or b"")
        self._folder.write(file, built.plan, recipe.key())
        if built.timing_cache:
            with self._folder.lock(timings):  # of two builds at once the last counts: a lost timing is measured again
                self._folder.write(timings, built.timing_cache, purpose)
        return built.plan


def _timing_file(machine: Machine) -> tuple[str, dict[str, Any]]:
    purpose = {
        "gpu": machine.gpu,
        "compute_capability": machine.compute_capability,
        "cuda_driver": machine.driver,
        "tensorrt": machine.tensorrt,
    }
    digest = hashlib.sha256(repr(purpose).encode()).hexdigest()[:16]
    return f"timings-{digest}.cache", {"timing_cache": True, **purpose}
