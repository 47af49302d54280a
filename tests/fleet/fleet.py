"""A whole fleet of real processes: one Redis, one S3 store, one API, and workers on hosts of their own."""

import os
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from jobs.blobs import BlobStore
from tests.faults.installation import Installation
from tests.faults.invariants import check_orphans, check_rest, collect_garbage
from tests.faults.processes import Process, Program
from tests.faults.shop import Shop
from tests.fleet.network import Host, Network
from tests.s3_store import S3Store


class HostProcess(Process):
    """One that runs on a host; None: where everybody else does. `tree` is the checkout that it is started from."""

    host: Host | None = None

    def _start(self) -> None:
        with self.host.entered() if self.host else nullcontext():
            super()._start()


class Fleet(Installation):
    """Until the block ends. Without a network all processes share this machine's own.

    `worker` number n runs on host n. Jobs' photos and pictures lie in S3.
    """

    def __init__(
        self,
        folder: Path,
        network: Network | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        workers: int = 2,
    ) -> None:
        super().__init__(folder, settings, workers=workers)
        self.network = network
        self.host = network.address if network else "127.0.0.1"
        self.trees: dict[str, Path] = {}
        """Programs (by name) that are started from another checkout than ours."""
        self.closed: list[Shop] = []
        """Shops of which the scene itself has erased everything: nothing of theirs is to be found, but it counts."""

    def __enter__(self) -> Self:
        self.s3 = S3Store(self.host)
        self.at_end.enter_context(self.s3)
        return super().__enter__()

    @property
    def redis_url(self) -> str:
        """Where everybody finds Redis."""
        parts = urlsplit(self.redis.url)
        return f"redis://:{parts.password}@{self.host}:{parts.port}/0"

    def environment(self) -> dict[str, str]:
        """As an installation's, with blobs in S3 and Redis where every host reaches it."""
        own = {**super().environment(), **self.s3.environment}
        return {**own, "PACKSHOT_REDIS_URL": self.redis_url, "PACKSHOT_BLOB_URL": self.s3.url, **self.settings}

    def worker_program(self, name: str) -> Program:
        """A worker, from the tree that its name was given."""
        program = super().worker_program(name)
        if (tree := self.trees.get(name)) is None:
            return program
        return Program(name, "worker", (), {**program.environment, **environment_of(tree)})

    def check(self, *, again: bool = False) -> None:
        """The invariants, for all shops; then one folder of results each, a record at rest, no orphan."""
        for shop in self.shops:
            shop.check(again=again)
        collect_garbage(self.redis.client())
        self._check_results()
        check_rest(self.redis.client())
        check_orphans([self.api, *self.workers])

    def close_shop(self, shop: Shop) -> None:
        """It orders no more, and is looked at no more."""
        self.shops.remove(shop)
        self.closed.append(shop)
        shop.close()

    def doubled(self) -> list[str]:
        """Jobs whose shop got two messages, or that left two folders of results."""
        jobs = [(job_id, shop) for shop in self.shops for job_id in shop.jobs]
        told = [job_id for job_id, shop in jobs if len(shop.sink.ids_of(job_id)) > 1]
        folders = self._folders()
        return told + [job_id for job_id, _ in jobs if folders[job_id] > 1]

    def _folders(self) -> Counter[str]:
        paths = (blob.path for page in BlobStore.from_url(self.s3.url).pages("results") for blob in page)
        return Counter(folder.split("/")[2] for folder in {path.rpartition("/")[0] for path in paths})

    def _check_results(self) -> None:
        folders = self._folders()
        for shop in self.shops:
            for job_id, kept in shop.jobs.items():
                if kept.ended == "lost":  # it may have ended on the master that is gone; the janitor takes its files
                    continue
                wanted = 1 if kept.ended == "succeeded" else 0
                assert folders[job_id] == wanted, f"{job_id}, {kept.ended}, has {folders[job_id]} result folders"

    def add(self, worker: Process) -> None:
        """A worker of another kind than ours."""
        self.workers.append(worker)
        self._supervisor.add(worker)

    def open_redis(self) -> None:
        """Have Redis listen where hosts reach it; after each of its starts."""
        if self.network:
            self.redis.client().config_set("bind", f"127.0.0.1 {self.host}")

    def told(self, job_id: str) -> dict[str, Any]:
        """A job that succeeded: its files' digests, and its manifest without what is another's at each run."""
        job = self.shop.look(job_id)
        files = [(output["format"], output["width"], output["height"], output["sha256"]) for output in job["outputs"]]
        return {"files": files, "manifest": _lasting(job["manifest"])}

    def _start(self) -> None:
        self.open_redis()
        super()._start()

    def _make_worker(self, number: int) -> Process:
        worker = HostProcess(self.worker_program(f"worker-{number}"), self.folder / "logs", self.strike)
        if self.network:
            worker.host = self.network.hosts[number % len(self.network.hosts)]
        return worker


def environment_of(tree: Path) -> dict[str, str]:
    """What has a process run another checkout's program; one of before fleets must be allowed a plain http:// store."""
    return {"PYTHONPATH": f"{tree}:{tree / 'client'}", "AWS_ALLOW_HTTP": "true"}


_PASSING = frozenset({"id", "job", "job_id", "attempt", "worker", "host", "pid", "batches", "batch", "url", "trace"})


def _lasting(value: Any) -> Any:
    """Without times, names of jobs and workers, and the batches that happened to form."""
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if name not in _PASSING and not _is_time(name)}
        return {name: _lasting(each) for name, each in kept.items()}
    return [_lasting(each) for each in value] if isinstance(value, list) else value


def _is_time(name: str) -> bool:
    return name.endswith(("_at", "_ms", "_s")) or name in {"created", "started", "finished"}


def outside_environment() -> None:
    """Nothing of what leads requests through a proxy reaches the processes."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
