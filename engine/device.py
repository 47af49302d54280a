"""Opens the device: the backend, an executor per card, and a first run of each: a broken one stops the start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.backends.base import Backend, Executor
from engine.backends.select import Choice
from engine.batching.units import Ticket, new_work
from engine.cards import Card
from engine.errors import EngineError, WeightsError

WARM_UP_PX = 16


@dataclass(frozen=True, slots=True)
class Device:
    """An open device and what is loaded on it."""

    backend: Backend
    why: str
    executors: Mapping[str, Executor]


def open_device(
    choose: Callable[[], Choice], cards: Mapping[str, Card], say: Callable[[str], None], largest_batch: int
) -> Device:
    """Load and warm up every card. Device thread only.

    Raises BackendUnavailable, or WeightsError naming the model that cannot be loaded or fails its first run; the
    backend is closed again then. `say` is told each step.
    """
    backend, why = choose()
    executors: dict[str, Executor] = {}
    try:
        for card in cards.values():
            say(f"loading {card.model} {card.version} on {backend.name}")
            executors[card.model] = backend.load(card, card.model_path)
            _warm_up(executors[card.model], card, largest_batch)
    except BaseException:
        backend.close()
        raise
    return Device(backend, why, executors)


def batch_limit(executor: Executor, largest_batch: int) -> int:
    """The largest batch an executor is to be given, under a person's own limit."""
    return min(executor.batch_sizes[-1], largest_batch)


def _warm_up(executor: Executor, card: Card, largest_batch: int) -> None:
    """Run every prepared batch size once on a small grey image: buffers are made, and shapes proven, before work."""
    source = np.full((WARM_UP_PX, WARM_UP_PX, 3), 128, np.uint8)
    for size in executor.batch_sizes:
        if size > largest_batch:
            return
        units = [new_work(card, source, Ticket()).take() for _ in range(size)]
        try:
            executor.run(units)
        except EngineError:
            raise
        except Exception as error:
            raise WeightsError(f"{card.model_path}: the first run, of {size} units, failed: {error}") from error
