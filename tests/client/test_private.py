"""A stack for one run: where it lives, and that it goes with the run."""

import os
import subprocess
from pathlib import Path

import pytest

from packshot.stack.errors import StackError
from packshot.stack.folder import DataFolder
from packshot.stack.private import PrivateStack
from tests.waiting import until

from .conftest import LOCALLY, clean_environment, processes_of, spawn


def private_run(folder: Path, sample: Path, *operations: str, **environment: str) -> subprocess.Popen[str]:
    (folder / "data").mkdir()
    return spawn(
        "run", sample, *operations, "-o", folder / "out",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=clean_environment(PACKSHOT_DATA_DIR=str(folder / "data"), **environment),
    )  # fmt: skip


def test_without_a_server_a_private_one_does_the_run_and_leaves_nothing(sample, tmp_path):
    process = private_run(tmp_path, sample, *LOCALLY)
    said = process.communicate(timeout=100)[0]
    assert process.returncode == 0, said
    assert "private" in said
    assert (tmp_path / "out" / "mug.jpg").is_file()
    assert list((tmp_path / "data").iterdir()) == []


def test_a_killed_run_takes_its_private_server_along(sample, tmp_path):
    process = private_run(tmp_path, sample, *[word for _ in range(8) for word in ("--op", "restore")])
    folder: list[Path] = []

    def is_busy() -> bool:
        folder[:] = list((tmp_path / "data").glob("private-*"))
        return bool(folder) and set(processes_of(folder[0])) >= {"api", "worker", "redis"}

    until(is_busy)
    process.kill()
    process.communicate()
    until(lambda: processes_of(folder[0]) == {}, timeout_s=100)


def test_a_private_server_that_cannot_run_exits_4_with_the_reason(sample, tmp_path):
    process = private_run(tmp_path, sample, *LOCALLY, PACKSHOT_LOG_LEVEL="shouting")
    said = process.communicate(timeout=100)[0]
    assert process.returncode == 4
    assert "shouting" in said
    assert list((tmp_path / "data").iterdir()) == []


def test_a_private_server_takes_over_no_setting_of_a_shop_s_own(tmp_path, monkeypatch):
    environments = []

    class Popen:
        def __init__(self, *_command, env, **_more):
            environments.append(env)

        def poll(self):
            return 0

    monkeypatch.setattr("packshot.stack.private.subprocess.Popen", Popen)
    monkeypatch.setenv("PACKSHOT_DATA_DIR", str(tmp_path))
    for name in ("PUBLIC_URL", "REDIS_URL", "WAIT_REPLICAS", "HINT_BROKER", "JOBS_PER_DAY", "CONCURRENCY"):
        monkeypatch.setenv(f"PACKSHOT_{name}", "https://shop.example")
    monkeypatch.setenv("packshot_public_url", "https://shop.example")
    with PrivateStack({"PACKSHOT_CORS_ORIGINS": "https://shop.example"}):
        pass
    (taken,) = environments
    mine = {name for name, value in taken.items() if value == "https://shop.example"}
    assert mine == {"PACKSHOT_CONCURRENCY", "PACKSHOT_CORS_ORIGINS"}


@pytest.mark.parametrize("data", ["{file}/data", "~nobody-of-this-name/data"])
def test_a_private_stack_does_without_a_data_folder(tmp_path, monkeypatch, data):
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("PACKSHOT_DATA_DIR", data.format(file=tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    assert PrivateStack().folder.parent == tmp_path / "temporary"
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    with pytest.raises(StackError, match="PACKSHOT_DATA_DIR"):
        PrivateStack()


def test_what_a_killed_run_left_is_swept_and_what_lives_is_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("PACKSHOT_DATA_DIR", str(tmp_path))
    dead, young, living = (tmp_path / f"private-{name}" for name in ("dead", "young", "living"))
    for folder in (dead, young, living):
        folder.mkdir()
    with DataFolder(living).held():
        os.utime(dead, (0, 0))
        os.utime(living, (0, 0))
        made = PrivateStack().folder
    assert set(tmp_path.iterdir()) == {young, living, made}
