"""worker/blas.py: NumPy's products in one thread."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from worker.blas import VARIABLE

_THREADS_AFTER_A_PRODUCT = """
import os
from worker.blas import take_one_thread
{call}
import numpy
numpy.ones((700, 700)) @ numpy.ones((700, 700))
print(len(os.listdir("/proc/self/task")), os.environ.get("OPENBLAS_NUM_THREADS"))
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="counts its threads as Linux shows them")
def test_numpy_multiplies_in_the_calling_thread_alone_once_told():
    assert _run("take_one_thread()", {}) == ["1", "1"]


def test_what_the_environment_says_is_left_alone():
    assert _run("take_one_thread()", {VARIABLE: "3"})[1] == "3"


def test_the_worker_says_so_before_it_imports_numpy():
    script = (
        "import runpy, sys, types\n"
        "stand_in = types.ModuleType('worker.start')\n"
        "import os\n"
        f"stand_in.main = lambda: print('numpy' in sys.modules, os.environ.get({VARIABLE!r}))\n"
        "sys.modules['worker.start'] = stand_in\n"
        "runpy.run_module('worker', run_name='__main__')\n"
    )
    assert _python(script, {}) == ["False", "1"]


def _run(call: str, settings: dict[str, str]) -> list[str]:
    return _python(_THREADS_AFTER_A_PRODUCT.format(call=call), settings)


def _python(script: str, settings: dict[str, str]) -> list[str]:
    names = (VARIABLE, "OMP_NUM_THREADS", "GOTO_NUM_THREADS")
    environ = {name: value for name, value in os.environ.items() if name not in names}
    found = subprocess.run([sys.executable, "-c", script], env=environ | settings, capture_output=True, check=True)
    return found.stdout.decode().split()
