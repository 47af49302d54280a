"""Packshot's own batcher as a scheduler: the code that serves, given photos without pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.batching.batcher import Batcher
from engine.batching.filling import Batch, core_px, count_slots
from engine.batching.lanes import Slots
from engine.batching.units import Ticket, Work
from engine.cards import Card, OnnxFacts
from engine.errors import EngineError
from engine.simulation.schedulers import Load, Outcome
from engine.simulation.traces import Photo
from engine.unit_shapes import FrameShape, TileShape


@dataclass(frozen=True, slots=True)
class Model:
    """A network, and what its batches are made of."""

    card: Card
    slots: Slots


def card_of(model: str, shape: TileShape | FrameShape) -> Card:
    """Return a card for a network that nobody runs: no file belongs to it."""
    onnx = OnnxFacts("model.onnx", "0" * 64, 17, "fp32", "input", "output", 0)
    tile = shape if isinstance(shape, TileShape) else None
    frame = shape if isinstance(shape, FrameShape) else None
    kind = "tile" if tile else "frame"
    return Card(Path(), model, "1", kind, "simulated", "answers nothing", onnx, tile, frame, "Apache-2.0")


class Ours:
    """See Scheduler. `works` maps photos to what the batcher knows them by."""

    def __init__(self, models: Mapping[str, Model], window_s: float = 0.0) -> None:
        self._models = dict(models)
        self.batcher = Batcher({name: model.slots for name, model in models.items()}, window_s)
        self.works: dict[int, Work] = {}
        self._numbers: dict[Work, int] = {}

    def add(self, number: int, photo: Photo, now: float) -> None:
        """See Scheduler."""
        model = self._models[photo.model]
        ticket = Ticket(photo.tenant, photo.priority, photo.deadline_s, alone=photo.alone)
        nothing = np.broadcast_to(np.uint8(0), (photo.height_px, photo.width_px, 3))
        work = Work(model.card, nothing, nothing, ticket, model.slots)
        self.works[number], self._numbers[work] = work, number
        self.batcher.add(work, now)

    def cancel(self, number: int) -> None:
        """See Scheduler."""
        if number in self.works:  # else it came after the engine was closed
            self.works[number].ticket.cancelled.set()

    def next_load(self, now: float) -> Load | None:
        """See Scheduler."""
        batch = self.batcher.next_batch(now)
        return None if batch is None else self._load_of(batch)

    def wakes_at(self) -> float | None:
        """See Scheduler."""
        return self.batcher.window_ends

    def answer(self, load: Load, error: Exception | None, now: float) -> None:
        """See Scheduler."""
        if error is None:
            self.batcher.finished(load.batch, now)
        else:
            self.batcher.failed(load.batch, error, now)

    def drop_all(self, error: Exception) -> None:
        """See Scheduler."""
        assert isinstance(error, EngineError)
        self.batcher.drop_all(error)

    def take_outcomes(self) -> Sequence[Outcome]:
        """See Scheduler."""
        return [Outcome(self._numbers[work], error) for work, error in self.batcher.take_settled()]

    def _load_of(self, batch: Batch) -> Load:
        useful: dict[int, int] = {}
        units: list[tuple[int, int, int]] = []
        for work, placed in batch.members:
            number, box = self._numbers[work], placed.unit.box
            useful[number] = useful.get(number, 0) + core_px(placed.unit, work.card)
            units.append((number, box.y, box.x))
        seen_px, size = batch.usage.seen_px, batch.layout.size
        empty_px = (size - count_slots(batch.members)) * seen_px // size
        return Load(seen_px, useful, batch.usage.halo_px, empty_px, batch.reason, tuple(units), batch)
