"""A run over the faults: whatever fails, of a fault or of what is held at the end, is an outcome like the others."""

from pathlib import Path
from typing import Any

import pytest

from tests.faults import runs, tables
from tests.faults.catalogue import Fault
from tests.faults.runs import AGAIN, Outcome, Run


class Place:
    """An installation in name only. One that `is_spoilt` holds nothing that is looked at again."""

    is_spoilt = False
    opened: list["Place"]

    def __init__(self, folder: Path, _: object) -> None:
        self.folder, self.is_open = folder, True
        self.opened.append(self)

    def __enter__(self) -> "Place":
        return self

    def __exit__(self, *_: object) -> None:
        self.is_open = False

    def next_fault(self) -> None:
        assert self.is_open

    def recovered(self) -> float:
        return 1.5

    def check(self, *, again: bool = False) -> None:
        if again and self.is_spoilt:
            raise AssertionError("a result is gone")


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> type[Place]:
    monkeypatch.setattr(runs, "Installation", Place)
    monkeypatch.setattr(Place, "opened", [], raising=False)
    return Place


def fail(_: Any) -> None:
    raise AssertionError("not as promised")


GOOD = Fault("1", "nothing", "nothing", lambda _: None)
BAD = Fault("2", "all", "nothing", fail)
BAD_ALONE = Fault("3", "all", "nothing", fail, {"PACKSHOT_THREADS": "1"})


def run(tmp_path: Path, *faults: Fault) -> list[Outcome]:
    return list(Run(tmp_path).outcomes(faults, lambda _: None))


def test_what_a_later_fault_has_spoilt_is_the_last_row_of_the_table(
    place: type[Place], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert [(one.fault, one.problem, one.recovery_s) for one in run(tmp_path, GOOD)] == [
        (GOOD, "", 1.5),
        (AGAIN, "", None),
    ]
    monkeypatch.setattr(place, "is_spoilt", True)
    outcomes = run(tmp_path, GOOD)
    assert [one.problem for one in outcomes] == ["", "AssertionError: a result is gone"]
    assert "FAILED: AssertionError: a result is gone" in tables.markdown(outcomes)


def test_a_fault_that_fails_in_a_place_of_its_own_leaves_the_others_theirs(place: type[Place], tmp_path: Path) -> None:
    outcomes = run(tmp_path, GOOD, BAD_ALONE, GOOD)
    assert [bool(one.problem) for one in outcomes] == [False, True, False, False]
    assert len(place.opened) == 2


def test_a_fault_that_fails_among_others_takes_its_place_with_it(place: type[Place], tmp_path: Path) -> None:
    outcomes = run(tmp_path, GOOD, BAD, GOOD)
    assert [bool(one.problem) for one in outcomes] == [False, True, False, False]
    assert (len(place.opened), [one.is_open for one in place.opened]) == (2, [False, False])


def test_a_place_that_does_not_start_is_the_problem_of_its_fault(
    place: type[Place], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(place, "__enter__", fail)
    outcomes = run(tmp_path, GOOD, BAD_ALONE)
    assert [one.problem for one in outcomes] == ["AssertionError: not as promised"] * 2
