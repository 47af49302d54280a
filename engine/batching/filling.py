"""What a batch is: fills its slots, and tells afterwards what its pixels were used for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.batching.facts import Usage
from engine.batching.lanes import Lane, Slots
from engine.batching.units import Layout, Placed, Unit, Work
from engine.cards import Card


class Member(NamedTuple):
    """A placed unit, and the work it belongs to."""

    work: Work
    placed: Placed


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Units of one model for one run of the device, and why they left just now."""

    model: str
    members: tuple[Member, ...]
    layout: Layout
    usage: Usage
    reason: str
    started: float

    @property
    def key(self) -> str:
        """Which version of the model, as `Card.key`."""
        return self.members[0].work.card.key

    def works(self) -> dict[Work, list[Member]]:
        """The works in this batch, each with its units."""
        members: dict[Work, list[Member]] = {}
        for member in self.members:
            members.setdefault(member.work, []).append(member)
        return members

    def share_of(self, members: list[Member]) -> float:
        """The part of what the batch answers that belongs to these members."""
        return sum(core_px(member.placed.unit, member.work.card) for member in members) / self.usage.core_px


class Filling:
    """Slots of one lane, filled one after the other; a unit never crosses into the next slot."""

    def __init__(self, lane: Lane | None, limit: int) -> None:
        self._lane = lane
        self._limit = limit
        self._length = lane.width_px if lane else 1
        self._slot = 0
        self._room = self._length
        self.members: list[Member] = []

    def take_from(self, work: Work) -> int | None:
        """Place the work's next unit; returns what it costs in pixels, or None once the batch is full."""
        taken = work.take(self._lane, self._room)
        if taken is None:
            if self._slot + 1 == self._limit:
                return None
            self._slot += 1
            self._room = self._length
            taken = work.take(self._lane, self._room)
            assert taken is not None, "an empty slot holds at least one unit"
        unit, piece = taken
        self.members.append(Member(work, Placed(unit, self._slot, self._length - self._room)))
        self._room -= piece.length
        return piece.cost_px


def lay_out(members: Sequence[Member], lane: Lane | None, slots: Slots) -> Layout:
    """Number the slots in use from 0, without gaps, and choose the smallest batch size that holds them."""
    numbers = {slot: number for number, slot in enumerate(dict.fromkeys(member.placed.slot for member in members))}
    placed = tuple(member.placed._replace(slot=numbers[member.placed.slot]) for member in members)
    return Layout(lane, slots.holding(len(numbers)), placed)


def count_slots(members: Sequence[Member]) -> int:
    """How many slots the members lie in."""
    return len({member.placed.slot for member in members})


def halve(members: tuple[Member, ...]) -> tuple[tuple[Member, ...], tuple[Member, ...]]:
    """Split members by their slots or, where they share one, by number; at least two are needed."""
    slots = list(dict.fromkeys(member.placed.slot for member in members))
    middle = len(members) // 2
    if len(slots) > 1:
        first = set(slots[: len(slots) // 2])
        middle = sum(member.placed.slot in first for member in members)
    return members[:middle], members[middle:]


def core_px(unit: Unit, card: Card) -> int:
    """Pixels of the batch that the unit's answer is made of. A photo shrunk to a frame is the frame, however large."""
    return unit.box.pixels if card.frame is None else card.frame.pixels


def usage_of(layout: Layout, card: Card, slots: Slots) -> Usage:
    """What the network will see: cores, halos, and what belongs to no unit."""
    units = layout.units
    core = sum(core_px(unit, card) for unit in units)
    if card.tile is None or layout.lane is None:
        shape = card.frame or card.latent
        assert shape is not None
        return Usage(core, 0, layout.size * shape.pixels)
    tile, halo = card.tile, card.tile.halo_px
    needed = sum((unit.box.height + 2 * halo) * (unit.box.width + 2 * halo) for unit in units)
    if slots.trims:
        seen = sum(tile.seen_px(unit.box.height) * tile.seen_px(unit.box.width) for unit in units)
    else:
        seen = layout.size * layout.lane.height_px * layout.lane.width_px
    return Usage(core, needed - core, seen)
