"""From a card to its plan: the recipe, the model in the precision wanted, and a build where no plan lies ready."""

from collections.abc import Callable, Sequence
from pathlib import Path

from engine.backends.tensorrt.builder import build_plan
from engine.backends.tensorrt.plans import Built, Plan, PlanCache
from engine.backends.tensorrt.recipe import Machine, Recipe, precision_for, recipe_for
from engine.backends.tensorrt.signed_files import SignedFolder
from engine.batching.lanes import gpu_lanes
from engine.cards import Card, read_model
from engine.errors import BackendUnavailable


class Planner:
    """Finds or builds plans for one device. Device thread only, with the device's context current."""

    def __init__(self, folder: Path, machine: Machine, precision: str, batch_sizes: Sequence[int]) -> None:
        """`precision`: as PACKSHOT_PRECISION. Raises BackendUnavailable when the folder cannot be used."""
        self._cache = PlanCache(SignedFolder(folder))
        self._machine = machine
        self._precision = precision
        self._batch_sizes = tuple(batch_sizes)

    def recipe(self, card: Card) -> Recipe:
        """Return what the card's plan is made from."""
        card = self._variant(card)
        lanes = gpu_lanes(card.tile) if card.tile is not None else ()
        return recipe_for(card, precision_for(card, self._precision), lanes, self._batch_sizes, self._machine)

    def plan(self, card: Card, say: Callable[[str], None]) -> Plan:
        """Return the card's plan, built if need be, which takes minutes; `say` is told each step, in words.

        The model file is checked against its card in any case. Raises WeightsError or BackendUnavailable.
        """
        recipe = self.recipe(card)
        model = read_model(self._variant(card))

        def build(timing_cache: bytes) -> Built:
            typed = _to_half(model) if recipe.precision == "fp16" else model
            return build_plan(recipe, typed, timing_cache, _in_tens(card.model, say))

        return self._cache.find_or_build(recipe, build, say)

    def _variant(self, card: Card) -> Card:
        return card.in_precision("int8") if self._precision == "int8" else card


def _in_tens(model: str, say: Callable[[str], None]) -> Callable[[str, int], None]:
    """Tell of every tenth of a phase: single percents would fill a log."""
    tenths: dict[str, int] = {}

    def tell(phase: str, percent: int) -> None:
        if percent // 10 > tenths.get(phase, -1) or percent == 0:
            tenths[phase] = percent // 10
            say(f"{model}: {phase} {percent}%")

    return tell


def _to_half(model: bytes) -> bytes:
    try:
        from engine.backends.tensorrt.precision import to_half
    except ImportError as error:
        raise BackendUnavailable(
            f"a plan in fp16 is built with the onnx package, which cannot be imported ({error}): pip install onnx, "
            f"or set PACKSHOT_PRECISION=fp32"
        ) from error
    return to_half(model)
