"""The table of metrics: names as Prometheus wants them, and labels whose values are few."""

import re

import pytest

from jobs.metrics.families import FAMILIES, OF_WORKER
from jobs.metrics.meters import Meters

ALLOWED_LABELS = {
    *("class", "route", "backend", "state", "type", "outcome", "model", "version", "reason", "digest", "share"),
    *("method", "status", "answer", "kind"),
}


def test_every_name_is_told_once():
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names) > 30


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_a_family_follows_prometheus_rules_and_says_what_it_is(family):
    assert re.fullmatch(r"packshot_[a-z]+(_[a-z]+)*", family.name)
    assert family.name.endswith("_total") == (family.kind == "counter")
    assert family.text.endswith(".")
    assert len(family.text) > 15
    assert list(family.buckets) == sorted(set(family.buckets))
    assert bool(family.buckets) == (family.kind == "histogram")


def test_no_label_can_hold_a_job_or_a_tenant():
    assert {label for family in FAMILIES for label in family.labels} <= ALLOWED_LABELS


def test_meters_hold_what_is_counted_and_begin_at_nothing():
    meters = Meters(OF_WORKER)
    attempts = next(family for family in OF_WORKER if family.name == "packshot_attempts_total")
    meters.begin(attempts, "succeeded", "lost")
    assert meters.registry.get_sample_value("packshot_attempts_total", {"outcome": "lost"}) == 0
    meters.count(attempts, "lost", by=2)
    assert meters.registry.get_sample_value("packshot_attempts_total", {"outcome": "lost"}) == 2
    assert meters.registry.get_sample_value("process_resident_memory_bytes") > 1e6
