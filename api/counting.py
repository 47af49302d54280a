"""The figures of one API process, for Prometheus. Knows no request."""

from jobs.metrics import families as f
from jobs.metrics.meters import Meters, bounded
from jobs.metrics.queue import QueueCollector
from jobs.store import JobStore

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class ApiMetrics:
    """Thread-safe."""

    def __init__(self, store: JobStore) -> None:
        self._meters = Meters(f.OF_API)
        self.registry = self._meters.registry
        self.registry.register(QueueCollector(store.gauges))
        self.follow = self._meters.follow
        self._meters.begin(f.DAMAGED, "result", "upload")

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """A request's answer is on its way. ``route`` is one of the app's rules, never a path."""
        self._meters.count(f.REQUESTS, route, bounded(method, METHODS), str(status))
        self._meters.observe(f.REQUEST_SECONDS, seconds, route)

    def submitted(self, answer: str) -> None:
        """A job or a catalogue was handed in: ``accepted``, ``replayed``, ``validated``, or a problem's slug."""
        self._meters.count(f.SUBMISSIONS, answer)

    def damaged(self, kind: str) -> None:
        """A ``result`` or an ``upload`` was found damaged, for the first time."""
        self._meters.count(f.DAMAGED, kind)
