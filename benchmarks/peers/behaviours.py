"""What each system does with a broken photo, with work nobody waits for, with a huge photo, and when it is killed."""

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.peers import calls, tree
from benchmarks.peers.calls import Refused, Wire
from benchmarks.peers.load import Outcome, closed_loop, counted
from benchmarks.peers.photos import Photo, broken_photo, photo_of
from benchmarks.peers.speed import warm
from benchmarks.peers.systems import Running, System, running

_LOGS = Path("results/peers/logs")
_CLIENTS = 16
_MANY, _BAD_PLACE = 100, 50
_SMALL_MP, _MIDDLE_MP, _WORK_MP = 0.2, 1.0, 3.0
_SPENT_SHARE = 0.15
_IDLE_CORES, _IDLE_S, _IDLE_TIMEOUT_S = 0.05, 1.5, 60.0
_PATIENCE_S = 90.0
_IN_FLIGHT = 12


def behave(system: System, port: int, *, data_gib: float, large_mp: float) -> dict[str, Any]:
    """Start the system and put it to each test; what it did, as facts by test."""
    found: dict[str, Any] = {}
    with running(system, port, data_gib=data_gib) as up:
        warm(up)
        for name, test in (("bad", _one_bad), ("cancelled", _cancelled), ("large", None), ("killed", _killed)):
            found[name] = _large(up, large_mp) if test is None else test(up)
            print(f"{system.label:26} {name:10} {found[name]['told']}", flush=True)
        _LOGS.mkdir(parents=True, exist_ok=True)
        shutil.copy(up.log, _LOGS / f"{system.name}.log")  # why somebody refused what
    return found


def _one_bad(up: Running) -> dict[str, Any]:
    """A hundred small photos, sixteen at a time, one of which cannot be decoded."""
    few = [photo_of(_SMALL_MP, seed) for seed in range(8)]
    photos: list[Photo] = [few[place % len(few)] for place in range(_MANY)]
    photos[_BAD_PLACE] = Photo(broken_photo(), few[0].width, few[0].height)
    outcome = closed_loop(up, "relight", photos, _CLIENTS)
    mates = len(outcome.refused) - (_BAD_PLACE in outcome.refused)
    status = outcome.refused.get(_BAD_PLACE)
    told = f"{counted(outcome)}; the bad one: {'answered' if status is None else status or 'broken off'}"
    return {"told": told, "status": status, "good_ones_failed": mates}


def _cancelled(up: Running) -> dict[str, Any]:
    """A photo whose client gives up when a seventh of the work is done: how much is done all the same."""
    photo, other = photo_of(_WORK_MP, 1).data, photo_of(_WORK_MP, 2).data
    idle = _idle_cores(up)
    whole_s = _spent(up, idle, lambda: up.call("restore", photo))
    before = tree.cpu_seconds(up.root)
    giving_up = _give_up_job if up.key else _hang_up

    def enough() -> bool:
        return tree.cpu_seconds(up.root) - before > _SPENT_SHARE * whole_s

    share = _spent(up, idle, lambda: giving_up(up, other, enough)) / whole_s
    return {"told": f"{share:.0%} of the work was done all the same", "share": share, "whole_cpu_s": whole_s}


def _large(up: Running, megapixels: float) -> dict[str, Any]:
    """A huge photo, and small ones that come while it is worked on."""
    photo = photo_of(megapixels, 5).data
    small = [photo_of(_SMALL_MP, seed) for seed in range(4)]
    alone = closed_loop(up, "relight", small, 1)
    with ThreadPoolExecutor(1) as pool, tree.PeakMemory(up.root) as peak:
        begun = time.monotonic()
        future = pool.submit(_answer, up, "restore", photo)
        time.sleep(2.0)
        beside = closed_loop(up, "relight", small, 1)
        during = not future.done()
        status = future.result()
        took_s = time.monotonic() - begun
    slowest, usual = max(beside.seconds.values(), default=float("nan")), max(alone.seconds.values())
    told = (
        f"{'answered' if status == 200 else status or 'broken off'} after {took_s:.0f} s, {peak.mib:.0f} MiB at most; "
        f"small ones {'beside' if during else 'after'} it: {counted(beside)}, "
        f"{slowest:.1f} s at most ({usual:.1f} alone)"
    )
    facts = {"status": status, "seconds": took_s, "peak_mib": peak.mib, "slowest_s": slowest, "usual_s": usual}
    return {"told": told} | facts


