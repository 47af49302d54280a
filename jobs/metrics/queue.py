"""The record's figures, read when Prometheus asks, and at most once a second however many ask."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping

import redis
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from jobs.metrics import families as f
from jobs.metrics.families import Family
from jobs.problems import PROBLEM_TYPES
from jobs.routes import ANY
from jobs.states import State
from jobs.store.gauging import Gauges, Pending

KEPT_S = 1.0

log = logging.getLogger(__name__)

Row = tuple[tuple[str, ...], float]


class QueueCollector(Collector):
    """Any number of API processes tell the same figures: take the largest of theirs, not the sum."""

    def __init__(self, ask: Callable[[], Gauges], kept_s: float = KEPT_S) -> None:
        """``ask`` may raise RedisError: then ``packshot_redis_up`` is 0, and nothing else is told."""
        self._ask = ask
        self._kept_s = kept_s
        self._lock = threading.Lock()
        self._known: Gauges | None = None
        self._asked_at = float("-inf")

    def describe(self) -> Iterable[Metric]:
        """Their names, without a word to Redis."""
        return [_metric(family) for family in f.OF_QUEUE]

    def collect(self) -> Iterator[Metric]:
        """All of the record's figures, or that it is away. A fault of ours costs these figures, not all others too."""
        try:
            found = self._gauges()
            told = [_metric(family, rows) for family, rows in _rows(found).items()] if found else []
        except Exception:
            log.exception("a scrape without the queue's figures")
            return
        yield _metric(f.REDIS_UP, [((), float(found is not None))])
        yield from told

    def _gauges(self) -> Gauges | None:
        with self._lock:
            if time.monotonic() - self._asked_at >= self._kept_s:
                try:
                    self._known = self._ask()
                except redis.RedisError as error:
                    log.warning("a scrape without the queue's figures: %s", error)
                    self._known = None
                self._asked_at = time.monotonic()
            return self._known


def _rows(found: Gauges) -> Mapping[Family, list[Row]]:
    lanes: dict[tuple[str, ...], list[Pending]] = {("interactive", ANY): [], ("bulk", ANY): []}
    for each in found.pending:
        lanes.setdefault((each.priority, each.told_route), []).append(each)
    return {
        f.PENDING_JOBS: [(lane, float(sum(each.jobs for each in alike))) for lane, alike in lanes.items()],
        f.PENDING_MEGAPIXELS: [(lane, sum((each.megapixels for each in alike), 0.0)) for lane, alike in lanes.items()],
        f.OLDEST_PENDING: [
            (lane, max((each.oldest_s for each in alike), default=0.0)) for lane, alike in lanes.items()
        ],
        f.RUNNING_JOBS: [((), found.running)],
        f.DELAYED_JOBS: [((), found.delayed)],
        f.DEAD_JOBS: [((), found.dead)],
        f.HINTS_WAITING: [((), found.hints_waiting)],
        f.OPEN_BATCHES: [((), found.open_batches)],
        f.WORKERS: [((backend,), many) for backend, many in found.workers.items()],
        f.WITHOUT_BLOBS: [((), found.without_blobs)],
        f.WEBHOOKS_DUE: [((), found.webhooks_due)],
        f.JOBS: _counted(found.ended, (state.value for state in State if state.is_terminal)),
        f.PROBLEMS: _counted(found.problems, PROBLEM_TYPES),
        f.REDIS_USED: [((), found.used_bytes)],
        f.REDIS_MAX: [((), found.max_bytes)],
        f.RECORD_LOST: [((), found.lost_ms / 1000)],
    }


def _counted(counted: Mapping[str, int], known: Iterable[str]) -> list[Row]:
    """Of each known name, 0 where nothing was counted: else its first event would be no increase."""
    return [((name,), float(counted.get(name, 0))) for name in known]


def _metric(family: Family, rows: Iterable[Row] = ()) -> Metric:
    kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
    metric = kind(family.name, family.text, labels=family.labels)
    for labels, value in rows:
        metric.add_metric(labels, value)
    return metric
