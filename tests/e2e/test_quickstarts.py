"""What a newcomer copies from the quickstart runs as it stands: in a fresh environment, against a real stack."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.service import Service
from tests.tools import give_up, require

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "api" / "guide"
NO_INDEX = ("No matching distribution", "Could not find a version", "name resolution", "establish a new connection")
PICTURE = "photo-for-the-shop.jpg"


def blocks(page: Path, language: str) -> list[str]:
    """The code of one language on a page, in its order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("quickstart") / "service") as running:
        yield running


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's wheel, built from a copy: building leaves folders behind."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT / "client", folder / "client", ignore=shutil.ignore_patterns("build", "*.egg-info"))
    _pip("wheel", "--no-build-isolation", "--no-deps", "--no-index", folder / "client", "-w", folder)
    (built,) = folder.glob("packshot-*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh virtual environment that holds the wheel and what it needs, nothing else."""
    folder = tmp_path_factory.mktemp("fresh") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    _pip("--python", python, "install", "--no-compile", wheel)
    return python


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A folder with a photo in it, and nothing of ours on any path."""
    with Image.open(ROOT / "docs" / "samples" / "mug.jpg") as photo:
        photo.resize((photo.width // 3, photo.height // 3)).save(tmp_path / "photo.jpg")
    return tmp_path


def _pip(*arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode and any(sign in said for sign in NO_INDEX):
        give_up(f"no index has what the wheel needs: {said.strip().splitlines()[-1]}")
    assert done.returncode == 0, said


def _run(service: Service, desk: Path, *command: object) -> str:
    """Runs it as a newcomer would, the server and key being told by the environment."""
    told = json.loads((service.folder / "data" / "stack.json").read_text())
    own = {"PACKSHOT_URL": told["url"], "PACKSHOT_API_KEY": (service.folder / "data" / "dev-key").read_text().strip()}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PACKSHOT_", "PYTHON"))}
    done = subprocess.run(
        [*map(str, command)], cwd=desk, env=inherited | own, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _require_picture(desk: Path) -> None:
    with Image.open(desk / PICTURE) as picture:
        assert (picture.format, picture.width) == ("JPEG", 800)


def test_the_wheel_holds_the_client_alone_and_its_types(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if not name.startswith("packshot-")} == {"packshot"}
    assert "packshot/py.typed" in names
    metadata = zipfile.ZipFile(wheel).read(next(name for name in names if name.endswith("METADATA"))).decode()
    needed = re.findall(r"^Requires-Dist: ([a-z]+)", metadata, re.MULTILINE)
    assert sorted(needed) == ["click", "httpx", "pillow", "rich"]  # Pillow for contact sheets, an extra
    assert "# packshot" in metadata  # the README


def test_the_client_needs_nothing_of_the_server(python: Path, desk: Path) -> None:
    code = (
        "import importlib.util, pkgutil, packshot\n"
        "server = [name for name in ('api', 'jobs', 'worker', 'engine') if importlib.util.find_spec(name)]\n"
        "assert not server, server\n"
        "import packshot.cli\n"
        "print(packshot.__file__)\n"
    )
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([python, "-c", code], cwd=desk, env=inherited, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(python.parents[1])


@pytest.mark.parametrize("which", [0, 1], ids=["sync", "async"])
@pytest.mark.timeout(300)
def test_the_python_quickstart_runs_as_written(service: Service, python: Path, desk: Path, which: int) -> None:
    (desk / "quickstart.py").write_text(blocks(GUIDE / "quickstart.md", "python")[which])
    assert PICTURE in _run(service, desk, python, "quickstart.py")
    _require_picture(desk)


@pytest.mark.timeout(300)
def test_the_javascript_quickstart_runs_as_written(service: Service, desk: Path) -> None:
    node = require("node")
    (desk / "quickstart.mjs").write_text(blocks(GUIDE / "quickstart.md", "javascript")[0])
    _run(service, desk, node, "quickstart.mjs")
    _require_picture(desk)


@pytest.mark.parametrize("language", ["python", "javascript", "sh"])
def test_a_quickstart_has_ten_lines_at_most(language: str) -> None:
    for block in blocks(GUIDE / "quickstart.md", language):
        assert len([line for line in block.splitlines() if line]) <= 10, block


@pytest.mark.timeout(300)
def test_the_curl_quickstart_runs_as_written(service: Service, desk: Path) -> None:
    require("curl")
    (desk / "quickstart.sh").write_text(blocks(GUIDE / "quickstart.md", "sh")[1])
    _run(service, desk, "sh", "quickstart.sh")
    _require_picture(desk)


def test_the_shells_first_lines_tell_where_the_key_lies() -> None:
    told = blocks(GUIDE / "quickstart.md", "sh")[0]
    assert re.findall(r"^export (\w+)=", told, re.MULTILINE) == ["PACKSHOT_URL", "PACKSHOT_API_KEY"]


@pytest.mark.timeout(300)
def test_the_sdks_page_runs_block_after_block(service: Service, desk: Path) -> None:
    (desk / "blocks.json").write_text(json.dumps(blocks(GUIDE / "python-sdk.md", "python")))
    said = _run(service, desk, sys.executable, "-W", "error", Path(__file__).with_name("sdk_page.py"), "blocks.json")
    assert "/operations/0" in said
    assert "https://x/o" in said
    assert {"SKU-123.webp", "pictures.zip", "spring.zip"} <= {path.name for path in desk.iterdir()}


def test_the_sdks_page_is_rightly_typed(desk: Path, cache: pytest.Cache) -> None:
    """The blocks as one module, functions without annotations being checked as well. What mypy knows is kept."""
    (desk / "page.py").write_text("\n".join(blocks(GUIDE / "python-sdk.md", "python")))
    asked = ["--strict", "--allow-untyped-defs", "--allow-untyped-calls", "--check-untyped-defs", "page.py"]
    environment = {**os.environ, "MYPYPATH": str(ROOT / "client")}
    command = [sys.executable, "-m", "mypy", "--config-file=", "--cache-dir", str(cache.mkdir("sdk-page")), *asked]
    done = subprocess.run(command, cwd=desk, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
