"""Faults 9, 10 and 14: Redis loses connections, ends, fills up, and refuses."""

import time

from tests.faults.catalogue import fault
from tests.faults.installation import Installation
from tests.faults.invariants import same_workers
from tests.waiting import until

SUCCEED_S = 180.0


@fault("9", "CLIENT KILL TYPE normal", "no duplicate run", short=True)
def kill_connections(place: Installation) -> None:
    """Every connection of the API and the workers, again and again while jobs run."""
    with same_workers(place.workers):
        jobs = place.shop.submit_until_running(4)
        place.strike()
        for _ in range(5):
            for kind in ("normal", "pubsub"):
                place.redis.client().client_kill_filter(_type=kind, skipme=True)
            time.sleep(0.2)  # meanwhile they come back, to be killed at something else
        place.recovered(jobs[-1])
        place.shop.until_ended()
        assert place.shop.attempts(jobs) == {1}, "a job ran twice"


@fault("10", "Redis SIGTERM and restart", "the workers recover, and live on")
def restart(place: Installation) -> None:
    """In the midst of a few jobs."""
    with same_workers(place.workers):
        place.shop.submit_until_running(4)
        place.redis.terminate()
        place.redis.start()
        place.recovered()


@fault("14", "maxmemory reached", "503 with Retry-After; what runs is finished; recovers", short=True)
def fill_the_memory(place: Installation) -> None:
    """No byte is left, from the claim of a job on until it has ended."""
    redis = place.redis.client()
    trap = place.proxy.on_script("end", "hold")
    place.shop.submit(2)
    running = str(trap.wait().arguments["id"])
    with same_workers(place.workers):
        place.strike()
        redis.config_set("maxmemory", "1")
        trap.release()
        assert int(place.shop.require_refusal().headers["Retry-After"]) > 0
        until(lambda: place.shop.look(running)["state"] == "succeeded", "the end of a job that ran")
        until(lambda: place.sink.ids_of(running), "its webhook")
        redis.config_set("maxmemory", "0")
        place.recovered()


@fault("R1", "Redis read-only for a while", "503, then on as before; the workers live")
def make_it_read_only(place: Installation) -> None:
    """As after a failover to a replica that nobody has promoted yet."""
    redis = place.redis.client()
    with same_workers(place.workers):
        place.shop.submit(2)
        place.strike()
        redis.replicaof("127.0.0.1", "1")
        place.shop.require_refusal()
        until(lambda: all("read only replica" in worker.log for worker in place.workers), "refusals in the log")
        redis.replicaof("NO", "ONE")
        place.recovered()


@fault("R2", "SCRIPT FLUSH again and again", "nobody notices")
def lose_the_scripts(place: Installation) -> None:
    """As after a restart or a failover in the midst of everything."""
    jobs = place.shop.submit(4)
    place.strike()

    def have_succeeded() -> bool:
        place.redis.client().script_flush()
        return place.shop.have_succeeded(jobs)

    until(have_succeeded, "the success of all in spite of it", SUCCEED_S)
    assert place.shop.attempts(jobs) == {1}


@fault(
    "R3", "another password on Redis, and back", "503 and a clear line in the log, then on as before",
    settings={"PACKSHOT_MAX_ATTEMPTS": "3"},
)  # fmt: skip
def change_the_password(place: Installation) -> None:
    """A rotation that reached Redis before it reached Packshot."""
    redis = place.redis.client()
    password = redis.config_get("requirepass")["requirepass"]
    with same_workers(place.workers):
        place.shop.submit(2)
        place.strike()
        redis.config_set("requirepass", "another")
        redis.client_kill_filter(_type="normal", skipme=True)
        place.shop.require_refusal()
        until(
            lambda: all("invalid username-password pair" in worker.log for worker in place.workers),
            "a clear line in the log",
        )
        assert not any(password in worker.log for worker in place.workers)
        redis.config_set("requirepass", password)
        place.recovered()
