"""This worker's figures: what the engine's batches, the jobs' attempts, webhooks and the reaper count."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from engine import BatchEvent
from jobs.metrics import families as f
from jobs.metrics.families import Family
from jobs.metrics.meters import Meters, bounded
from jobs.problems import PROBLEM_TYPES
from jobs.records import Claim

MEGA = 1_000_000

OUTCOMES = ("succeeded", "failed", "retry", "canceled", "expired", "lost", "late", "stalled", "released")
"""How an attempt ends. ``retry``: it failed, and the record decides whether there is another; ``late``: it was done,
but the job was another's by then, or had ended; ``stalled``: the blob store does not answer, ``released``: this worker
leaves, and neither attempt counts."""

DELIVERIES = ("delivered", "again", "failed", "gone", "released")

Version = tuple[str, str, str, float]
"""A model that is loaded: its name, version, digest, and the share of its jobs that go to that version, 0 to 1."""


class WorkerMetrics:
    """Thread-safe. An observer of the engine as well."""

    def __init__(self) -> None:
        families = [family for family in f.OF_WORKER if family is not f.MODEL_INFO]
        self._meters = Meters(families)
        self.registry = self._meters.registry
        self._meters.begin(f.ATTEMPTS, *OUTCOMES)
        self._meters.begin(f.WEBHOOKS, *DELIVERIES)

    def follow(self, held_px: Callable[[], float], versions: Callable[[], list[Version]]) -> None:
        """Show at each scrape how much the jobs hold, and which models are loaded."""
        self._meters.follow(f.HELD_MEGAPIXELS, lambda: held_px() / MEGA)
        self.registry.register(_Versions(versions))

    def batch_ended(self, event: BatchEvent) -> None:
        """See engine.Observer. A failed batch kept the device busy too, but nothing came of its pixels."""
        model, version, meters = event.model, event.version, self._meters
        meters.count(f.DEVICE_SECONDS, model, version, by=event.device_s)
        for wait_ms in event.waits_ms:
            meters.observe(f.UNIT_WAIT, wait_ms / 1000, model)
        if event.failed:
            meters.count(f.BATCH_FAILURES, model, version)
            return
        meters.count(f.BATCHES, model, version, event.reason)
        meters.count(f.MEGAPIXELS, model, version, by=event.core_px / MEGA)
        meters.observe(f.BATCH_SLOTS, event.slots, model)
        meters.observe(f.BATCH_FILL, event.fill, model)

    def claimed(self, claim: Claim) -> None:
        """An attempt begins."""
        self._meters.observe(f.JOB_WAIT, claim.waited_ms / 1000, claim.spec.priority)

    def ended(self, claim: Claim, outcome: str, ran_s: float, problem: str = "") -> None:
        """An attempt ended, one of ``OUTCOMES``, with that problem if it failed."""
        self._meters.count(f.ATTEMPTS, bounded(outcome, OUTCOMES))
        self._meters.observe(f.JOB_RUN, ran_s, claim.spec.priority)
        if problem and outcome in {"failed", "retry", "stalled", "expired"}:
            self._meters.count(f.ATTEMPT_PROBLEMS, bounded(problem, PROBLEM_TYPES))
        if outcome == "lost":
            self._meters.count(f.LEASES_LOST)

    @contextmanager
    def timed(self, family: Family) -> Iterator[None]:
        """Time a block that succeeds: ``DECODE`` or ``ENCODE``."""
        began = time.monotonic()
        yield
        self._meters.observe(family, time.monotonic() - began)

    def delivered(self, outcome: str) -> None:
        """An attempt at a webhook ended."""
        self._meters.count(f.WEBHOOKS, bounded(outcome, DELIVERIES))

    def reclaimed(self, jobs: int) -> None:
        """Leases that had lapsed were taken back."""
        self._meters.count(f.RECLAIMED, by=jobs)


class _Versions(Collector):
    def __init__(self, ask: Callable[[], list[Version]]) -> None:
        self._ask = ask

    def describe(self) -> list[Metric]:
        return [GaugeMetricFamily(f.MODEL_INFO.name, f.MODEL_INFO.text, labels=f.MODEL_INFO.labels)]

    def collect(self) -> list[Metric]:
        (told,) = self.describe()
        assert isinstance(told, GaugeMetricFamily)
        for model, version, digest, share in self._ask():
            told.add_metric((model, version, digest[:12], f"{share:g}"), 1.0)
        return [told]
