import os

import pytest

from engine.backends.cpus import usable_cpus


def write(folder, **files):
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_max", ".max")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


@pytest.fixture
def eight_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


@pytest.mark.parametrize(
    ("quota", "cores"),
    [("max 100000", 8), ("250000 100000", 3), ("50000 100000", 1), ("9900000 100000", 8), ("odd", 8)],
)
def test_a_version_2_quota_bounds_the_cores_of_the_affinity_mask(tmp_path, eight_cores, quota, cores):
    assert usable_cpus(write(tmp_path, cpu_max=quota)) == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", 8), ("200000", 2)])
def test_a_version_1_quota_is_honoured_too(tmp_path, eight_cores, quota, cores):
    folder = tmp_path / "cpu"
    folder.mkdir()
    (folder / "cpu.cfs_quota_us").write_text(quota)
    (folder / "cpu.cfs_period_us").write_text("100000")
    assert usable_cpus(tmp_path) == cores


def test_without_control_groups_the_affinity_mask_counts(tmp_path, eight_cores):
    assert usable_cpus(tmp_path) == 8
