"""Keeps the figures of one process: a registry of its own, and what is counted into it. Thread-safe."""

from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from jobs.metrics.families import Family

OTHER = "other"
"""What a label says in place of a value that it does not know: so the number of values stays bounded."""


class Meters:
    """The counters, gauges and histograms of these families, made once. ``registry`` is what a scrape reads.

    The process' own figures (``process_…``: memory, processor time, open files) come with them.
    """

    def __init__(self, families: Iterable[Family]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # of the process: else a series more for each child
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._made = {family: _make(family, self.registry) for family in families}

    def count(self, family: Family, *labels: str, by: float = 1.0) -> None:
        """Add to a counter. ``labels`` are the values in the family's order."""
        meter = self._made[family]
        assert isinstance(meter, Counter), family.name
        (meter.labels(*labels) if labels else meter).inc(by)

    def observe(self, family: Family, value: float, *labels: str) -> None:
        """Note one value of a histogram, in seconds, slots or shares."""
        meter = self._made[family]
        assert isinstance(meter, Histogram), family.name
        (meter.labels(*labels) if labels else meter).observe(value)

    def follow(self, family: Family, ask: Callable[[], float]) -> None:
        """A gauge without labels that is asked for at each scrape."""
        meter = self._made[family]
        assert isinstance(meter, Gauge), family.name
        meter.set_function(ask)

    def begin(self, family: Family, *values: str) -> None:
        """Show the children of a counter with one label from the start, at 0: else a first event is no increase."""
        meter = self._made[family]
        for value in values:
            meter.labels(value)


def _make(family: Family, registry: CollectorRegistry) -> Counter | Gauge | Histogram:
    if family.kind == "counter":
        return Counter(family.name.removesuffix("_total"), family.text, family.labels, registry=registry)
    if family.kind == "gauge":
        return Gauge(family.name, family.text, family.labels, registry=registry)
    return Histogram(family.name, family.text, family.labels, registry=registry, buckets=family.buckets)


def bounded(value: str, known: Iterable[str]) -> str:
    """The value, if it is a known one; else ``OTHER``."""
    return value if value in known else OTHER
