"""Opens the device: the backend, an executor per card, and a first run of each: a broken one stops the start."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine.backends.base import Backend, Executor
from engine.backends.select import Choice
from engine.batching.cutting import Box
from engine.batching.lanes import Slots
from engine.batching.units import Layout, Placed, Ticket, Unit, new_work
from engine.cards import Card
from engine.errors import BackendUnavailable, EngineError, WeightsError

WARM_UP_PX = 16
TIMED_RUNS = 3


@dataclass(frozen=True, slots=True)
class Device:
    """An open device and what is loaded on it."""

    backend: Backend
    why: str
    cards: Mapping[str, Card]
    """What was loaded: the cards given, or their variants in another precision."""
    executors: dict[str, Executor]
    """By `Card.key`, as `slots`; the device thread's alone, once it runs."""
    slots: Mapping[str, Slots]
    room_px: float
    """See Backend.room_px."""


def open_device(
    choose: Callable[[], Choice], cards: Mapping[str, Card], say: Callable[[str], None], largest_batch: int
) -> Device:
    """Load and warm up every card. Device thread only.

    Raises BackendUnavailable, or WeightsError naming the model that cannot be loaded or fails its first run; the
    backend is closed again then. `say` is told each step.
    """
    backend, why = choose()
    executors: dict[str, Executor] = {}
    slots: dict[str, Slots] = {}
    try:
        cards = {name: backend.variant_of(card) for name, card in cards.items()}
        for card in cards.values():
            say(f"loading {card.model} {card.version} on {backend.name}")
            executors[card.key], slots[card.key] = load_warm(backend, card, largest_batch)
    except MemoryError as error:
        backend.close()
        raise BackendUnavailable(f"{backend.name}: the models do not fit the device's memory: {error}") from error
    except BaseException:
        backend.close()
        raise
    return Device(backend, why, cards, executors, slots, backend.room_px())


def load_warm(backend: Backend, card: Card, largest_batch: int) -> tuple[Executor, Slots]:
    """Load one card and run it once. Device thread, but for a backend that `loads_aside`.

    Raises WeightsError where it cannot be loaded or fails its first run, and MemoryError.
    """
    executor = backend.load(card)
    return executor, _warm_up(backend, executor, card, _slots_of(executor, largest_batch))


def _slots_of(executor: Executor, largest_batch: int) -> Slots:
    sizes = tuple(size for size in executor.batch_sizes if size <= largest_batch) or executor.batch_sizes[:1]
    return Slots(sizes, executor.lanes, trims=executor.trims)


def _warm_up(backend: Backend, executor: Executor, card: Card, slots: Slots) -> Slots:
    """Run every lane and batch size on a small grey image, or a vector of ones: buffers are made, and shapes proven,
    before work.

    Where shapes are fixed, each is run again and timed, and the sizes that gain nothing any more are left out.
    """
    unit = _sample_unit(card, slots)
    seconds = {}
    for lane in reversed(slots.lanes or (None,)):
        for size in slots.sizes:
            layout = Layout(lane, size, tuple(Placed(unit, slot, 0) for slot in range(size)))
            _run(executor, layout, card)
            if not slots.trims:
                seconds[size] = min(_run(executor, layout, card) for _ in range(TIMED_RUNS))
    backend.release(unit.target)
    return slots if slots.trims else slots.with_costs(seconds)


def _sample_unit(card: Card, slots: Slots) -> Unit:
    if card.latent is not None:
        vectors = np.ones((1, card.latent.length), np.float32)
        target = new_work(card, vectors, Ticket(), slots).target
        return Unit(vectors, target, Box(0, 0, *target.shape[:2]))
    photo = np.full((WARM_UP_PX, WARM_UP_PX, card.channels_in), 128, np.uint8)
    return Unit(photo, new_work(card, photo, Ticket(), slots).target, Box(0, 0, WARM_UP_PX, WARM_UP_PX))


def _run(executor: Executor, layout: Layout, card: Card) -> float:
    """Return the seconds that the batch took."""
    began = time.perf_counter()
    try:
        executor.start(layout).wait()
    except EngineError:
        raise
    except Exception as error:
        raise WeightsError(f"{card.model_path}: the first run, of {layout.size} slots, failed: {error}") from error
    return time.perf_counter() - began
