"""From a card to its plan: the recipe, the model in the precision wanted, and a build where no plan lies ready."""

import importlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

from engine.backends.tensorrt.builder import build_plan
from engine.backends.tensorrt.plans import Built, Plan, PlanCache
from engine.backends.tensorrt.recipe import Machine, Recipe, precision_for, recipe_for
from engine.backends.tensorrt.signed_files import SignedFolder
from engine.batching.lanes import gpu_lanes
from engine.cards import Card, read_model
from engine.errors import BackendUnavailable

logger = logging.getLogger(__name__)


class Planner:
    """Finds or builds plans for one device. Device thread only, with the device's context current."""

    def __init__(self, folder: Path, machine: Machine, precision: str, batch_sizes: Sequence[int]) -> None:
        """`precision`: as PACKSHOT_PRECISION. Raises BackendUnavailable when the folder cannot be used."""
        self._cache = PlanCache(SignedFolder(folder))
        self._machine = machine
        self._precision = precision
        self._batch_sizes = tuple(batch_sizes)

    def plan(self, card: Card, say: Callable[[str], None]) -> Plan:
        """Return the plan of a card (see `variant_of`), built if need be, which takes minutes; `say` is told each step.

        The model file is checked against its card in any case. Raises WeightsError or BackendUnavailable.
        """
        model = read_model(card)
        recipe = self._recipe(card)

        def build(timing_cache: bytes) -> Built:
            typed = _precision_module().to_half(model) if recipe.precision == "fp16" else model
            return build_plan(recipe, typed, timing_cache, _in_tens(card.model, say))

        return self._cache.find_or_build(recipe, build, say)

    def variant_of(self, card: Card) -> Card:
        """The card or its INT8 variant, if that is asked for and TensorRT can take it, with the plan's precision."""
        card = self._symmetric_variant(card)
        return card.run_in(precision_for(card, self._precision))

    def _symmetric_variant(self, card: Card) -> Card:
        variant = card.in_precision("int8") if self._precision == "int8" else card
        if variant is card:
            return card
        asymmetric = _precision_module().asymmetric_steps(read_model(variant))
        if not asymmetric:
            return variant
        logger.warning(
            "%s: the INT8 file is not quantised symmetrically, as TensorRT wants it (%s, %d in all): fp16 is used",
            card.model,
            asymmetric[0],
            len(asymmetric),
        )
        return card

    def _recipe(self, card: Card) -> Recipe:
        lanes = gpu_lanes(card.tile) if card.tile is not None else ()
        return recipe_for(card, precision_for(card, self._precision), lanes, self._batch_sizes, self._machine)


def _in_tens(model: str, say: Callable[[str], None]) -> Callable[[str, int], None]:
    """Tell of every tenth of a phase: single percents would fill a log."""
    tenths: dict[str, int] = {}

    def tell(phase: str, percent: int) -> None:
        if percent // 10 > tenths.get(phase, -1) or percent == 0:
            tenths[phase] = percent // 10
            say(f"{model}: {phase} {percent}%")

    return tell


def _precision_module() -> ModuleType:
    try:
        return importlib.import_module("engine.backends.tensorrt.precision")
    except ImportError as error:
        raise BackendUnavailable(
            f"a plan in fp16 or INT8 is built with the onnx package, which cannot be imported ({error}): "
            f"pip install onnx, or set PACKSHOT_PRECISION=fp32"
        ) from error
