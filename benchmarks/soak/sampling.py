"""What a service holds right now: memory, handles and threads of its processes, Redis' keys, blobs, temporary files.

Names are "<whose> <unit>"; the unit, the last word, decides what growth is allowed (`FLOORS`).
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import redis

from benchmarks.service import Service

FLOORS = {"MiB": 8.0, "handles": 4.0, "threads": 4.0, "processes": 1.0, "keys": 60.0, "blobs": 60.0, "files": 4.0}
"""What may be more by so much after an hour, whatever there was: an allocator's page, a pool's next connection."""

_SCAN = 1000


class Sampler:
    """Looks at one service from outside. `temporary` is the folder that its processes have as TMPDIR."""

    def __init__(self, service: Service, temporary: Path) -> None:
        self._service = service
        self._redis = redis.Redis.from_url(service.redis_url(), decode_responses=True)
        self._temporary = temporary

    def sample(self) -> dict[str, float]:
        """Everything once. A process that ends while we look is left out."""
        told: defaultdict[str, float] = defaultdict(float)
        for role, process in self._processes():
            with suppress(psutil.Error, OSError):
                with process.oneshot():
                    told[f"{role} MiB"] += _proportional_mib(process.pid)
                    told[f"{role} handles"] += process.num_fds()
                    told[f"{role} threads"] += process.num_threads()
                told["all processes"] += 1
        told |= self._record()
        told |= _folder("blobs", self._service.folder / "data" / "blobs", "blobs")
        told |= _folder("temporary", self._temporary, "files")
        return dict(told)

    def _processes(self) -> Iterator[tuple[str, psutil.Process]]:
        """Those that stay; a decoder's child lives for one photo and is no more counted than that photo."""
        for process in self._service.family():
            with suppress(psutil.Error):
                if (role := _role(process)) is not None:
                    yield role, process

    def _record(self) -> dict[str, float]:
        """How many keys of each kind: a kind is what stands before the first id."""
        told: defaultdict[str, float] = defaultdict(float)
        told["redis used MiB"] = float(self._redis.info("memory")["used_memory"]) / 2**20
        told["redis clients handles"] = int(self._redis.info("clients")["connected_clients"])
        for name in self._redis.scan_iter(count=_SCAN):
            told[f"redis {_kind(str(name))} keys"] += 1
            told["redis all keys"] += 1
        return told


def _role(process: psutil.Process) -> str | None:
    command = " ".join(process.cmdline())
    if "redis-server" in command:
        return "redis"
    if "multiprocessing.forkserver" in command:
        parent = process.parent()
        return "decoder" if parent is not None and "-m worker" in " ".join(parent.cmdline()) else None
    if "-m api" in command:
        return "api"
    return "worker" if "-m worker" in command else None


def _proportional_mib(pid: int) -> float:
    """Its part of the memory that it shares, and all of its own: forks of one parent add up to the truth."""
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _kind(name: str) -> str:
    return ":".join(part for part in name.removeprefix("packshot:").split(":")[:2] if part.replace("-", "").isalpha())


def _folder(name: str, folder: Path, unit: str) -> dict[str, float]:
    told = {f"{name} {unit}": 0.0, f"{name} MiB": 0.0}
    for place, _, files in os.walk(folder):  # unlike rglob it passes over what is deleted while we look
        for file in files:
            with suppress(OSError):
                told[f"{name} MiB"] += Path(place, file).stat().st_size / 2**20
                told[f"{name} {unit}"] += 1
    return told
