"""A whole Packshot of real processes, with a fault proxy before its Redis: what the faults happen to."""

import os
from collections.abc import Collection, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self, cast
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx

from api.keys import SHOP_SCOPES, KeyRing
from jobs.store.base import script_text
from packshot import Client
from packshot.retries import RetryPolicy
from tests.faults.invariants import check_folders, check_orphans, check_rest, collect_garbage
from tests.faults.processes import Process, Program, Supervisor
from tests.faults.proxy import Proxy
from tests.faults.recovery import Recovery
from tests.faults.redis_process import RedisProcess
from tests.faults.shop import Shop
from tests.faults.sink import Sink
from tests.ports import free_port
from tests.waiting import until

LEASE_S = 4.0
STARTS_S = 120.0
TRAPPED = ("submit", "claim", "progress", "heartbeat", "end", "put_upload", "claim_delivery", "end_delivery")
SETTINGS: Mapping[str, str] = {
    "PACKSHOT_BACKEND": "onnxruntime",
    "PACKSHOT_THREADS": "1",
    "PACKSHOT_CONCURRENCY": "2",
    "PACKSHOT_LEASE_MS": str(round(LEASE_S * 1000)),
    "PACKSHOT_HEARTBEAT_MS": "800",
    "PACKSHOT_REAP_INTERVAL_S": "0.5",
    "PACKSHOT_DRAIN_TIMEOUT_S": "20",
    "PACKSHOT_WEBHOOKS_PRIVATE": "true",
    "PACKSHOT_WEBHOOKS_TIMEOUT_S": "5",
    "PACKSHOT_WEBHOOKS_RETRIES_S": ",".join(["0.5", "1", "2", *["4"] * 30]),
}
"""Short leases, but long enough for two busy cores; webhooks that are tried again soon."""


