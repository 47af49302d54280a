import threading

import numpy as np
import pytest

from engine.backends.fake import FakeBackend, FakePlan
from engine.batching.lanes import Lane, Slots
from engine.batching.units import Layout, Placed, Ticket, new_work
from engine.errors import DeviceLost, SettingsRefused


def test_a_plan_is_read_from_a_text():
    assert FakePlan.parse("batch_ms=2.5, fail_unit=7,") == FakePlan(batch_ms=2.5, fail_unit=7)
    assert FakePlan.parse("") == FakePlan()


@pytest.mark.parametrize("text", ["fail_unit", "fail_unit=x", "fail_unit=1.5", "speed=3", "batch_ms=-1"])
def test_a_plan_that_cannot_be_read_is_refused_with_the_names_there_are(text):
    with pytest.raises(SettingsRefused, match="batch_ms, slot_ms"):
        FakePlan.parse(text)


def units_of(card, photo, count):
    """The first units of a photo, cut as on a CPU."""
    tile = card.tile
    work = new_work(card, photo, Ticket(), Slots((count,), (Lane(tile.tile_px, tile.tile_px),), trims=True))
    taken = [work.take(work.cutting.lane, tile.tile_px) for _ in range(count)]
    return [unit for unit, _ in taken]


def run(executor, units):
    layout = Layout(executor.lanes[0], len(units), tuple(Placed(unit, slot, 0) for slot, unit in enumerate(units)))
    executor.start(layout).wait()


def test_the_nth_unit_fails_and_its_batch_with_it_until_it_is_alone(card_of, photo_of):
    backend = FakeBackend(FakePlan(fail_unit=3))
    executor = backend.load(card_of())
    units = units_of(card_of(), photo_of(12, 48), 4)
    for batch in (units, units[2:], units[2:3], units[2:3]):
        with pytest.raises(RuntimeError, match="failed on unit 3, as planned"):
            run(executor, batch)
    run(executor, units[:2])
    run(executor, units[3:])


def test_the_nth_run_loses_the_device(card_of, photo_of):
    executor = FakeBackend(FakePlan(lose_run=2)).load(card_of())
    run(executor, units_of(card_of(), photo_of(4, 4), 1))
    with pytest.raises(DeviceLost):
        run(executor, units_of(card_of(), photo_of(4, 4), 1))


def test_a_planted_hang_lasts_until_it_is_released(card_of, photo_of):
    backend = FakeBackend(FakePlan(hang_run=1))
    executor = backend.load(card_of())
    runner = threading.Thread(target=run, args=(executor, units_of(card_of(), photo_of(4, 4), 1)))
    runner.start()
    runner.join(0.05)
    assert runner.is_alive()
    backend.released.set()
    runner.join(30)
    assert not runner.is_alive()


def test_prepared_sizes_end_with_the_largest_batch(card_of):
    executor = FakeBackend(FakePlan(largest_batch=6)).load(card_of())
    assert executor.batch_sizes == (1, 2, 4, 6)


def test_the_same_batch_gives_the_same_bytes_twice(card_of, photo_of):
    executor = FakeBackend().load(card_of())
    outputs = []
    for _ in range(2):
        units = units_of(card_of(), photo_of(12, 24), 2)
        run(executor, units)
        outputs.append(units[0].target)
    np.testing.assert_array_equal(*outputs)
