"""What a photo costs, by what is asked for: processor time, Redis, memory and bytes, for the capacity planner.

Every kind of work is done at several sizes through a whole service; a line is laid through what each size took: a part
that every photo costs, and one for each megapixel. What a worker, an API or Redis spends without any job is taken off.
The figures go to `jobs/capacity/costs.json`, where `packshot capacity` reads them. Takes minutes: it runs only by name.
"""

import datetime
import importlib.metadata
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from benchmarks.child import peak_mib
from benchmarks.photos import large_photo
from benchmarks.service import Service
from jobs.connection import connect
from packshot import Client

COSTS = Path(__file__).parents[1] / "jobs" / "capacity" / "costs.json"

_SIZES = ((400, 533), (866, 1155), (1500, 2000))
_SMALL = _SIZES[:2]
_REPEATS = 5
_IDLE_S = 8.0
_WHITE = {"op": "background", "color": "#ffffff"}
_CUTOUT = {"op": "cutout"}
_MASKED = {"op": "inpaint", "boxes": [{"x": 100, "y": 100, "width": 120, "height": 90}]}


@dataclass(frozen=True)
class Kind:
    """Work whose cost is wanted: that of ``operations`` beyond what the kind ``beyond`` costs."""

    name: str
    operations: tuple[Mapping[str, Any], ...]
    beyond: str | None = "plain"
    sizes: tuple[tuple[int, int], ...] = _SIZES
    renditions: tuple[str, ...] = ()


_KINDS = (
    Kind("plain", ({"op": "rotate", "angle": 0},), beyond=None),
    Kind("relight", ({"op": "relight"},)),
    Kind("restore", ({"op": "restore"},)),
    Kind("cutout", (_CUTOUT,)),
    Kind("background", (_CUTOUT, _WHITE), beyond="cutout"),
    Kind("recolor", ({"op": "recolor", "color": "#1b3a6b"},)),
    Kind("inpaint", (_MASKED,)),
    Kind("resize", ({"op": "resize", "width": 800},)),
    Kind("upscale-x2", ({"op": "upscale", "factor": 2},)),
    Kind("upscale-x4", ({"op": "upscale", "factor": 4},), sizes=_SMALL),
    Kind("rendition", ({"op": "rotate", "angle": 0},), renditions=("shopify-square",)),
)
_GENERATED = {"op": "generate", "text": "navy striped dress", "count": 1}

_Totals = dict[str, float]


def measure(folder: Path) -> dict[str, list[dict[str, float | str]]]:
    """The tables, and ``costs.json`` as a by-product: the kinds of work, and what each job costs besides."""
    with Service(folder) as service, service.client() as client:
        meter = _Meter(service)
        _one(client, large_photo(*_SIZES[0]), _KINDS[2])  # what only the first job costs
        idle = meter.per_second(_IDLE_S)
        idle_mib = meter.memory_mib()
        samples = {kind.name: [_sample(client, meter, idle, kind, size) for size in kind.sizes] for kind in _KINDS}
        made = meter.spent(idle, _REPEATS, lambda: _made(client))
        per_mp = {name: (at[-1]["peak_mib"] - idle_mib) / at[-1]["megapixels"] for name, at in samples.items()}
    memory = {"idle_mib": idle_mib} | {name: max(0.0, mib) for name, mib in per_mp.items()}
    kinds = {kind.name: _fit(kind, samples) for kind in _KINDS}
    kinds["generate"] = {"fixed_s": made["worker_s"], "per_mp_s": 0.0, "spread_s": 0.0}
    document = (
        facts("make bench ONLY=costs")
        | {"gpu": None}
        | {"kinds": kinds, "job": _job(samples["plain"]), "idle_per_s": idle, "memory": memory}
    )
    COSTS.write_text(json.dumps(document | {"samples": samples}, indent=1, sort_keys=True) + "\n")
    rows = [{"kind": name} | {key: round(value, 4) for key, value in told.items()} for name, told in kinds.items()]
    return {"Worker, seconds of one core": rows, "Besides": [dict(document["job"])]}


