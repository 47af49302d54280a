"""Ten thousand random schedules. A failure names its seed: `check(schedule(seed))` replays it, to the last bit."""

import pytest

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
