"""Faults of a checker who did not know the others: accounts, clocks and temporary files."""

from pathlib import Path

import psutil

from tests.faults.catalogue import fault
from tests.faults.causes.outside import HOUR_S, Ahead
from tests.faults.installation import Installation
from tests.faults.invariants import same_workers
from tests.waiting import until

OWN = {"PACKSHOT_MAX_ATTEMPTS": "3"}
"""The default: it is said so that the fault gets an installation of its own."""


@fault("R7", "Redis' account may run no scripts for a while", "503, then on as before; the workers live")
def forbid(place: Installation) -> None:
    """An operator mends an ACL, and is at first too strict."""
    redis = place.redis.client()
    with same_workers(place.workers):
        place.shop.submit(2)
        place.strike()
        redis.execute_command("ACL", "SETUSER", "default", "-evalsha", "-eval")
        try:
            place.shop.require_refusal()
            until(lambda: all("no permissions" in worker.log for worker in place.workers), "refusals in the log")
        finally:
            redis.execute_command("ACL", "SETUSER", "default", "allcommands")
        place.recovered()


@fault(
    "R8", "Redis' clock is set back by an hour as all workers die", "their jobs run again as soon as ever", settings=OWN
)
def set_the_clock_back(place: Installation) -> None:
    """Leases, and the turn to sweep, end an hour late by that clock."""
    clock = Ahead(place, "redis-clock")
    place.redis.terminate()
    place.redis.start(clock.environment)
    place.until_ready()
    clock.shift(HOUR_S)
    (earlier,) = place.shop.submit()
    until(lambda: place.sink.ids_of(earlier), "its webhook: one under way would be sent again an hour later")
    jobs = place.shop.submit(2, webhook=False)
    place.shop.until_running()
    for worker in place.workers:
        worker.kill()
    clock.shift(0)
    until(lambda: place.shop.have_succeeded(jobs), "jobs whose leases ended an hour late")
    place.recovered()


@fault("P1", "the folder of temporary files is cleared", "nobody notices", settings=OWN)
def clear_temporary_files(place: Installation) -> None:
    """With it goes the socket that each worker calls its fork server by."""
    with same_workers(place.workers):
        place.strike()
        assert sum(_clear(worker.pids()) for worker in place.workers) == len(place.workers)
        jobs = place.shop.submit(6)  # the first may meet a child that waited already
        until(lambda: place.shop.have_succeeded(jobs), "jobs without temporary files")
        assert place.shop.attempts(jobs) <= {1, 2}
        place.recovered()


def _clear(pids: set[int]) -> int:
    """Delete the socket of the fork server among these processes; how many there were."""
    paths = {
        str(connection.laddr)
        for pid in pids
        for connection in psutil.Process(pid).net_connections("unix")
        if connection.laddr
    }
    sockets = [Path(path) for path in paths if "pymp-" in path]
    for path in sockets:
        path.unlink(missing_ok=True)
    return len(sockets)
