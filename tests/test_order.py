"""`make test` begins with the files that take longest."""

from pathlib import Path
from types import SimpleNamespace

from tests.conftest import LONGEST, pytest_collection_modifyitems

ROOT = Path(__file__).parents[1]


def test_every_file_that_is_named_is_there() -> None:
    assert [path for path in LONGEST if not (ROOT / path).is_file()] == []


def test_the_longest_come_first_and_the_others_stay_in_their_order() -> None:
    others = ["tests/api/test_b.py::test_2", "tests/api/test_a.py::test_1", "tests/api/test_b.py::test_1"]
    longest = [f"{path}::test[::1]" for path in LONGEST]
    items = [SimpleNamespace(nodeid=nodeid) for nodeid in [*others, *reversed(longest)]]
    pytest_collection_modifyitems(items)  # type: ignore[arg-type]
    assert [item.nodeid for item in items] == [*longest, *others]


def test_processes_are_given_files_in_that_order() -> None:
    (command,) = (line for line in (ROOT / "Makefile").read_text().splitlines() if "--dist=loadfile" in line)
    assert "--no-loadscope-reorder" in command  # otherwise by the number of tests, a whole service's one test last
