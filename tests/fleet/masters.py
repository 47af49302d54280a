"""Redis behind sentinels: the master is killed under load, and what that costs at which durability."""

import time
from pathlib import Path

import redis

from jobs.connection import connect
from tests.faults.redis_process import RedisProcess
from tests.fleet.fleet import Fleet
from tests.fleet.load import Load, succeeded
from tests.fleet.network import Network
from tests.fleet.scenes import Told, scene
from tests.fleet.sentinels import Sentinels
from tests.waiting import until

BEHIND_S = 2.0
"""How long nothing is confirmed before the master dies."""


class WatchedRedis(RedisProcess):
    """Stands for the installation's own: two servers and three sentinels."""

    def __init__(self, data: Path, sentinels: Sentinels) -> None:
        super().__init__(data, lambda: None)
        self.sentinels = sentinels

    @property
    def url(self) -> str:
        """Straight to the server that is the master now."""
        return self.sentinels.master.url

    def client(self) -> redis.Redis:
        """To whoever is the master."""
        if self._client is None:
            self._client = connect(self.sentinels.url)
        return self._client

    def start(self) -> None:
        """The sentinels were started before."""


class WatchedFleet(Fleet):
    """A fleet on them, all on this machine's own address; ``replicas`` is PACKSHOT_WAIT_REPLICAS."""

    replicas = 0

    def __init__(self, folder: Path, network: Network | None = None) -> None:
        del network
        super().__init__(folder, None, settings={"PACKSHOT_WAIT_REPLICAS": str(self.replicas)})

    @property
    def redis_url(self) -> str:
        """The address with the sentinels."""
        return self.sentinels.url

    def _make_redis(self) -> RedisProcess:
        self.sentinels = self.at_end.enter_context(Sentinels(self.folder / "sentinels"))
        return WatchedRedis(self.data, self.sentinels)


class ConfirmedFleet(WatchedFleet):
    """Nothing is answered before the replica has it."""

    replicas = 1


@scene("the master dies", "SIGKILL to a Redis behind three sentinels, whose replica keeps up", on=WatchedFleet)
def fail_over(fleet: WatchedFleet) -> Told:
    with Load(fleet.shop) as load:
        until(lambda: fleet.shop.until_running(1), "a running job")
        started, under_way = time.monotonic(), load.under_way()
        lost = fleet.sentinels.kill_master()
        fleet.sentinels.until_another(lost)
        chosen = time.monotonic() - started
        _settle(fleet, under_way)
        took = time.monotonic() - started
    return Told(took, f"another master after {chosen:.1f} s")


@scene(
    "the master dies, its replica behind",
    "as before, but the replica had lost its master: nobody waits for it",
    on=WatchedFleet,
)
def fail_over_behind(fleet: WatchedFleet) -> Told:
    gone, took = _fail_over_behind(fleet)
    return Told(took, f"{gone} of the 202s of that time are gone: this is what PACKSHOT_WAIT_REPLICAS=0 allows")


@scene("the same, each answer confirmed", "PACKSHOT_WAIT_REPLICAS=1, the replica likewise", on=ConfirmedFleet)
def fail_over_confirmed(fleet: WatchedFleet) -> Told:
    gone, took = _fail_over_behind(fleet)
    assert gone == 0, f"{gone} jobs are lost that were confirmed"
    return Told(took, "what the replica lacked was answered 503, and found or made again by its key")


def _fail_over_behind(fleet: WatchedFleet) -> tuple[int, float]:
    """(how many of the 202s are gone, the seconds until the fleet works again)."""
    shop = fleet.shop
    with Load(shop) as load:
        load.until_more(3)
        before = len(load.accepted)
        fleet.sentinels.leave_replica_behind()
        if fleet.replicas:
            time.sleep(BEHIND_S)
        else:
            until(lambda: len(load.accepted) >= before + 3, "jobs that the replica has not")
        started = time.monotonic()
        shop.lose(list(shop.jobs))  # from the blow on the record decides; what is gone is counted
        lost = fleet.sentinels.kill_master()
        fleet.sentinels.until_another(lost)
        if fleet.replicas:
            fleet.sentinels.bring_back(lost, fleet.sentinels.master)
        fleet.until_ready()
        took = time.monotonic() - started
    shop.until_ended()
    return sum(kept.ended == "lost" for kept in shop.jobs.values()), took


def _settle(fleet: WatchedFleet, jobs: list[str]) -> None:
    succeeded(fleet.shop, jobs)
    fleet.until_ready()
