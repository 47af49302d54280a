"""`python -m engine compile`: builds TensorRT plans ahead of time, so that a worker's start finds them ready."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from engine.backends.tensorrt.library import machine_of, require_tensorrt
from engine.cards import Card
from engine.errors import BackendUnavailable, ModelNotFound, WeightsError
from engine.settings import EngineSettings

if TYPE_CHECKING:
    from engine.backends.tensorrt.planner import Planner


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of one model: a plan, or an error."""

    model: str
    version: str
    precision: str = ""
    file: str = ""
    sha256: str = ""
    size_bytes: int = 0
    is_new: bool = False
    seconds: float = 0.0
    error: str = ""

    def __str__(self) -> str:
        if self.error:
            return f"{self.model} {self.version}: failed: {self.error}"
        made = f"built in {self.seconds:.1f} s" if self.is_new else "found ready"
        size = f"{self.size_bytes / 1e6:.1f} MB, SHA-256 {self.sha256[:16]}"
        return f"{self.model} {self.version}: {self.precision} plan {made}: {self.file} ({size})"


@dataclass(slots=True)
class Report:
    """What the command did, and for which device."""

    machine: Mapping[str, Any]
    plans_dir: str
    plans: list[Compiled] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether any model is without a plan."""
        return any(plan.error for plan in self.plans)

    def as_json(self) -> str:
        """One object: machine, plans_dir, plans."""
        return json.dumps({"machine": dict(self.machine), "plans_dir": self.plans_dir, "plans": _rows(self.plans)})


def choose_cards(cards: Mapping[str, Card], names: Iterable[str]) -> list[Card]:
    """Return the cards named. Raises ModelNotFound naming those that are not there."""
    unknown = sorted(set(names) - set(cards))
    if unknown:
        raise ModelNotFound(f"the models here are {', '.join(sorted(cards))}; received {', '.join(unknown)}")
    return [cards[name] for name in dict.fromkeys(names)]


def compile_models(cards: Iterable[Card], settings: EngineSettings, say: Callable[[str], None]) -> Report:
    """Find or build the plan of every card; a model that fails does not keep the others from theirs.

    `say` is told the progress, line by line. The calling thread is the device's for as long as it takes. Raises
    BackendUnavailable where TensorRT, the driver or the device is missing, or plans cannot be kept.
    """
    require_tensorrt()
    from engine.backends.tensorrt.backend import batch_sizes_for
    from engine.backends.tensorrt.planner import Planner
    from engine.cuda.driver import Cuda

    cuda = Cuda(settings.gpu)
    try:
        machine = machine_of(cuda)
        planner = Planner(settings.plans_dir, machine, settings.precision, batch_sizes_for(settings))
        report = Report(asdict(machine), str(settings.plans_dir))
        report.plans += [_compile(card, planner, say) for card in cards]
        return report
    finally:
        cuda.close()


def _compile(card: Card, planner: "Planner", say: Callable[[str], None]) -> Compiled:
    started = time.monotonic()
    try:
        plan = planner.plan(planner.variant_of(card), say)
    except (WeightsError, BackendUnavailable) as error:
        return Compiled(card.model, card.version, error=str(error))
    return Compiled(
        model=card.model,
        version=card.version,
        precision=plan.recipe.precision,
        file=plan.file,
        sha256=plan.sha256,
        size_bytes=len(plan.data),
        is_new=plan.is_new,
        seconds=round(time.monotonic() - started, 3),
    )


def _rows(plans: Iterable[Compiled]) -> list[dict[str, Any]]:
    """What is known of each: of a plan no error, of an error no plan."""
    return [{name: value for name, value in asdict(plan).items() if value != ""} for plan in plans]
