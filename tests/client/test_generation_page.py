"""What docs/generation.md tells to type does what it says, but for training."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from engine.training.__main__ import parse
from jobs.spec import parse_spec

from .test_cli import packshot

PAGE = (Path(__file__).parents[2] / "docs" / "generation.md").read_text(encoding="utf-8")
SMALLER = {"-n 1000": "-n 3", "--size 1024": "--size 64", "-n 8": "-n 2 --size 64", "-n 4": "-n 2 --size 64"}
SMALLER |= {"-n 6": "-n 2 --size 64"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("packshot ")]

TRAININGS = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("packshot-train ")]


@pytest.fixture
def desk(making_up, tmp_path, monkeypatch, sample) -> Path:
    """A folder with small copies of the photos that the page speaks of, to work in."""
    monkeypatch.setenv("PACKSHOT_URL", making_up.url)
    monkeypatch.setenv("PACKSHOT_API_KEY", making_up.key)
    monkeypatch.chdir(tmp_path)
    for name, kind in (("photo", "mug"), ("other", "shoe"), ("liked", "lamp"), ("photos/dress/a", "bottle")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        with Image.open(sample.with_name(f"{kind}.jpg")) as photo:
            photo.thumbnail((256, 256))
            photo.save(tmp_path / f"{name}.jpg")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_makes_pictures(desk, command):
    for theirs, ours in SMALLER.items():
        command = command.replace(theirs, ours)
    words = shlex.split(command, comments=True)
    result = packshot(*words[1:])
    assert result.exit_code == 0, result.output
    assert list((desk / words[words.index("-o") + 1]).rglob("*-1.*g"))


def test_the_python_example_makes_pictures(desk):
    (example,) = blocks("python")
    smaller = example.replace("count=8", "count=2, size_px=64")
    said = subprocess.run([sys.executable, "-c", smaller], check=True, capture_output=True, text=True, timeout=100)
    assert len(said.stdout.splitlines()) == 2
    assert sorted(path.name for path in (desk / "out").iterdir()) == ["dress-0.jpg", "dress-1.jpg"]


def test_the_example_of_the_wire_is_a_spec():
    (spec,) = re.findall(r"-d '(.*)'", PAGE)
    assert parse_spec(spec.encode()).operations[0].op == "generate"


def test_the_example_about_a_photo_is_a_spec():
    (spec,) = re.findall(r"-F 'spec=(.*)'", PAGE)
    about_a_photo = {"input": {"upload": f"sha256:{'0' * 64}"}, **json.loads(spec)}
    assert parse_spec(json.dumps(about_a_photo).encode()).operations[0].op == "variations"


@pytest.mark.parametrize("command", TRAININGS)
def test_a_command_that_trains_is_one_that_there_is(command):
    assert parse(shlex.split(command, comments=True)[1:]).action


def test_the_line_of_a_data_set_has_the_fields_of_the_page(desk):
    packshot("augment", "photos", "-n", 1, "--size", 64, "-o", "out")
    (line,) = (desk / "out" / "pictures.jsonl").read_text().splitlines()
    (shown,) = blocks("json")
    assert list(json.loads(line)) == list(json.loads(shown))


def test_the_page_has_commands_to_try():
    assert len(COMMANDS) >= 9
    assert len(TRAININGS) >= 3
