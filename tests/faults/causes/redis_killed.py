"""Fault 11: Redis is killed, and starts again with what its append-only file holds, which depends on the durability.

Below `always` Redis postpones what it writes while its file is being synced, for two seconds at most, and answers all
the same (docs/durability.md). A disk at rest hardly ever shows that; 11b has a slow one.
"""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from tests.faults.catalogue import fault
from tests.faults.installation import Installation
from tests.faults.invariants import same_workers
from tests.waiting import until

SLOW_SYNC = Path(__file__).parents[1] / "shims" / "slow_sync.c"
SYNC_MS = "700"
POSTPONED_S = 3.0  # two seconds, as Redis counts whole ones, and a turn of its loop


@fault(
    "11", "Redis SIGKILL and restart with its append-only file", "nothing acknowledged is lost, at `always`",
    short=True,
)  # fmt: skip
def crash(place: Installation) -> None:
    """While a shop submits as fast as it can: what has its 202 is found again."""
    place.redis.client().config_set("appendfsync", "always")  # until it starts again
    with same_workers(place.workers), _submitting(place) as (enough, _):
        enough(3)
        place.redis.kill()
        place.redis.start()
        enough(4)
    place.recovered()


@fault(
    "11b", "the same at `everysec`, on a slow disk", "jobs of the last 2 s may be lost; their keys make them anew",
    settings={"PACKSHOT_MAX_ATTEMPTS": "3"},
)  # fmt: skip
def crash_on_a_slow_disk(place: Installation) -> None:
    """Each sync of Redis' file takes 0.7 s, so that it hardly ever writes at once."""
    _slow_down(place)
    with same_workers(place.workers), _submitting(place) as (enough, accepted):
        enough(12)
        killed_at = time.monotonic()
        place.redis.kill()
        before = dict(accepted)
        place.redis.start()
        enough(4)
    young = [job_id for job_id, at in before.items() if at > killed_at - POSTPONED_S]
    place.shop.lose(young)
    states = {job_id: place.shop.look(job_id)["state"] for job_id in before}  # AssertionError where an old one is gone
    lost = [job_id for job_id, state in states.items() if state == "lost"]
    again = [place.shop.submit_again(job_id) for job_id in lost]
    assert len({*again}) == len(again)
    assert not {*again} & {*before}
    place.recovered(again[0] if again else None)


def _slow_down(place: Installation) -> None:
    """Start Redis anew, with a disk that takes its time."""
    library = place.folder / "slow_sync.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, SLOW_SYNC], check=True)
    place.redis.terminate()
    with patch.dict("os.environ", {"LD_PRELOAD": str(library), "FAULT_SYNC_MS": SYNC_MS}):
        place.redis.start()
    place.next_fault()


@contextmanager
def _submitting(place: Installation) -> Iterator[tuple[Callable[[int], None], dict[str, float]]]:
    """A thread that submits until the block ends; gives what waits for so many more 202s, and when each came."""
    over, failed = threading.Event(), []
    accepted: dict[str, float] = {}

    def submit() -> None:
        try:
            while not over.is_set():
                (job_id,) = place.shop.submit(operations=[{"op": "resize", "width": 80}])
                accepted[job_id] = time.monotonic()
        except BaseException as error:  # noqa: BLE001  (told by whoever waits)
            failed.append(error)

    def enough(more: int) -> None:
        wanted = len(accepted) + more
        until(lambda: failed or len(accepted) >= wanted, f"{more} more jobs")
        assert not failed, failed[0]

    thread = threading.Thread(target=submit)
    thread.start()
    try:
        yield enough, accepted
    finally:
        over.set()
        thread.join()
