"""All that is installed is what was looked at: locks with hashes, and nothing installed beside them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOCKS = ("serve.lock", "dev.lock", "api.lock", "worker.lock", "gpu.lock")  # build.lock, tensorrt.lock: a few each
OWN_CODE = ("-e . -e client", "-e .")
WITHOUT_HASHES = {
    ".venv-train": "torch comes from an index of the reader's choice, for a CPU or a GPU; nothing of it serves",
    ".venv-backends": "requirements/backends.txt pins versions: NVIDIA's wheels, to try the GPU's code without a GPU",
    ".venv-gpu": "the same, for a GPU machine",
    ".venv-peers": "other servers, to measure beside ours; nothing of them serves",
    "uv": "to write the locks themselves",
}


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_is_pinned_and_hashed(name: str) -> None:
    text = re.sub(r"\\\n\s*", " ", (ROOT / "requirements" / name).read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) > 20
    for line in lines:
        assert re.match(r"[\w.\[\]-]+==[\w.!+]+( ;|\s)", line), line[:80]
        assert "--hash=sha256:" in line, line[:80]
        assert not re.search(r"https?://|git\+|--index-url|--extra-index-url|--find-links|--trusted-host", line), line[
            :80
        ]


def test_what_serves_is_part_of_what_tests_it() -> None:
    pinned = [
        set(re.findall(r"^([\w.-]+==\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE)) for name in LOCKS
    ]
    assert pinned[0] <= pinned[1]


def test_nothing_is_installed_that_is_not_hashed() -> None:  # of docker/: tests/docker/test_images.py
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Makefile").read_text())
    for line in text.splitlines():
        if "pip" not in line or " install " not in line or line.lstrip().startswith("#"):
            continue
        wanted = line.partition(" install ")[2]
        own = "--no-deps" in wanted and any(wanted.rstrip().rstrip(";").endswith(code) for code in OWN_CODE)
        told = any(name in line for name in WITHOUT_HASHES)
        assert "--require-hashes -r requirements/" in wanted or own or told, line


def test_what_a_script_builds_is_hashed_before_it_is_built() -> None:
    scripts = list((ROOT / "requirements").glob("*.sh"))
    assert scripts
    for script in scripts:
        text = re.sub(r"\\\n\s*", " ", script.read_text())
        for line in (line for line in text.splitlines() if re.search(r"/pip\W+(download|install|wheel) ", line)):
            own = "--no-deps" in line and re.search(r'( \.| "\$venv"/wheels/\S+)$', line)  # what was checked already
            assert re.search(r'--require-hashes -r "\$lock"', line) or own, line
        assert re.search(
            r"^pycuda==\S+ \\\n +--hash=sha256:[0-9a-f]{64}\n$", (ROOT / "requirements/pycuda.lock").read_text()
        )


def test_what_has_no_hashes_is_pinned_at_least() -> None:
    lines = (ROOT / "requirements" / "backends.txt").read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert wanted
    assert [line for line in wanted if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def test_builds_bring_no_dependencies_of_their_own() -> None:
    own = [line for line in (ROOT / "Makefile").read_text().splitlines() if "-e ." in line]
    assert own
    assert all("--no-build-isolation" in line and "--no-deps" in line for line in own)
