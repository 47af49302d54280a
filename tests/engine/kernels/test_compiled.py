"""Which compiler builds the kernels for the tests, and what happens without one."""

import sys
from importlib.machinery import ModuleSpec

import pytest

from tests.engine.kernels import compiled


@pytest.fixture
def machine(monkeypatch):
    """A machine with the named compilers and Python packages, and neither CI nor any demand."""
    for name in ("CXX", "CI", "PACKSHOT_REQUIRE_BACKENDS"):
        monkeypatch.delenv(name, raising=False)

    def make(*there: str) -> None:
        monkeypatch.setattr(compiled.shutil, "which", lambda name: f"/bin/{name}" if name in there else None)
        monkeypatch.setattr(
            compiled.importlib.util, "find_spec", lambda name: ModuleSpec(name, None) if name in there else None
        )
        compiled.compiler.cache_clear()

    yield make
    compiled.compiler.cache_clear()


def test_the_compiler_asked_for_goes_before_any_other(machine, monkeypatch):
    machine("g++", "clang++", "ziglang")
    monkeypatch.setenv("CXX", "ccache 'my c++'")
    assert compiled.compiler() == ("ccache", "my c++")


def test_gcc_goes_before_clang_and_clang_before_the_wheel(machine):
    machine("g++", "clang++", "ziglang")
    assert compiled.compiler() == ("/bin/g++",)
    machine("clang++", "ziglang")
    assert compiled.compiler() == ("/bin/clang++",)
    machine("ziglang")
    assert compiled.compiler()[:4] == (sys.executable, "-m", "ziglang", "c++")


def test_without_a_compiler_the_kernels_tests_are_skipped_and_say_why(machine):
    machine()
    with pytest.raises(pytest.skip.Exception, match="no C\\+\\+ compiler"):
        compiled.require_compiler()


@pytest.mark.parametrize("demand", ["CI", "PACKSHOT_REQUIRE_BACKENDS"])
def test_where_nothing_may_be_skipped_a_missing_compiler_is_a_failure(machine, monkeypatch, demand):
    machine()
    monkeypatch.setenv(demand, "1")
    with pytest.raises(pytest.fail.Exception, match="may not be skipped"):
        compiled.require_compiler()


def test_every_file_defines_the_kernels_that_its_module_launches():
    names = {source.stem: compiled.kernels_of(source) for source in compiled.SOURCES}
    assert {stem: len(kernels) for stem, kernels in names.items()} == {
        "composite": 2,
        "guided_matte": 1,
        "local_light": 1,
        "lut3d": 1,
        "pack_frames": 8,
        "pack_tiles": 8,
        "unpack_tiles": 8,
    }