def _killed(up: Running) -> dict[str, Any]:
    """SIGKILL for the process that runs the network, while a dozen photos are on their way."""
    photos = [photo_of(_MIDDLE_MP, seed) for seed in range(_IN_FLIGHT)]
    with ThreadPoolExecutor(_IN_FLIGHT) as pool:
        sent = [pool.submit(_answer, up, "restore", photo.data, _PATIENCE_S) for photo in photos]
        time.sleep(1.0)
        victim = tree.busiest(up.root)
        name = " ".join(victim.cmdline()[:4])
        already = sum(future.done() for future in sent)
        victim.kill()
        at = time.monotonic()
        back_s = _back_after(up, at)
        statuses = [future.result() for future in sent]
    outcome = Outcome(
        seconds={place: 0.0 for place, status in enumerate(statuses) if status == 200},
        refused={place: status for place, status in enumerate(statuses) if status != 200},
    )
    lost = len(outcome.refused)
    told = f"of {_IN_FLIGHT - already} on their way {lost} lost ({counted(outcome)}); " + (
        "it never came back" if back_s is None else f"a new photo was answered {back_s:.0f} s after"
    )
    return {"told": told, "lost": lost, "back_s": back_s, "victim": name}


def _answer(up: Running, task: str, photo: bytes, timeout_s: float = calls.TIMEOUT_S) -> int:
    """The status: 200 for a picture, 0 where the connection broke or nothing came."""
    try:
        up.call(task, photo, timeout_s)
    except Refused as refused:
        return refused.status
    return 200


def _back_after(up: Running, since: float) -> float | None:
    """Seconds until a small photo is answered; None where it isn't in a while."""
    small = photo_of(_SMALL_MP).data
    while time.monotonic() - since < _PATIENCE_S:
        if _answer(up, "relight", small, _PATIENCE_S) == 200:
            return time.monotonic() - since
        time.sleep(0.2)
    return None


def _idle_cores(up: Running) -> float:
    """How many cores it takes when it has nothing to do: some look around all the time."""
    before = tree.cpu_seconds(up.root)
    time.sleep(2 * _IDLE_S)
    return (tree.cpu_seconds(up.root) - before) / (2 * _IDLE_S)


def _spent(up: Running, idle: float, work: Callable[[], object]) -> float:
    """Processor seconds of the system for it, until it is idle again; what it takes when idle does not count."""
    before, begun = tree.cpu_seconds(up.root), time.monotonic()
    work()
    give_up_at = time.monotonic() + _IDLE_TIMEOUT_S
    last = before
    while time.monotonic() < give_up_at:
        time.sleep(_IDLE_S)
        now = tree.cpu_seconds(up.root)
        if (now - last) / _IDLE_S < 1.5 * idle + _IDLE_CORES:
            break
        last = now
    return tree.cpu_seconds(up.root) - before - idle * (time.monotonic() - begun)


def _hang_up(up: Running, photo: bytes, spent: Callable[[], bool]) -> None:
    """Send the photo and close the connection when enough was spent: all that a client of theirs can do."""
    if up.system.calls is calls.post_form:
        body, kind = calls.form({"task": b"restore"}, {"photo": photo})
        path = "/predict"
    else:
        body, kind, path = photo, "image/jpeg", "/restore"
    wire = Wire(up.url)
    wire.send("POST", path, body, {"Content-Type": kind})
    _await(spent)
    wire.close()


def _give_up_job(up: Running, photo: bytes, spent: Callable[[], bool]) -> None:
    """Packshot's own: the job is cancelled."""
    with Wire(up.url) as wire:
        job = calls.submit(wire, up.key, "restore", photo)
        _await(spent)
        wire.ask("POST", f"/v1/jobs/{job['id']}/cancel", b"", calls.bearer(up.key))


def _await(spent: Callable[[], bool]) -> None:
    pause = threading.Event()
    give_up_at = time.monotonic() + _IDLE_TIMEOUT_S
    while not spent() and time.monotonic() < give_up_at:
        pause.wait(0.02)


def measure(systems: Sequence[System], port: int, *, data_gib: float, large_mp: float) -> dict[str, Any]:
    """What each did, by its name."""
    return {system.name: behave(system, port, data_gib=data_gib, large_mp=large_mp) for system in systems}
