"""The fork server of the decoding children asks for huge pages; the worker itself does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_TUNABLES = "GLIBC_TUNABLES"
_WHAT_BOTH_WERE_TOLD = f"""
import os
from multiprocessing import forkserver
from pathlib import Path
from jobs.photos import PhotoLimits
from worker.decoding import Decoder
decoder = Decoder(PhotoLimits(max_pixels=1000), 30.0)
decoder.start()
server = Path("/proc", str(forkserver._forkserver._forkserver_pid), "environ").read_bytes().decode().split("\\0")
decoder.close()
print([told for told in server if told.startswith("{_TUNABLES}=")], os.environ.get("{_TUNABLES}"))
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="reads what a process was told as Linux shows it"
)


def told(settings):
    environ = {name: value for name, value in os.environ.items() if name != _TUNABLES}
    script = [sys.executable, "-c", _WHAT_BOTH_WERE_TOLD]
    return subprocess.run(script, env=environ | settings, capture_output=True, check=True).stdout.decode().strip()


def test_the_fork_server_alone_asks_for_huge_pages():
    assert told({}) == f"['{_TUNABLES}=glibc.malloc.hugetlb=1'] None"


def test_what_an_operator_told_the_c_library_stands():
    asked = "glibc.malloc.perturb=0"
    assert told({_TUNABLES: asked}) == f"['{_TUNABLES}={asked}'] {asked}"
