"""The batches of the last minute."""

from dataclasses import replace

from engine.observing import BatchEvent
from worker.recent import RecentBatches

EVENT = BatchEvent(
    model="restore", version="6", backend="fake", slots=2, units=2, works=2, fill=0.9, reason="full",
    core_px=6_000_000, started=100.0, ended=100.5, device_s=0.5, waits_ms=(), tags=(),
)  # fmt: skip


def test_a_batch_counts_for_a_minute_and_a_failed_one_never() -> None:
    recent = RecentBatches(began=0.0)
    recent.batch_ended(EVENT)
    recent.batch_ended(replace(EVENT, ended=130.0, core_px=12_000_000, reason="idle"))
    recent.batch_ended(replace(EVENT, ended=130.0, error="UnitFailed"))
    assert recent.summary(140.0) == {"megapixels_per_s": 0.3, "flush_reasons": {"full": 1, "idle": 1}}
    assert recent.summary(165.0) == {"megapixels_per_s": 0.2, "flush_reasons": {"idle": 1}}
    assert recent.summary(500.0) == {"megapixels_per_s": 0.0, "flush_reasons": {}}


def test_a_worker_that_just_began_is_measured_by_the_time_it_has_had() -> None:
    recent = RecentBatches(began=98.0)
    recent.batch_ended(EVENT)
    assert recent.summary(101.0)["megapixels_per_s"] == 2.0
