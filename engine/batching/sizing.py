"""Who shares a batch with its first work, and how many slots the batch may fill."""

from engine.batching.lanes import Slots
from engine.batching.units import Work


def may_join(work: Work, lead: Work) -> bool:
    """Whether the work has a unit for the batch that `lead` begins."""
    if lead.ticket.alone or work.ticket.alone:
        return work is lead
    return work.card.key == lead.card.key and work.cutting.has(lead.cutting.lane)


def is_less_urgent(work: Work, lead: Work) -> bool:
    """Whether `lead` goes before the work by its priority."""
    return work.ticket.priority > lead.ticket.priority


def choose_size(lead: Work, mates: list[Work], slots: Slots, *, level: bool) -> tuple[int, str]:
    """Return how many slots the batch of `lead` and its `mates` may fill, and why no more.

    Less urgent work may ride along where there is room, but never makes the batch longer, unless all are `level`: so a
    click under a flood waits for what is on the device already, and not for a full batch of bulk around itself.
    """
    if lead.ticket.alone:
        return slots.size_for(1), "alone"
    needed = _slots_needed(mates, lead, slots.sizes[-1])
    size = slots.size_for(needed)
    urgent = [work for work in mates if level or not is_less_urgent(work, lead)]
    enough = slots.holding(_slots_needed(urgent, lead, slots.sizes[-1]))
    if enough < size:
        return enough, "urgent"
    return size, "full" if needed >= slots.sizes[-1] else "idle"


def _slots_needed(works: list[Work], lead: Work, most: int) -> int:
    """How many slots hold all that the works have for the lead's lane, each slot's end costing a cut; `most` at most.

    It stops counting there: thousands may be queued.
    """
    lane, cut_px = lead.cutting.lane, lead.cutting.cut_px
    capacity = (lane.width_px if lane else 1) - cut_px
    length = -cut_px
    for work in works:
        length += work.cutting.length(lane)
        if length >= most * capacity:
            return most
    return max(1, -(-length // capacity))
