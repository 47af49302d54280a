"""Scenes of hosts that come, go, and are cut off, with work under way all the time."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

from tests.faults.causes.outside import Ahead
from tests.faults.installation import LEASE_S
from tests.faults.photos import small_photo
from tests.faults.processes import Process
from tests.fleet.fleet import Fleet, HostProcess
from tests.fleet.load import Load, succeeded
from tests.fleet.network import Host
from tests.fleet.scenes import Told, scene
from tests.waiting import until

CUT_S = 2 * LEASE_S
HOUR_S = 3600


@scene("a host joins", "one more worker on a third host while two work at a backlog")
def join(fleet: Fleet) -> Told:
    with Load(fleet.shop) as load:
        started = time.monotonic()
        worker = fleet.start_worker()
        took = time.monotonic() - started
        until(lambda: "succeeded at attempt" in worker.log, "a job on the host that joined")
        load.until_more()
    fleet.retire(worker)
    return Told(None, f"its first job {took:.0f} s after its start, models loaded")


@scene("a host leaves", "SIGTERM to a worker in the midst of its jobs")
def leave(fleet: Fleet) -> Told:
    with Load(fleet.shop) as load:
        worker, ended = fleet.workers[0], len(fleet.workers[0].codes)
        _until_busy(load)
        started = time.monotonic()
        under_way = load.under_way()
        worker.terminate()
        code = worker.wait(ended)
        took = succeeded(fleet.shop, under_way) and time.monotonic() - started
        assert code == 0, f"it ended with {code}"
        assert fleet.shop.attempts(under_way) == {1}, "a drain has cost an attempt"
    fleet.until_ready()
    return Told(took, "no attempt used")


@scene("a host dies", "SIGKILL to a worker with all its children")
def die(fleet: Fleet) -> Told:
    return _struck(fleet, lambda _: fleet.workers[0].kill(family=True))


@scene("a host is cut off", f"its cable pulled for {CUT_S:g} s, two leases")
def cut_off(fleet: Fleet) -> Told:
    return _cut(fleet, Host.cut)


@scene("half open: it hears nothing", f"what is sent to the host is dropped for {CUT_S:g} s; what it sends arrives")
def deaf(fleet: Fleet) -> Told:
    return _cut(fleet, Host.deaf)


@scene("half open: nobody hears it", f"what the host sends is dropped for {CUT_S:g} s; what is sent to it arrives")
def mute(fleet: Fleet) -> Told:
    return _cut(fleet, Host.mute)


@scene(
    "forgotten by Redis",
    "a host cut off while the servers drop all its connections, of which it hears nothing; then back, alone",
)
def forgotten(fleet: Fleet) -> Told:
    """The host waits for hints on a connection that is none any more: it must notice by itself."""
    worker, others = fleet.workers[0], fleet.workers[1:]
    assert isinstance(worker, HostProcess)
    assert worker.host is not None
    succeeded(fleet.shop, fleet.shop.submit(3))
    with worker.host.cut():
        worker.host.forget()
        time.sleep(1)
    for other in others:
        other.stop()
    try:
        took = succeeded(fleet.shop, fleet.shop.submit(2))
    finally:
        for other in others:
            other.cont()
    fleet.until_ready()
    return Told(took)


@scene("Redis' machine restarts", "SIGKILL to Redis under load, then started from its append-only file")
def restart(fleet: Fleet) -> Told:
    with Load(fleet.shop) as load:
        _until_busy(load)
        time.sleep(1.2)  # everysec: what was acknowledged before is on the disk
        started, under_way = time.monotonic(), load.under_way()
        fleet.redis.kill()
        fleet.redis.start()
        fleet.open_redis()
        succeeded(fleet.shop, under_way)
        took = time.monotonic() - started
        load.until_more()
    fleet.until_ready()
    return Told(took)


@scene("the S3 store is away", "no S3 for 8 s under load")
def without_s3(fleet: Fleet) -> Told:
    with Load(fleet.shop) as load:
        _until_busy(load)
        started, under_way = time.monotonic(), load.under_way()
        with fleet.s3.away():
            time.sleep(8)
        succeeded(fleet.shop, under_way)
        took = time.monotonic() - started
        load.until_more()
    return Told(took, "submissions 503 meanwhile, jobs wait")


@scene("clocks differ", "one host an hour ahead of the others, another an hour behind")
def clocks(fleet: Fleet) -> Told:
    for worker, hours in zip(fleet.workers[:2], (1, -1), strict=True):
        ahead = Ahead(fleet, f"{worker.program.name}-{hours}")
        ahead.shift(hours * HOUR_S)
        worker.settings.update(ahead.environment)
        _restart(worker)
    fleet.until_ready()
    jobs = fleet.shop.submit(10, deadline_s=600)
    succeeded(fleet.shop, jobs)
    assert fleet.shop.attempts(jobs) == {1}, "a clock has cost an attempt"
    for worker in fleet.workers[:2]:
        worker.settings.clear()
        _restart(worker)
    fleet.until_ready()
    return Told(None, "no lease lapsed, no deadline passed")


@scene("two hosts, one job", "the same photo and wish on each host alone, four kinds of jobs")
def equal(fleet: Fleet) -> Told:
    wishes = (
        [{"op": "relight"}, {"op": "restore"}],
        [{"op": "upscale", "factor": 2}],
        [{"op": "cutout"}],
        [{"op": "background", "color": "#ffffff", "shadow": "contact"}],
    )
    made = []
    for worker in fleet.workers[:2]:
        others = [other for other in fleet.workers if other is not worker]
        for other in others:
            other.stop()
        jobs = [fleet.shop.submit(operations=wish, seed=7)[0] for wish in wishes]
        succeeded(fleet.shop, jobs)
        made.append([fleet.told(job_id) for job_id in jobs])
        for other in others:
            other.cont()
        fleet.until_ready()
    for one, other in zip(*made, strict=True):
        assert one == other, f"{one}\n differs from\n{other}"
    return Told(None, f"{len(wishes)} kinds: same bytes, same manifests but for times and names")


def _cut(fleet: Fleet, how: Callable[[Host], AbstractContextManager[None]]) -> Told:
    worker = fleet.workers[0]
    assert isinstance(worker, HostProcess)
    host = worker.host
    assert host is not None

    def cut(_: Load) -> None:
        with how(host):
            time.sleep(CUT_S)

    told = _struck(fleet, cut)
    before = worker.log.count("succeeded at attempt")
    with Load(fleet.shop, 0.05):
        until(lambda: worker.log.count("succeeded at attempt") > before, "work on the host that is back")
    return told


def _struck(fleet: Fleet, strike: Callable[[Load], None]) -> Told:
    """Recovered: every job that was under way at the blow has succeeded, those of the struck host too."""
    with Load(fleet.shop) as load:
        _until_busy(load)
        started, under_way = time.monotonic(), load.under_way()
        with ThreadPoolExecutor(1) as other:
            struck = other.submit(strike, load)
            succeeded(fleet.shop, under_way)
            took = time.monotonic() - started
            struck.result()
        load.until_more()
    fleet.until_ready()
    return Told(took)


def _until_busy(load: Load) -> None:
    """Until two jobs are seen running: for that they must last a while, and come together."""
    load.accepted += load.shop.submit(8, photo=small_photo(width=640))
    until(lambda: load.shop.until_running(2), "two running jobs")


def _restart(worker: Process) -> None:
    ended = len(worker.codes)
    worker.terminate()
    worker.wait(ended)
