"""Checks engine/backends/tensorrt against the real TensorRT bindings of each version, and that the check has teeth.

    python -m tests.engine.backends.tensorrt.real_bindings.check --cache FOLDER

`mistakes.txt` is a module full of planted mistakes: names that a version removed, misspelt arguments, wrong types. Each
must be reported, for just the versions it says, and nothing else may be. The tests' stand-in may offer nothing that the
bindings lack, and our classes that derive from theirs are made and called upon the real module.

Exit codes: 0 all is well; 1 it is not.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.engine.backends.tensorrt.real_bindings.likeness import find_differences
from tests.engine.backends.tensorrt.real_bindings.stubs import Bindings, make_bindings

VERSIONS = ("10.16", "11.4")
REPOSITORY = Path(__file__).parents[5]
PACKAGE = REPOSITORY / "engine" / "backends" / "tensorrt"
STANDIN = Path(__file__).parents[1] / "standin"
MISTAKES = Path(__file__).with_name("mistakes.txt")

_CONFIGURATION = """\
[mypy]
python_version = 3.11
strict = true
follow_imports = silent
explicit_package_bases = true
cache_dir = {cache}

# In the stubs: what the generator could not know, about parts that we do not use.
[mypy-tensorrt]
ignore_errors = true

[mypy-pycuda.*,cuda.*,cv2.*,onnxruntime.*]
ignore_missing_imports = true
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, required=True, help="for wheels and stubs")
    cache = parser.parse_args().cache
    faults = 0
    for version in VERSIONS:
        bindings = make_bindings(version, cache)
        folder = bindings.stubs
        complaints = run_mypy(folder, PACKAGE)
        print(f"TensorRT {version}: engine/backends/tensorrt: {len(complaints)} faults", *complaints, sep="\n  ")
        unlike = compare_with_promise(version, run_mypy(folder, MISTAKES))
        print(f"TensorRT {version}: planted mistakes: {'as promised' if not unlike else ''}", *unlike, sep="\n  ")
        strange = find_differences((folder / "tensorrt.pyi").read_text(), STANDIN.glob("*.py"))
        print(f"TensorRT {version}: the tests' stand-in: {len(strange)} differences", *strange, sep="\n  ")
        broken = run_smoke_test(bindings)
        print(f"TensorRT {version}: our classes upon its own: {'alive' if not broken else ''}", *broken, sep="\n  ")
        faults += len(complaints) + len(unlike) + len(strange) + len(broken)
    return 1 if faults else 0


def run_smoke_test(bindings: Bindings) -> list[str]:
    """Return what was wrong when `smoke.py` ran with the real module, whose libraries are empty."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.backends.tensorrt.real_bindings.smoke"],
        cwd=REPOSITORY,
        env=bindings.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return [] if done.returncode == 0 else [f"ended with {done.returncode}", *done.stderr.splitlines()[-5:]]


def run_mypy(stub_folder: Path, target: Path) -> list[str]:
    """Return mypy's errors, strictly, with `import tensorrt` meaning the stub."""
    with tempfile.TemporaryDirectory() as scratch:
        configuration = Path(scratch) / "mypy.ini"
        configuration.write_text(_CONFIGURATION.format(cache=stub_folder / ".mypy_cache"))
        source = target
        if target.is_file():
            source = Path(scratch) / "mistakes.py"
            source.write_bytes(target.read_bytes())
        done = subprocess.run(
            [sys.executable, "-m", "mypy", "--config-file", str(configuration), str(source)],
            cwd=REPOSITORY,
            env={"MYPYPATH": f"{stub_folder}:{REPOSITORY}", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode not in (0, 1):
        raise SystemExit(f"mypy ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return [line for line in done.stdout.splitlines() if ": error:" in line]


def compare_with_promise(version: str, complaints: list[str]) -> list[str]:
    """Return each planted mistake that was missed, and each complaint about a line that is right."""
    major = version.split(".", maxsplit=1)[0]
    lines = MISTAKES.read_text().splitlines()
    promised = {
        number
        for number, line in enumerate(lines, 1)
        if (match := re.search(r"# wrong in ([\d, ]+)", line)) and major in match[1].replace(",", " ").split()
    }
    reported = {int(line.split(":")[1]) for line in complaints}
    missed = [f"missed: {lines[number - 1].strip()}" for number in sorted(promised - reported)]
    return missed + [line for line in complaints if int(line.split(":")[1]) not in promised]


if __name__ == "__main__":
    sys.exit(main())
