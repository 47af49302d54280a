"""What Prometheus is told of the record: read at one moment, by a script whose cost does not grow with the backlog."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.presence import LIVENESS_MS
from jobs.routes import ANY, hint_queues, parts_of_lane
from jobs.store.base import RecordBase

MEGA = 1_000_000


@dataclass(frozen=True)
class Pending:
    """Jobs of one class (``interactive``, ``bulk``) and route (``jobs.routes``) that could be claimed now."""

    priority: str
    route: str
    jobs: int
    megapixels: float
    """Of their photos; a job without one, or whose photo is still to be fetched, counts as one."""
    oldest_s: float = 0.0
    """How long the oldest of them has waited."""
    told_route: str = ANY
    """The route as metrics name it: one of few, whatever tenants write; ``other`` where more workers like those that
    live would change nothing."""


@dataclass(frozen=True)
class Gauges:
    """The record at one moment. ``ended`` and ``problems`` count since the record began, by state and by type."""

    pending: tuple[Pending, ...]
    running: int
    delayed: int
    dead: int
    hints_waiting: int
    open_batches: int
    workers: Mapping[str, int]
    """How many live, by backend."""
    without_blobs: int
    """How many of them have a blob store that does not answer."""
    webhooks_due: int
    ended: Mapping[str, int]
    problems: Mapping[str, int]
    lost_ms: int
    """When a loss was noted, in Unix milliseconds; 0 for never."""
    used_bytes: int
    max_bytes: int
    """Redis' memory; ``max_bytes`` 0 where it has no limit."""


class GaugingStore(RecordBase):
    """What a scrape asks for."""

    def gauges(self) -> Gauges:
        """Two round trips. Raises Redis' own faults."""
        told = json.loads(self.run_script("gauge", liveness_ms=LIVENESS_MS))
        with self.redis.pipeline(transaction=False) as pipeline:
            pipeline.info("memory")
            for queue in hint_queues(self.settings.hint_queue):
                pipeline.llen(queue)
            memory, *hints = pipeline.execute()
        lanes, totals = told["lanes"] or [], told["totals"] or {}
        return Gauges(
            pending=tuple(_pending(lane, told["now_ms"]) for lane in sorted(lanes, key=lambda lane: str(lane["lane"]))),
            running=told["running"],
            delayed=told["delayed"],
            dead=told["dead"],
            hints_waiting=sum(map(int, hints)),
            open_batches=told["open_batches"],
            workers=told["workers"] or {},
            without_blobs=told["without_blobs"],
            webhooks_due=told["webhooks_due"],
            ended=_below("state ", totals),
            problems=_below("problem ", totals),
            lost_ms=told["lost_ms"],
            used_bytes=int(memory["used_memory"]),
            max_bytes=int(memory.get("maxmemory", 0)),
        )


def _pending(lane: Mapping[str, Any], now_ms: int) -> Pending:
    priority, route = parts_of_lane(str(lane["lane"]))
    waited_s = max(0, now_ms - lane.get("since_ms", now_ms)) / 1000
    return Pending(priority, route, int(lane["jobs"]), max(0, lane["px"]) / MEGA, waited_s, lane.get("told", ANY))


def _below(prefix: str, totals: Mapping[str, int]) -> dict[str, int]:
    return {name.removeprefix(prefix): many for name, many in totals.items() if name.startswith(prefix)}