class _Meter:
    """What the service's processes have spent so far."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._redis = connect(service.redis_url())
        self._roots = {name: service.processes(name) for name in ("worker", "api")}

    def totals(self) -> _Totals:
        """Seconds, commands and bytes since the start."""
        redis_cpu, stats = self._redis.info("cpu"), self._redis.info("commandstats")
        return {
            "worker_s": _cpu_s(self._roots["worker"]),
            "api_s": _cpu_s(self._roots["api"]),
            "redis_us": 1e6 * (redis_cpu["used_cpu_user_main_thread"] + redis_cpu["used_cpu_sys_main_thread"]),
            "redis_commands": float(sum(told["calls"] for told in stats.values())),
            "blob_bytes": float(_folder_bytes(self._service.folder / "data" / "blobs")),
        }

    def per_second(self, seconds: float) -> _Totals:
        """What is spent by nobody's job."""
        before = self.totals()
        time.sleep(seconds)
        return {name: (value - before[name]) / seconds for name, value in self.totals().items()}

    def spent(self, idle: _Totals, jobs: int, work: Callable[[], object]) -> _Totals:
        """What one job costs, the median of so many, beyond what its time would have cost anyway."""
        told: list[_Totals] = []
        for _ in range(jobs):
            before, begun = self.totals(), time.monotonic()
            work()
            after, took_s = self.totals(), time.monotonic() - begun
            told.append({name: after[name] - before[name] - idle[name] * took_s for name in after})
        return {name: statistics.median(one[name] for one in told) for name in told[0]}

    def memory_mib(self) -> float:
        """The most that the worker and its decoder have held since the last look."""
        processes = [process for root in self._roots["worker"] for process in _tree(root)]
        most = sum(peak_mib(str(process.pid)) for process in processes)
        for process in processes:
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # the peak counts from now on
        return most


def _sample(client: Client, meter: _Meter, idle: _Totals, kind: Kind, size: tuple[int, int]) -> dict[str, float]:
    photo = large_photo(*size)
    photos = iter([_unlike(photo, number) for number in range(_REPEATS)])
    meter.memory_mib()
    told = meter.spent(idle, _REPEATS, lambda: _one(client, next(photos), kind))
    told["peak_mib"] = meter.memory_mib()
    megapixels = _megapixels(size)
    print(f"{kind.name} {megapixels:.2f} MP: {told['worker_s']:.3f} s", flush=True)
    return {"megapixels": megapixels, "in_bytes": float(len(photo))} | told


def _one(client: Client, photo: bytes, kind: Kind) -> None:
    more: dict[str, Any] = {"renditions": list(kind.renditions)} if kind.renditions else {}
    job = client.submit(photo, [dict(operation) for operation in kind.operations], **more)
    job.wait()
    with tempfile.TemporaryDirectory(prefix="packshot-costs-") as folder:
        job.download_all(folder)


def _made(client: Client) -> None:
    client.submit(None, [dict(_GENERATED)], seed=time.monotonic_ns() % 2**31).wait()


def _fit(kind: Kind, samples: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, float]:
    """A line through what the kind costs beyond the other, by megapixels; neither part may be below nothing."""
    less = {at["megapixels"]: at["worker_s"] for at in samples[kind.beyond]} if kind.beyond else {}
    points = [(at["megapixels"], at["worker_s"] - less.get(at["megapixels"], 0.0)) for at in samples[kind.name]]
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points, strict=True))
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    slope = max(0.0, slope)
    fixed = max(0.0, mean_y - slope * mean_x)
    spread = max(abs(y - fixed - slope * x) for x, y in points)
    return {"fixed_s": fixed, "per_mp_s": slope, "spread_s": spread}


def _job(plain: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """What every job costs besides the worker's time, from the plain ones."""
    parts = {name: statistics.median(at[name] for at in plain) for name in ("api_s", "redis_us", "redis_commands")}
    total_mp, in_bytes = (sum(at[name] for at in plain) for name in ("megapixels", "in_bytes"))
    out_bytes = sum(at["blob_bytes"] for at in plain) - in_bytes
    return parts | {"in_bytes_per_mp": in_bytes / total_mp, "out_bytes_per_mp": out_bytes / total_mp}


def facts(command: str) -> dict[str, Any]:
    """When, where, by which command and with which versions something is measured."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    versions = {
        name: importlib.metadata.version(name) for name in ("packshot-server", "onnxruntime", "pillow", "numpy")
    }
    return {
        "measured_on": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{len(os.sched_getaffinity(0))} shared CPU cores ({name})",
        "command": command,
        "versions": versions | {"python": platform.python_version()},
    }


def _tree(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]


def _cpu_s(roots: Sequence[psutil.Process]) -> float:
    """Of the processes and all that they started, also of what has ended since."""
    return sum(sum(process.cpu_times()[:4]) for root in roots for process in _tree(root))


def _folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _unlike(photo: bytes, number: int) -> bytes:
    """Other bytes, the same picture: what follows on a JPEG's end is not looked at."""
    return photo + f"{number} {time.monotonic_ns()}".encode()


def _megapixels(size: tuple[int, int]) -> float:
    return size[0] * size[1] / 1e6
