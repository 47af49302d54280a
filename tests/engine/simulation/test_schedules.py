"""Ten thousand random schedules. A failure names its seed: `check(schedule(seed))` replays it, to the last bit."""

import pytest

from engine.errors import DeadlineExceeded, DeviceLost, EngineClosed, UnitCancelled, UnitFailed
from tests.engine.simulation.invariants import check
from tests.engine.simulation.random_schedules import schedule

SCHEDULES = 10_000
CHUNK = 500


@pytest.mark.parametrize("first", range(0, SCHEDULES, CHUNK))
def test_no_unit_is_lost_run_twice_or_returned_to_the_wrong_job(first):
    for seed in range(first, first + CHUNK):
        try:
            check(schedule(seed))
        except Exception as error:
            error.add_note(f"seed {seed}: {schedule(seed)}")
            raise


def test_the_schedules_reach_every_way_a_batch_leaves_and_a_photo_ends():
    reasons, endings = set(), set()
    for seed in range(CHUNK):
        history, _ = schedule(seed).run()
        reasons |= {ran.load.reason for ran in history.batches}
        endings |= {type(ending.error) for ending in history.endings.values()}
    assert reasons == {"full", "idle", "window", "alone", "split", "urgent"}
    assert endings == {type(None), UnitFailed, UnitCancelled, DeadlineExceeded, DeviceLost, EngineClosed}
