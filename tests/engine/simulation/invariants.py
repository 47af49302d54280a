"""What must hold of every schedule, whatever arrives, fails, is cancelled or comes too late."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from engine.batching.filling import Batch
from engine.batching.units import Placed, Work
from engine.errors import DeadlineExceeded, DeviceLost, EngineClosed, UnitCancelled, UnitFailed
from engine.simulation.replay import Ending, History, Ran
from tests.engine.simulation.random_schedules import MODELS, Schedule


def check(schedule: Schedule) -> None:
    """Replay the schedule and assert every promise. (That none is forgotten or settled twice, `replay` asserts.)"""
    history, ours = schedule.run()
    for ran in history.batches:
        _check_layout(ran.load.batch)
        _check_members(schedule, history, ran)
    for number, work in ours.works.items():
        _check_coverage(history, work, done=history.endings[number].error is None)
    for number, ending in history.endings.items():
        _check_reason(schedule, history, number, ending)
    assert ours.batcher.idle
    if not schedule.window_s:
        _check_never_idle(schedule, history)
        _check_second_in_flight(schedule, history)


def _check_layout(batch: Batch) -> None:
    """Units lie in their slots, apart from each other, where executors may look for them."""
    layout, slots = batch.layout, MODELS[batch.model].slots
    assert layout.size in slots.sizes
    assert layout.lane in slots.lanes or (layout.lane is None and not slots.lanes)
    assert [member.placed.unit for member in batch.members] == layout.units
    for slot in {placed.slot for placed in layout.placed}:
        assert 0 <= slot < layout.size
        _check_slot(batch, sorted((placed for placed in layout.placed if placed.slot == slot), key=lambda it: it.x))


def _check_slot(batch: Batch, row: list[Placed]) -> None:
    model, lane = MODELS[batch.model], batch.layout.lane
    if lane is None or model.slots.trims:
        assert len(row) == 1, "frames and trimmed slots hold one unit"
        assert row[0].x == 0
    if lane is None:
        return
    tile = model.card.tile
    ends = [placed.x + _padded(placed.unit.box.width, tile.align_px) + 2 * tile.halo_px for placed in row]
    assert row[0].x >= 0
    assert ends[-1] <= lane.width_px
    assert all(placed.x >= end for end, placed in zip(ends, row[1:], strict=False)), "units overlap"
    for placed in row:
        assert placed.unit.box.height + 2 * tile.halo_px <= lane.height_px
        assert all(number % tile.align_px == 0 for number in (placed.x, placed.unit.box.y, placed.unit.box.x))


def _check_members(schedule: Schedule, history: History, ran: Ran) -> None:
    """Nobody is packed who is over, called off, late or ought to be alone; one model to a batch."""
    for number in ran.load.useful_px:
        photo, ending = schedule.trace[number], history.endings[number]
        assert photo.model == ran.load.batch.model
        assert photo.at_s <= ran.chosen_s <= ending.at_s
        assert photo.cancel_s is None or photo.cancel_s > ran.chosen_s
        assert photo.deadline_s is None or photo.deadline_s > ran.chosen_s
        assert not photo.alone or len(ran.load.units) == 1


def _check_coverage(history: History, work: Work, *, done: bool) -> None:
    """Every pixel of a finished work was computed once, for its own target; of any other, once at most."""
    counts = np.zeros(work.source.shape[:2], np.uint8)
    for placed in _computed(history, work):
        y, x, height, width = placed.unit.box
        assert height > 0
        assert width > 0
        assert placed.unit.source is work.source
        assert placed.unit.target is work.target
        assert y + height <= counts.shape[0]
        assert x + width <= counts.shape[1]
        counts[y : y + height, x : x + width] += 1
    assert counts.max() <= 1, "pixels were computed twice"
    assert not done or counts.min() == 1, "pixels were left out"


def _computed(history: History, work: Work) -> Iterator[Placed]:
    for ran in history.batches:
        if ran.error is None:
            yield from (member.placed for member in ran.load.batch.members if member.work is work)


def _check_reason(schedule: Schedule, history: History, number: int, ending: Ending) -> None:
    """Whoever failed had a reason of its own, and a culprit is never answered."""
    photo, error = schedule.trace[number], ending.error
    guilty = (number, 0, 0) in schedule.faults.poisoned
    match error:
        case None:
            assert not guilty
        case UnitFailed():
            assert guilty
            assert isinstance(error.cause, RuntimeError)
        case UnitCancelled():
            assert photo.cancel_s is not None
            assert photo.cancel_s <= ending.at_s
        case DeadlineExceeded():
            assert photo.deadline_s is not None
            assert photo.deadline_s <= ending.at_s
        case EngineClosed():
            assert schedule.close_s <= ending.at_s
        case _:
            assert isinstance(error, DeviceLost), error
            assert any(isinstance(ran.error, DeviceLost) for ran in history.batches)


def _check_never_idle(schedule: Schedule, history: History) -> None:
    """Without a window, the device waits only when nobody who has arrived is unfinished."""
    for before, after in pairwise(history.batches):
        if after.chosen_s > before.end_s:
            waiting = [
                number
                for number, photo in enumerate(schedule.trace)
                if photo.at_s <= before.end_s < history.endings[number].at_s
            ]
            assert not waiting, f"the device idled from {before.end_s} to {after.chosen_s} while {waiting} waited"


def _check_second_in_flight(schedule: Schedule, history: History) -> None:
    """With room for a second batch in flight, nothing that could be in it is left for later."""
    free_s = 0.0
    for before, after in pairwise(history.batches):
        asked_s = before.chosen_s + history.device.host_s
        if schedule.depth == 2 and free_s <= before.chosen_s and after.chosen_s > asked_s:
            late = [number for number in after.load.useful_px if schedule.trace[number].at_s > before.chosen_s]
            assert after.load.reason == "split" or late == list(after.load.useful_px)
        free_s = before.end_s


def _padded(length: int, align_px: int) -> int:
    return length + -length % align_px
