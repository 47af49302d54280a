"""The kernels as the CPU runs them."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from engine.kernels.launches import Launch
from tests.engine.kernels.compiled import build, require_compiler, run


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test to build the kernels may wait long: the ziglang wheel compiles its C++ library before ours."""
    for item in items:
        if "launch_on_cpu" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def launch_on_cpu() -> Callable[[Launch], None]:
    """Runs a launch; the library is built once, or is the one that $PACKSHOT_TEST_KERNELS names."""
    if library := os.environ.get("PACKSHOT_TEST_KERNELS"):
        return partial(run, library=Path(library))
    require_compiler()
    return partial(run, library=build())
