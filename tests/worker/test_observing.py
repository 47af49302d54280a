"""What a worker counts: real jobs over the fake engine, and events as the engine tells them."""

import numpy as np
import pytest

from engine import BatchEvent, Engine
from engine.batching.facts import FLUSH_REASONS
from engine.settings import EngineSettings
from jobs.problems import make_problem
from worker.observing import OUTCOMES, WorkerMetrics
from worker.tasks import attempt_next_job


def event(**changed):
    facts = {
        "model": "restore", "version": "5", "backend": "fake", "slots": 4, "units": 7, "works": 3, "fill": 0.75,
        "reason": "full", "core_px": 2_000_000, "started": 1.0, "ended": 1.5, "device_s": 0.5,
        "waits_ms": (10.0, 20.0), "tags": (), "error": None,
    }  # fmt: skip
    return BatchEvent(**{**facts, **changed})


@pytest.fixture
def metrics():
    return WorkerMetrics()


def test_a_batch_is_counted_by_model_version_and_reason(metrics):
    get = metrics.registry.get_sample_value
    metrics.batch_ended(event())
    metrics.batch_ended(event(reason="idle", waits_ms=()))
    version = {"model": "restore", "version": "5"}
    assert get("packshot_batches_total", {**version, "reason": "full"}) == 1
    assert get("packshot_batches_total", {**version, "reason": "idle"}) == 1
    assert get("packshot_device_seconds_total", version) == 1.0
    assert get("packshot_megapixels_total", version) == 4.0
    assert get("packshot_batch_slots_sum", {"model": "restore"}) == 8
    assert get("packshot_batch_fill_ratio_sum", {"model": "restore"}) == 1.5
    assert get("packshot_unit_wait_seconds_count", {"model": "restore"}) == 2
    assert get("packshot_unit_wait_seconds_sum", {"model": "restore"}) == pytest.approx(0.03)


def test_a_failed_batch_kept_the_device_busy_and_made_no_megapixels(metrics):
    get = metrics.registry.get_sample_value
    metrics.batch_ended(event(error="MemoryError"))
    version = {"model": "restore", "version": "5"}
    assert get("packshot_batch_failures_total", version) == 1
    assert get("packshot_device_seconds_total", version) == 0.5
    assert get("packshot_megapixels_total", version) is None
    assert get("packshot_batches_total", {**version, "reason": "full"}) is None


def test_outcomes_that_nobody_knows_are_one_row(metrics, workshop, client):
    client.submit()
    claim = workshop.store.claim("hand")
    for strange in ("exploded", "imploded"):
        metrics.ended(claim, strange, 0.1)
    metrics.delivered("eaten by a dog")
    assert metrics.registry.get_sample_value("packshot_attempts_total", {"outcome": "other"}) == 2
    assert metrics.registry.get_sample_value("packshot_webhooks_total", {"outcome": "other"}) == 1


def test_a_job_that_succeeds_is_told_with_its_times(workshop, drain, client):
    get = workshop.metrics.registry.get_sample_value
    client.submit()
    assert attempt_next_job(workshop, drain)
    assert get("packshot_attempts_total", {"outcome": "succeeded"}) == 1
    assert get("packshot_job_wait_seconds_count", {"class": "interactive"}) == 1
    assert get("packshot_job_run_seconds_count", {"class": "interactive"}) == 1
    assert 0 < get("packshot_job_run_seconds_sum", {"class": "interactive"}) < 120
    assert get("packshot_decode_seconds_count") == 1
    assert get("packshot_encode_seconds_count") == 1
    assert get("packshot_attempts_total", {"outcome": "failed"}) == 0


def test_a_photo_that_cannot_be_read_is_told_by_its_problem(workshop, drain, client):
    get = workshop.metrics.registry.get_sample_value
    client.submit(photo=b"\x89PNG\r\n\x1a\nnothing behind the signature")
    assert attempt_next_job(workshop, drain)
    assert get("packshot_attempts_total", {"outcome": "failed"}) == 1
    told = [
        (sample.labels["type"], sample.value)
        for family in workshop.metrics.registry.collect()
        if family.name == "packshot_attempt_problems"
        for sample in family.samples
    ]
    assert len(told) == 1
    assert told[0][0].startswith("image-") or told[0][0] == "unsupported-image"
    assert get("packshot_decode_seconds_count") == 0


def test_a_lost_lease_is_counted(workshop, client):
    client.submit()
    claim = workshop.store.claim("hand")
    workshop.metrics.ended(claim, "lost", 3.0, "lease-lost")
    get = workshop.metrics.registry.get_sample_value
    assert get("packshot_leases_lost_total") == 1
    assert get("packshot_attempts_total", {"outcome": "lost"}) == 1


def test_what_is_loaded_and_held_is_told_at_each_scrape(metrics):
    held, share = [0], [1.0]
    metrics.follow(lambda: held[0], lambda: [("restore", "5", "ab" * 32, share[0]), ("cutout", "2", "cd" * 32, 1.0)])
    get = metrics.registry.get_sample_value
    labels = {"model": "restore", "version": "5", "digest": "abababababab", "share": "1"}
    assert get("packshot_model_info", labels) == 1
    assert get("packshot_held_megapixels") == 0
    held[0], share[0] = 12_000_000, 0.95
    assert get("packshot_held_megapixels") == 12
    assert get("packshot_model_info", {**labels, "share": "0.95"}) == 1
    assert get("packshot_model_info", labels) is None


def test_an_engine_tells_its_batches_to_the_metrics(metrics):
    with Engine.start(EngineSettings(backend="fake"), observers=(metrics,)) as engine:
        facts = engine.submit("restore", np.zeros((40, 30, 4), np.uint8)).result(30).facts
    told = {
        reason: metrics.registry.get_sample_value(
            "packshot_batches_total", {"model": "restore", "version": facts.version, "reason": reason}
        )
        for reason in FLUSH_REASONS
    }
    assert {reason: many for reason, many in told.items() if many} == facts.flush_reasons


def test_problems_have_a_row_only_where_the_attempt_failed_of_them(metrics, workshop, client):
    client.submit()
    claim = workshop.store.claim("hand")
    metrics.ended(claim, "retry", 0.2, make_problem("storage", "full").type)
    metrics.ended(claim, "succeeded", 0.2)
    get = metrics.registry.get_sample_value
    assert get("packshot_attempt_problems_total", {"type": "storage"}) == 1
    assert sum(get("packshot_attempts_total", {"outcome": outcome}) for outcome in OUTCOMES) == 2
