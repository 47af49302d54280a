"""A catalogue on a whole service whose worker is killed twice: every row ends, broken ones explained, nothing twice."""

from pathlib import Path

import pytest

from benchmarks import catalogue_run


@pytest.mark.timeout(300)
def test_a_batch_survives_two_sigkills_of_its_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_run, "ROWS", 160)
    monkeypatch.setattr(catalogue_run, "TWINS", 20)
    monkeypatch.setattr(catalogue_run, "KILLS_AT", (0.2, 0.4))  # of all rows, some of which are broken: early enough
    (shown,) = catalogue_run.measure(tmp_path)
    assert (shown["rows"], shown["succeeded"], shown["explained"]) == (160, 110, 50)
    assert (shown["told_before"], shown["kills"], shown["done_twice"]) == (40, 2, 0)
    assert shown["jobs"] == 100  # 90 photos that differ, and 10 that cannot be read
