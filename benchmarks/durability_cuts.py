"""What each level of durability loses when the machine, or Redis' machine, loses its power. Needs root.

Each cut: a service from `packshot up` (the engine is the fake one: pictures are decoded, encoded and stored for real),
shops that submit and fetch, the power off at a moment of chance, every process killed, the disk mounted with what it
had, the service started again. Then every 202 of before is asked for, and every succeeded job's result fetched.
"""

import os
import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.durability_traffic import Door, Promise, Traffic
from benchmarks.power_cut import Disk, disk
from benchmarks.replicas import Pair, running_pair
from benchmarks.service import Service

CUTS = int(os.environ.get("PACKSHOT_BENCH_CUTS", "8"))

_LOAD_S = (3.0, 7.0)
_STALL_S = 0.5


@dataclass(frozen=True)
class Level:
    """What is set, and what happens: the power of all goes, or that of Redis' machine (``replica``).

    ``stalled``: the replica hears nothing for the last half a second.
    """

    name: str
    settings: Mapping[str, str]
    replica: bool = False
    stalled: bool = False


LEVELS = (
    Level("`fast`", {"PACKSHOT_DURABILITY": "fast"}),
    Level("`everysec`", {"PACKSHOT_DURABILITY": "everysec"}),
    Level("`always`", {"PACKSHOT_DURABILITY": "always"}),
    Level("replica", {}, replica=True),
    Level("replica, link stalled 0.5 s before", {}, replica=True, stalled=True),
    Level("replica, link stalled, `PACKSHOT_WAIT_REPLICAS=1`", {"PACKSHOT_WAIT_REPLICAS": "1"}, True, True),
)


@dataclass
class Loss:
    """What one cut took: of ``promised`` jobs ``gone`` (404), ``failed`` ones, ``broken`` results of succeeded ones.

    ``seconds``: how long before the cut the earliest 202 was given that is gone. ``remade``: those that the same
    idempotency key made again.
    """

    promised: int = 0
    gone: int = 0
    failed: int = 0
    broken: int = 0
    remade: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def measure(folder: Path) -> Sequence[Mapping[str, str | float]]:
    """A row for each level, over CUTS cuts (PACKSHOT_BENCH_CUTS, 8)."""
    folder.mkdir(parents=True, exist_ok=True)
    losses: dict[str, list[Loss]] = {level.name: [] for level in LEVELS}
    for number in range(CUTS):
        for level in LEVELS:
            with tempfile.TemporaryDirectory(dir=folder) as place:
                losses[level.name].append(_lose(Path(place), level, random.Random(number)))
            print(level.name, losses[level.name][-1], flush=True)
    return [_row(level.name, losses[level.name]) for level in LEVELS]


def _row(name: str, losses: Sequence[Loss]) -> Mapping[str, str | float]:
    hit = [loss for loss in losses if loss.gone]
    return {
        "level": name,
        "cuts": len(losses),
        "202s given": sum(loss.promised for loss in losses),
        "of these gone (404)": sum(loss.gone for loss in losses),
        "failed, photo lost": sum(loss.failed for loss in losses),
        "succeeded, picture lost": sum(loss.broken for loss in losses),
        "cuts that lost a 202": len(hit),
        "s lost, median": statistics.median(loss.seconds for loss in losses),
        "s lost, most": max(loss.seconds for loss in losses),
        "made again by their key": sum(loss.remade for loss in losses),
    }


def _lose(place: Path, level: Level, chance: random.Random) -> Loss:
    return _lose_primary(place, level, chance) if level.replica else _lose_all(place, level, chance)


def _lose_all(place: Path, level: Level, chance: random.Random) -> Loss:
    settings = {"PACKSHOT_BACKEND": "fake", **level.settings}
    with disk(place) as made:
        with Service(made.root, settings=settings) as service:
            traffic = _begin(service, chance)
            at = _cut(service, traffic, made)
        made.power_on()
        _forget(service)
        with Service(made.root, settings=settings) as service:
            return _look(service, traffic, at)


def _lose_primary(place: Path, level: Level, chance: random.Random) -> Loss:
    """Redis' machine goes; API, worker and pictures are on another, and are pointed to the replica."""
    settings = {"PACKSHOT_BACKEND": "fake", **level.settings}
    with running_pair(place / "redis") as pair:
        with Service(place / "rest", settings=settings | {"PACKSHOT_REDIS_URL": pair.primary.url}) as service:
            traffic = _begin(service, chance)
            at = _fail_over(pair, traffic, level)
            _kill(service)
        (service.folder / "data" / "stack.json").unlink(missing_ok=True)
        after = {
            "PACKSHOT_BACKEND": "fake",
            "PACKSHOT_REDIS_URL": pair.replica.url,
        }  # a replica of it there is none yet
        with Service(place / "rest", settings=after) as service:
            return _look(service, traffic, at)


def _begin(service: Service, chance: random.Random) -> Traffic:
    traffic = Traffic(_door(service))
    traffic.start()
    time.sleep(chance.uniform(*_LOAD_S))
    return traffic


def _door(service: Service) -> Door:
    return Door(service.url.rstrip("/"), service.key())


def _cut(service: Service, traffic: Traffic, made: Disk) -> float:
    at = time.monotonic()
    made.cut()
    traffic.stop.set()
    _kill(service)
    traffic.join()
    return at


def _fail_over(pair: Pair, traffic: Traffic, level: Level) -> float:
    if level.stalled and pair.link is not None:
        pair.link.stall()
        time.sleep(_STALL_S)
    at = time.monotonic()
    pair.primary.kill()
    traffic.stop.set()
    pair.fail_over()
    traffic.join()
    return at


def _kill(service: Service) -> None:
    """Every process at once, the supervisor first, which would start the others again."""
    everybody = [*service.family()]
    with ExitStack() as ends:
        ends.callback(psutil.wait_procs, everybody, 10)
        service.kill()
        for process in everybody:
            with suppress(psutil.Error):
                process.kill()


def _forget(service: Service) -> None:
    """That it ran: nobody lived to take the note away."""
    (service.folder / "data" / "stack.json").unlink(missing_ok=True)


def _look(service: Service, traffic: Traffic, at: float) -> Loss:
    """Ask for every 202 that was given before the cut; what came after it was on its way while all was dying."""
    door, loss = _door(service), Loss()
    for promise in [one for one in traffic.promises if one.at < at]:
        loss.promised += 1
        if door.look(f"/v1/jobs/{promise.job_id}")[0] == 404:
            loss.gone += 1
            loss.seconds = max(loss.seconds, at - promise.at)
            loss.remade += _remade(door, promise)
            continue
        job = door.until_ended(promise.job_id)
        if job["state"] != "succeeded":
            loss.failed += 1
            loss.problems.append(str(job.get("problem", {}).get("type")))
        else:
            told, got = door.result(promise.job_id)
            loss.broken += told != got
    return loss


def _remade(door: Door, promise: Promise) -> bool:
    """What a client does about a job that is gone: the same request with the same key, and its photo if need be."""
    status, job_id, _ = door.submit(promise.photo, promise.key)
    if status != 202:
        return False
    told, got = ("", "-") if door.until_ended(job_id)["state"] != "succeeded" else door.result(job_id)
    return told == got
