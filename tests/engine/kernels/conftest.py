"""The kernels as the CPU runs them."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from engine.kernels.launches import Launch
from tests.engine.kernels.compiled import build, require_compiler, run


@pytest.fixture(scope="session")
def launch_on_cpu() -> Callable[[Launch], None]:
    """Runs a launch; the library is built once, or is the one that $PACKSHOT_TEST_KERNELS names."""
    if library := os.environ.get("PACKSHOT_TEST_KERNELS"):
        return partial(run, library=Path(library))
    require_compiler()
    return partial(run, library=build())
