"""Memory is counted as the container has it, not the machine."""

import os

import pytest

from worker.memory import usable_memory_bytes


@pytest.fixture(autouse=True)
def eight_gib(monkeypatch):
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 2 << 20}.__getitem__)


@pytest.mark.parametrize(("limit", "expected"), [("max", 8 << 30), (str(1 << 30), 1 << 30), (str(64 << 30), 8 << 30)])
def test_a_control_group_bounds_the_machines_memory(tmp_path, limit, expected):
    (tmp_path / "memory.max").write_text(limit + "\n")
    assert usable_memory_bytes(tmp_path) == expected


def test_a_version_1_group_is_honoured_too(tmp_path):
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory/memory.limit_in_bytes").write_text(f"{2 << 30}\n")
    assert usable_memory_bytes(tmp_path) == 2 << 30


def test_without_control_groups_the_machines_memory_counts(tmp_path):
    assert usable_memory_bytes(tmp_path) == 8 << 30
