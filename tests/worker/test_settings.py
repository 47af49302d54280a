"""What a worker takes for itself when nobody says."""

import os

import pytest

from jobs.errors import SettingsError
from jobs.settings import read_settings
from jobs.spec.review import Review
from worker.settings import WorkerSettings, read_all_settings


@pytest.fixture
def settings(tmp_path):
    return read_settings(WorkerSettings, redis_url="redis://127.0.0.1:1", data_dir=tmp_path)


def test_the_threads_are_counted_by_the_cores_this_process_may_use(settings, monkeypatch):
    monkeypatch.setattr(os, "cpu_count", lambda: 64)  # the machine's
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    assert settings.threads == 3


def test_the_pictures_held_at_once_are_bounded_by_the_memory_or_as_asked(settings, monkeypatch):
    monkeypatch.setattr("worker.settings.usable_memory_bytes", lambda: 4_000_000_000)
    assert settings.held_px == 100_000_000
    assert settings.model_copy(update={"max_held_megapixels": 7.5}).held_px == 7_500_000


def test_a_concurrency_that_was_asked_for_is_taken(settings):
    assert settings.model_copy(update={"concurrency": 7}).threads == 7


def test_the_operator_s_limits_of_the_review_are_json(monkeypatch):
    monkeypatch.setenv("PACKSHOT_REDIS_URL", "redis://127.0.0.1")
    monkeypatch.setenv("PACKSHOT_REVIEW", '{"cut_off": 0.05}')
    assert read_all_settings()[0].review == Review(cut_off=0.05)
    monkeypatch.setenv("PACKSHOT_REVIEW", '{"cut_of": 5}')
    with pytest.raises(SettingsError, match="PACKSHOT_REVIEW_CUT_OF"):
        read_all_settings()
