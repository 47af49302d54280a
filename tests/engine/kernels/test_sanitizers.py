"""The parity cases once more, in a process of their own, with the kernels watched by ASan and UBSan."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.kernels.launches import KERNELS_DIR
from tests.engine.kernels.compiled import SANITIZERS, SOURCES, build, missing_tool, require_compiler

TESTS = Path(__file__).parent
PARITY = tuple(sorted(TESTS.glob("test_*_kernel*.py")))


def asan_runtime() -> str:
    """The library that Python must be started with: GCC's. Clang keeps its own elsewhere, if it has one."""
    command = require_compiler()
    version, runtime = (
        subprocess.run((*command, question), capture_output=True, text=True, check=True).stdout.strip()
        for question in ("--version", "-print-file-name=libasan.so")
    )
    if "clang" in version or not Path(runtime).is_absolute():
        missing_tool(f"the sanitizers need g++ with its libasan.so; received {version.splitlines()[0]}")
    return runtime


def run_watched(library: Path, files: tuple[Path, ...], only: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on the files; the tests of 65,539 rows are left out, which visit no other memory and take minutes."""
    environment = {
        **os.environ,
        "PACKSHOT_TEST_KERNELS": str(library),
        "LD_PRELOAD": asan_runtime(),
        "ASAN_OPTIONS": "detect_leaks=0",  # Python keeps what it allocates
    }
    options = ("-x", "-s", "-p", "no:cacheprovider", f"--confcutdir={TESTS}", "-k", only)
    command = (sys.executable, "-m", "pytest", *options, *map(str, files))
    return subprocess.run(command, env=environment, cwd=TESTS.parents[2], capture_output=True, text=True, check=False)


@pytest.mark.timeout(600)
def test_no_kernel_touches_memory_that_is_not_its_own_or_computes_what_is_undefined():
    asan_runtime()
    run = run_watched(build(SOURCES, SANITIZERS), PARITY, "not more_")
    assert run.returncode == 0, (run.stdout + run.stderr)[-6000:]
    assert " passed" in run.stdout, run.stdout


PLANTED = [
    ("pack_tiles", "unit.slot_x + column;", "unit.slot_x + column + 1;", "heap-buffer-overflow"),
    ("pack_tiles", "(beyond ? 4 : 0) <=", "0 <=", "heap-buffer-overflow"),  # reads, and throws away
    ("unpack_tiles", "int count = min(4, unit.width - column)", "int count = 4", "heap-buffer-overflow"),
    ("pack_tiles", "(u64)target % sizeof(Four<T>) == 0", "true", "misaligned address"),
]


@pytest.mark.parametrize(("kernel", "right", "wrong", "verdict"), PLANTED, ids=lambda value: str(value)[:24])
@pytest.mark.timeout(600)
def test_a_planted_mistake_is_found(tmp_path, kernel, right, wrong, verdict):
    asan_runtime()
    folder = tmp_path / "planted"
    folder.mkdir()
    planted = 0
    for name in (f"{kernel}.cu", "packshot.cuh"):  # beside the file, the changed header goes before the real one
        text = (KERNELS_DIR / name).read_text()
        planted += text.count(right)
        (folder / name).write_text(text.replace(right, wrong))
    assert planted == 1, f"{right!r} stands in the sources {planted} times"
    library = build((folder / f"{kernel}.cu",), SANITIZERS)
    run = run_watched(library, (TESTS / f"test_{kernel}_kernel.py",), "not more_")
    assert run.returncode != 0
    assert verdict in run.stdout + run.stderr, (run.stdout + run.stderr)[-6000:]
