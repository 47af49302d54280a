"""Packshot's own batcher as a scheduler: the code that serves, given photos without pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.batching.batcher import Batch, Batcher
from engine.batching.lanes import Slots
from engine.batching.units import Layout, Ticket, Work
from engine.cards import Card, FrameShape, OnnxFacts, TileShape
from engine.errors import EngineError
from engine.simulation.schedulers import Load, Outcome
from engine.simulation.traces import Photo


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
        model = self._models[batch.model]
        useful: dict[int, int] = {}
        units: list[tuple[int, int, int]] = []
        for work, placed in batch.members:
            number, box = self._numbers[work], placed.unit.box
            useful[number] = useful.get(number, 0) + box.height * box.width
            units.append((number, box.y, box.x))
        if model.card.tile is None:
            return _frames_load(batch, model.card, useful, tuple(units))
        halo_px = sum(_halo_px(placed.unit.box, model.card.tile.halo_px) for placed in batch.layout.placed)
        area_px, empty_px = _areas(batch.layout, model.card.tile, trims=model.slots.trims)
        return Load(area_px, useful, halo_px, empty_px, batch.reason, tuple(units), batch)


def _halo_px(box: tuple[int, int, int, int], halo_px: int) -> int:
    _, _, height, width = box
    return (height + 2 * halo_px) * (width + 2 * halo_px) - height * width


def _areas(layout: Layout, tile: TileShape, *, trims: bool) -> tuple[int, int]:
    """Area that the network sees, and how much of it is slots without a unit."""
    if trims:
        boxes = [placed.unit.box for placed in layout.placed]
        return sum(_seen(box.height, tile) * _seen(box.width, tile) for box in boxes), 0
    assert layout.lane is not None
    slot_px = layout.lane.height_px * layout.lane.width_px
    used = len({placed.slot for placed in layout.placed})
    return layout.size * slot_px, (layout.size - used) * slot_px


def _seen(core_px: int, tile: TileShape) -> int:
    return core_px + -core_px % tile.align_px + 2 * tile.halo_px


def _frames_load(batch: Batch, card: Card, useful: Mapping[int, int], units: tuple[tuple[int, int, int], ...]) -> Load:
    """A frame's photo counts as the frame: the network sees no more of it."""
    assert card.frame is not None
    frame_px = card.frame.height_px * card.frame.width_px
    area_px = batch.layout.size * frame_px
    empty_px = (batch.layout.size - len(units)) * frame_px
    return Load(area_px, dict.fromkeys(useful, frame_px), 0, empty_px, batch.reason, units, batch)
