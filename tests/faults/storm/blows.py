"""How each fault of the long form is caused. What one begins it also ends; two on one target wait for each other."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import redis

from tests.faults.installation import Installation
from tests.faults.processes import Process
from tests.faults.redis_process import RedisProcess
from tests.faults.traps import Trap
from tests.waiting import until

How = Mapping[str, Any]
Cause = Callable[[Installation, How], None]

_TRAP_S = 6.0
_OVER_FULL_BYTES = 50_000

CAUSES: dict[str, tuple[str, Cause]] = {}
"""By the plan's kind: what it hits, and its cause, which returns once the fault is over."""


def blow(kind: str, target: str) -> Callable[[Cause], Cause]:
    """Enters the function as the cause of that kind."""

    def enter(cause: Cause) -> Cause:
        CAUSES[kind] = target, cause
        return cause

    return enter


class Targets:
    """One lock for each thing that can be hit. Thread-safe."""

    def __init__(self) -> None:
        self._locks: dict[str, threading.Lock] = {}

    def lock_for(self, kind: str, how: How) -> threading.Lock:
        """Of the thing that this blow hits."""
        target = CAUSES[kind][0].format(**how)
        return self._locks.setdefault(target, threading.Lock())


@blow("SIGKILL a worker", "worker-{worker}")
def _kill(place: Installation, how: How) -> None:
    _worker(place, how).kill()


@blow("SIGKILL a worker with its children", "worker-{worker}")
def _kill_family(place: Installation, how: How) -> None:
    _worker(place, how).kill(family=True)


@blow("SIGKILL a worker at a script", "worker-{worker}")
def _kill_at(place: Installation, how: How) -> None:
    worker = _worker(place, how)
    trap = place.proxy.on_script(how["script"], "hold", pids=worker.pids)
    _wait(trap)
    worker.kill()
    place.proxy.drop(trap)


@blow("SIGTERM a worker", "worker-{worker}")
def _terminate(place: Installation, how: How) -> None:
    worker = _worker(place, how)
    if _is_at_work(place, worker):  # while it starts there is nothing to drain, nor a code to hold
        ended = len(worker.codes)
        worker.terminate()
        code = worker.wait(ended)
        if code != 0:
            raise RuntimeError(f"{worker.program.name} was told to leave, and exited with {code}")


@blow("SIGSTOP a worker, then CONT", "worker-{worker}")
def _stop(place: Installation, how: How) -> None:
    worker = _worker(place, how)
    worker.stop()
    time.sleep(how["for_s"])
    worker.cont()


@blow("a worker parted from Redis", "parting")
def _part(place: Installation, how: How) -> None:
    place.proxy.part(_worker(place, how).pids)
    time.sleep(how["for_s"])
    place.proxy.cut_off = None


@blow("SIGKILL the API", "api")
def _kill_api(place: Installation, how: How) -> None:
    place.api.kill(family=True)


@blow("SIGKILL the API after a record", "api")
def _kill_api_after_a_record(place: Installation, how: How) -> None:
    trap = place.proxy.on_script("submit", "hold_answer", pids=place.api.pids)
    _wait(trap)
    place.api.kill(family=True)
    place.proxy.drop(trap)


@blow("SIGTERM the API", "api")
def _terminate_api(place: Installation, how: How) -> None:
    ended = len(place.api.codes)
    place.api.terminate()
    place.api.wait(ended)


@blow("SIGKILL Redis, restart", "redis")
def _kill_redis(place: Installation, how: How) -> None:
    _restart(place.redis, place.redis.kill, how["for_s"])


@blow("SIGTERM Redis, restart", "redis")
def _terminate_redis(place: Installation, how: How) -> None:
    _restart(place.redis, place.redis.terminate, how["for_s"])


@blow("SIGSTOP Redis, then CONT", "redis")
def _pause_redis(place: Installation, how: How) -> None:
    place.redis.pause()
    time.sleep(how["for_s"])
    place.redis.resume()


@blow("Redis full", "redis")
def _fill_redis(place: Installation, how: How) -> None:
    client = place.redis.client()
    client.config_set("maxmemory", int(client.info("memory")["used_memory"]) - _OVER_FULL_BYTES)
    time.sleep(how["for_s"])
    client.config_set("maxmemory", 0)


@blow("CLIENT KILL TYPE normal", "redis")
def _kill_clients(place: Installation, how: How) -> None:
    place.redis.client().client_kill_filter(_type="normal", skipme=True)


@blow("SCRIPT FLUSH", "redis")
def _flush_scripts(place: Installation, how: How) -> None:
    place.redis.client().script_flush()


@blow("all hints lost", "redis")
def _lose_hints(place: Installation, how: How) -> None:
    place.redis.client().delete("packshot")


@blow("garbage on the list", "redis")
def _push_garbage(place: Installation, how: How) -> None:
    place.redis.client().lpush("packshot", how["text"])


@blow("a hint 100 times", "redis")
def _push_duplicates(place: Installation, how: How) -> None:
    client = place.redis.client()
    hint = client.lindex("packshot", 0)
    if hint is not None:
        client.lpush("packshot", *[hint] * 100)


@blow("connections cut", "network")
def _cut(place: Installation, how: How) -> None:
    place.proxy.cut()


@blow("connections refused", "network")
def _refuse(place: Installation, how: How) -> None:
    place.proxy.refuse()
    time.sleep(how["for_s"])
    place.proxy.refuses = False


@blow("network hangs", "network")
def _hang(place: Installation, how: How) -> None:
    place.proxy.hang()
    time.sleep(how["for_s"])
    place.proxy.flowing.set()


@blow("network slow", "network")
def _slow(place: Installation, how: How) -> None:
    place.proxy.delay(how["ms"])
    time.sleep(how["for_s"])
    place.proxy.delay(0)


@blow("a script cut off", "script")
def _cut_script(place: Installation, how: How) -> None:
    trap = place.proxy.on_script(how["script"], how["action"], times=how["times"])
    _wait(trap)
    place.proxy.drop(trap)


@blow("the webhooks' receiver fails", "sink")
def _fail_sink(place: Installation, how: How) -> None:
    place.sink.answer(how["answer"])
    time.sleep(how["for_s"])
    place.sink.answer(204)


def _worker(place: Installation, how: How) -> Process:
    return place.workers[how["worker"]]


def _is_at_work(place: Installation, worker: Process) -> bool:
    """Whether it has announced itself, or does in a while."""
    with suppress(AssertionError, redis.RedisError):
        until(lambda: worker.runs and worker.pid in place.ready_pids(), "a worker that is at work", _TRAP_S)
        return True
    return False


def _restart(server: RedisProcess, end: Callable[[], None], away_s: float) -> None:
    end()
    time.sleep(away_s)
    server.start()


def _wait(trap: Trap) -> None:
    """For a while; a script that nobody calls just now is no fault."""
    with suppress(AssertionError, redis.RedisError):
        trap.wait(_TRAP_S)
