"""The type check against the real bindings, without them: what it mends, and that it would notice a miss.

`make check-tensorrt` runs it whole, on wheels that it fetches.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.engine.backends.tensorrt.real_bindings.check import MISTAKES, compare_with_promise
from tests.engine.backends.tensorrt.real_bindings.likeness import find_differences
from tests.engine.backends.tensorrt.real_bindings.repair import repair

LINES = MISTAKES.read_text().splitlines()


def complaints_about(major: str) -> list[str]:
    """What mypy would say if it found every mistake that is one in this version."""
    wrong = [at for at, line in enumerate(LINES, 1) if "# wrong in" in line and major in line.split("# wrong in")[1]]
    return [f"mistakes.py:{at}: error: wrong  [misc]" for at in wrong]


@pytest.mark.parametrize("version", ["10.16", "11.4"])
def test_a_check_that_finds_all_planted_mistakes_and_no_other_is_as_promised(version: str) -> None:
    assert compare_with_promise(version, complaints_about(version.split(".", maxsplit=1)[0])) == []


def test_a_planted_mistake_that_is_not_reported_is_a_fault() -> None:
    reported = [line for line in complaints_about("10") if "execute_async_v2" not in LINES[int(line.split(":")[1]) - 1]]
    (missed,) = compare_with_promise("10.16", reported)
    assert missed.startswith("missed: context.execute_async_v2")


def test_a_complaint_about_what_is_right_is_a_fault() -> None:
    extra = "mistakes.py:1: error: wrong  [misc]"
    assert compare_with_promise("11.4", [*complaints_about("11"), extra]) == [extra]


def test_what_11_removed_is_planted_for_11_alone() -> None:
    only = [line for line in LINES if "# wrong in 11:" in line]
    assert any("BuilderFlag.FP16" in line for line in only)
    assert any("without_device_memory" in line for line in only)


def test_a_generated_stub_is_mended_into_valid_python() -> None:
    mended = repair(
        "import numpy\n"
        "class Config:\n"
        "    error_recorder: ...\n"
        "    def f(self, in: str, path: str = None, size: int, *args) -> bool:\n"
        "        '''docs'''\n"
        "    def g(self, stat: Stat = <Stat.A: 0>) -> ...:\n"
        "        ...\n"
        "    @property\n"
        "    def LENGTH() -> int:\n"
        "        ...\n"
        "class IHostMemory:\n"
        "    def __init__(self) -> None:\n"
        "        ...\n"
        "bool: DataType\n"
    )
    ast.parse(mended)
    for expected in (
        "def f(self, in_: str, path: str=None, size: int=..., *args) -> builtins.bool:",
        "def g(self, stat: Stat=...) -> typing.Any:",
        "error_recorder: typing.Any",
        "def LENGTH(self) -> int:",
        "def __buffer__(self, flags: int) -> memoryview:",
        "bool: DataType",
        "__version__: str",
    ):
        assert expected in mended


def test_a_stand_in_that_offers_what_the_bindings_lack_is_found(tmp_path: Path) -> None:
    stub = (
        "class Base:\n    def shared(self, name: str) -> None: ...\n"
        "class Config(Base):\n"
        "    def set(self, pool: int, pool_size: int) -> None: ...\n"
        "    @typing.overload\n    def shape(self, a: int) -> None: ...\n"
        "    @typing.overload\n    def shape(self, name: str, b: int) -> None: ...\n"
        "class Flag:\n    TF32: typing.ClassVar[Flag]\n"
    )
    standin = tmp_path / "standin.py"
    standin.write_text(
        "class Config:\n"
        "    def set(self, pool, size): ...\n"
        "    def shape(self, name, b): ...\n"
        "    def shared(self, name): ...\n"
        "    def gone(self): ...\n"
        "class Flag(Enumeration):\n    TF32 = 1\n    FP16 = 2\n"
        "class Ours:\n    def anything(self): ...\n"
    )
    assert find_differences(stub, [standin]) == [
        "Config.set(self, pool, size): the bindings have [['self', 'pool', 'pool_size']]",
        "Config.gone is not in the bindings",
        "Flag.FP16 is not in the bindings",
    ]
