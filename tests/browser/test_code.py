"""What "copy as code" puts on the clipboard is run as it is, and makes the same bytes again."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.browser.desk import Desk
from tests.client.conftest import RunningUp
from tests.tools import require


def _copied(desk: Desk, job: dict[str, Any], language: str) -> str:
    desk.go(f"#/job/{job['id']}")
    panel = desk.page.locator(".code-panel")
    panel.get_by_role("tab", name=language, exact=True).click()
    desk.button("code.copy", panel, what=language).click()
    return str(desk.page.evaluate("() => navigator.clipboard.readText()"))


def _run(command: list[str], folder: Path, stack: RunningUp) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PACKSHOT_")}
    done = subprocess.run(
        command,
        cwd=folder,
        env=kept | {"PACKSHOT_API_KEY": stack.key},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def folder(photos: Path, tmp_path: Path) -> Path:
    """Where somebody has the photo, under its name."""
    shutil.copy(photos / "shoe.jpg", tmp_path)
    return tmp_path


def test_the_copied_curl_makes_the_same_picture(
    desk: Desk, stack: RunningUp, listed: dict[str, Any], folder: Path
) -> None:
    (folder / "job.sh").write_text(_copied(desk, listed, "curl"))
    _run(["sh", "job.sh"], folder, stack)
    job = json.loads((folder / "job.json").read_text())
    assert job["state"] == "succeeded"
    assert job["outputs"][0]["sha256"] == listed["outputs"][0]["sha256"]
    assert job["spec"]["metadata"] == {"file": "shoe.jpg"}  # so that it has a name in the console


def test_the_copied_python_makes_the_same_picture(
    desk: Desk, stack: RunningUp, listed: dict[str, Any], folder: Path
) -> None:
    (folder / "job.py").write_text(_copied(desk, listed, "Python"))
    _run([sys.executable, "job.py"], folder, stack)
    (made,) = (folder / "results").glob("*.jpg")
    assert hashlib.sha256(made.read_bytes()).hexdigest() == listed["outputs"][0]["sha256"]


def test_the_copied_javascript_makes_the_same_picture(
    desk: Desk, stack: RunningUp, listed: dict[str, Any], folder: Path
) -> None:
    (folder / "job.mjs").write_text(_copied(desk, listed, "JavaScript"))
    _run([require("node"), "job.mjs"], folder, stack)
    made = (folder / "amazon-main.jpg").read_bytes()
    assert hashlib.sha256(made).hexdigest() == listed["outputs"][0]["sha256"]
