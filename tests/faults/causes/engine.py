"""Faults 21 to 24: what goes wrong in a task's thread, in native code and on the device."""

from pathlib import Path

from tests.faults.catalogue import fault
from tests.faults.causes.processes import HANGS
from tests.faults.installation import Installation
from tests.faults.photos import small_photo
from tests.waiting import until

SHIMS = str(Path(__file__).parents[1] / "shims")
RESTORE = [{"op": "restore"}]
CULPRIT_PX, CULPRIT_HEIGHT_PX = 96, 128
"""The photo that the fake device cannot bear, which knows it by its width."""
EXIT_DEVICE = 70


@fault(
    "21",
    "MemoryError and SystemExit in a task",
    "failed after its attempts; capacity unchanged",
    settings={"PYTHONPATH": SHIMS},
)
def raise_in_tasks(place: Installation) -> None:
    """More of them than there are threads; then as many jobs as threads have to run at the same time."""
    threads = int(place.settings["PACKSHOT_CONCURRENCY"]) * len(place.workers)
    pids = place.ready_pids()
    place.strike()
    bad = [place.shop.submit(external_id=kind)[0] for kind in ("MemoryError", "SystemExit") for _ in range(threads)]
    place.shop.until_ended()
    for job_id in bad:
        job = place.shop.look(job_id)
        assert (job["state"], job["attempt"], job["problem"]["type"]) == ("failed", 3, "/problems/gave-up"), job
    held = place.shop.submit(threads, external_id="hold")
    try:
        assert set(place.shop.until_running(threads)) == set(held)
    finally:
        (place.data / "release").touch()
    assert place.ready_pids() == pids, "a worker was lost"
    place.recovered()


@fault(
    "22",
    "a job that always ends its worker by SIGSEGV",
    "dead at 3 attempts; all others succeed, though they ran beside it",
    settings={
        "PACKSHOT_BACKEND": "fake",
        "PACKSHOT_FAKE_PLAN": f"largest_batch=4,slot_ms=150,crash_width={CULPRIT_PX}",
        "PACKSHOT_CONCURRENCY": "4",
        "PACKSHOT_LEASE_MS": "2000",
        "PACKSHOT_HEARTBEAT_MS": "500",
    },
)
def crash_always(place: Installation) -> None:
    """Everything that ran in the same process loses an attempt with it, once."""
    place.strike()
    mates = _mates_of_a_culprit(place, 3, 8)
    assert [place.shop.look(job_id)["state"] for job_id in mates] == ["succeeded"] * len(mates)
    assert max(place.shop.look(job_id)["attempt"] for job_id in mates) <= 2
    codes = [code for worker in place.workers for code in worker.codes]
    assert codes == [-11] * 3, codes
    place.recovered()


@fault(
    "23",
    "device out of memory",
    "the batch is split; then one fails",
    settings={
        "PACKSHOT_BACKEND": "fake",
        "PACKSHOT_FAKE_PLAN": f"largest_batch=8,slot_ms=40,full_width={CULPRIT_PX}",
        "PACKSHOT_CONCURRENCY": "4",
    },
)
def fill_the_device(place: Installation) -> None:
    """Whatever shares its batch with one photo does not fit either, until the batch is split."""
    pids = place.ready_pids()
    place.strike()
    mates = _mates_of_a_culprit(place, 6, 6)
    assert {(told["state"], told["attempt"]) for told in map(place.shop.look, mates)} == {("succeeded", 1)}
    assert place.ready_pids() == pids, "a worker was lost"
    place.recovered()


@fault(
    "24",
    "a device call hangs",
    "the watchdog ends the process; the job runs elsewhere",
    settings={"PACKSHOT_BACKEND": "fake", "PACKSHOT_BATCH_TIMEOUT_S": "2"},
)
def hang_the_device(place: Installation) -> None:
    """The worker whose device hangs claims the job while the others are stopped."""
    hanging = place.start_worker(PACKSHOT_FAKE_PLAN=HANGS)
    others = place.workers[:-1]
    for worker in others:
        worker.stop()
    place.strike()
    (job_id,) = place.shop.submit(operations=RESTORE)
    place.shop.until_running()
    hanging.settings.clear()  # its successor's device is sound
    for worker in others:
        worker.cont()
    assert hanging.wait() == EXIT_DEVICE
    place.recovered(job_id)
    assert place.shop.look(job_id)["attempt"] == 2
    until(lambda: place.shop.look(job_id)["state"] == "succeeded", "its success")


def _mates_of_a_culprit(place: Installation, before: int, after: int) -> list[str]:
    """Submit one job that is to blame among so many others, until all have ended: it gave up. The others' ids."""
    mates = place.shop.submit(before, operations=RESTORE)
    (culprit,) = place.shop.submit(photo=small_photo(width=CULPRIT_HEIGHT_PX), operations=RESTORE)
    mates += place.shop.submit(after, operations=RESTORE)
    place.shop.until_ended()
    job = place.shop.look(culprit)
    assert (job["state"], job["attempt"], job["problem"]["type"]) == ("failed", 3, "/problems/gave-up"), job
    return mates