class Installation:
    """Redis, API and two workers until the block ends. `settings` are further PACKSHOT_* variables."""

    host = "127.0.0.1"
    """Where workers reach the sink."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, *, workers: int = 2) -> None:
        self.folder, self.data = folder, folder / "data"
        self.settings = {**SETTINGS, **(settings or {})}
        self._many = workers
        self._recovery = Recovery()
        self.workers: list[Process] = []
        self.shops: list[Shop] = []
        self._clients: list[Client] = []
        self.at_end = ExitStack()
        """What a fault leaves to be undone once no process is left."""

    def __enter__(self) -> Self:
        for folder in (self.data, self.folder / "logs"):
            folder.mkdir(parents=True, exist_ok=True)
        environ = self.at_end.enter_context(patch.dict(os.environ))
        for name in [name for name in environ if name.startswith("PACKSHOT_")]:
            del environ[name]  # nothing of whoever runs this reaches the processes, which inherit
        self.redis = self._make_redis()
        self.redis.start()
        self.sink = Sink(self.host)
        self.proxy = Proxy(urlsplit(self.redis.url).port or 0)
        self._supervisor = Supervisor()
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for shop in self.shops:
            shop.close()
        for client in self._clients:
            client.close()
        self._supervisor.close()
        self.proxy.close()
        self.sink.close()
        self.redis.close()
        self.at_end.close()

    @property
    def url(self) -> str:
        """Where the API listens; it keeps its `port`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def shop(self) -> Shop:
        """The observer, of the tenant `dev`."""
        return self.shops[0]

    @property
    def client(self) -> Client:
        """The SDK's client with the development key, which tries nothing twice."""
        client = Client(self.url, self.key, retries=RetryPolicy(give_up_after_s=0.0, first_answer_s=0.0))
        self._clients.append(client)
        return client

    @property
    def key(self) -> str:
        """The development key."""
        return (self.data / "dev-key").read_text().strip()

    @property
    def blobs(self) -> Path:
        """Where photos and results lie."""
        return self.data / "blobs"

    def open_shop(self, tenant: str, *, scopes: Collection[str] = SHOP_SCOPES) -> Shop:
        """An observer of a tenant of its own."""
        key = KeyRing(self.redis.client()).create(tenant, scopes=scopes)
        self.shops.append(Shop(self.url, key.text, self.sink))
        return self.shops[-1]

    def start_worker(self, **settings: str) -> Process:
        """One more worker, with settings of its own; returns once it is ready."""
        worker = self._worker(len(self.workers), settings)
        self.until_ready()
        return worker

    def retire(self, worker: Process) -> None:
        """End a worker for good."""
        self.workers.remove(worker)
        self._supervisor.retire(worker)

    def ready_pids(self) -> set[int]:
        """The processes of the workers that have announced themselves."""
        redis = self.redis.client()
        owners = cast(list[str], redis.zrange("packshot:workers", 0, -1))
        return {int(pid) for pid in (redis.hget(f"packshot:worker:{owner}", "pid") for owner in owners) if pid}

    def until_ready(self) -> None:
        """Until the API answers and every worker that is wanted is at work."""
        until(self._is_ready, f"an installation that is ready (logs: {self.folder / 'logs'})", STARTS_S)

    def strike(self) -> None:
        """The fault begins now. Whatever kills, stops or cuts here says so by itself; the first time counts."""
        self._recovery.strike()

    def recovered(self, job_id: str | None = None) -> float:
        """Seconds from the fault until a job has succeeded, which is waited for; the first call counts.

        That is the job named, which the fault hit, or else one that is submitted now.
        """
        return self._recovery.seconds(self.shop, job_id)

    def next_fault(self) -> None:
        """Make ready for another one: nothing is held or delayed any more, everybody is there, the clock is reset.

        Redis gets the scripts that traps wait for: else the first call of one is answered that it is unknown.
        """
        self.proxy.clear()
        for script in TRAPPED:
            self.redis.client().script_load(script_text(script))
        self.sink.answer(204)
        self.until_ready()
        self._recovery.reset()

    def check(self, *, again: bool = False) -> None:
        """The invariants, for all shops (Shop.check); then one folder of results each, a record at rest, no orphan."""
        for shop in self.shops:
            shop.check(again=again)
        collect_garbage(self.redis.client())
        check_folders(self.blobs, self.shops)
        check_rest(self.redis.client())
        check_orphans([self.api, *self.workers])

    def environment(self) -> dict[str, str]:
        """What the API and the workers are started with, beside what they inherit."""
        password = urlsplit(self.redis.url).password
        url = f"redis://:{password}@127.0.0.1:{self.proxy.port}/0"
        return {"PACKSHOT_REDIS_URL": url, "PACKSHOT_DATA_DIR": str(self.data), "OMP_NUM_THREADS": "1", **self.settings}

    def worker_program(self, name: str) -> Program:
        """What a worker of this name is: those of another installation may be another's."""
        return Program(name, "worker", (), self.environment())

    def _start(self) -> None:
        self.port = free_port()
        where = ("--host", "127.0.0.1", "--port", str(self.port))
        self.api = Process(Program("api", "api", where, self.environment()), self.folder / "logs", self.strike)
        self._supervisor.add(self.api)
        for number in range(self._many):
            self._worker(number, {})
        until((self.data / "dev-key").exists, "the development key", STARTS_S)
        self.until_ready()
        self.shops.insert(0, Shop(self.url, self.key, self.sink))

    def _worker(self, number: int, settings: Mapping[str, str]) -> Process:
        worker = self._make_worker(number)
        worker.settings.update(settings)
        self.workers.append(worker)
        self._supervisor.add(worker)
        return worker

    def _make_redis(self) -> RedisProcess:
        return RedisProcess(self.data, self.strike)

    def _make_worker(self, number: int) -> Process:
        return Process(self.worker_program(f"worker-{number}"), self.folder / "logs", self.strike)

    def _is_ready(self) -> bool:
        if not all(process.runs for process in [self.api, *self.workers]):
            return False
        with suppress(httpx.HTTPError):
            answer = httpx.get(f"{self.url}/readyz", timeout=5.0, trust_env=False)
            return answer.status_code == 200 and {worker.pid for worker in self.workers} <= self.ready_pids()
        return False
