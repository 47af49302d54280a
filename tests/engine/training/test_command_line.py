"""What the command line refuses without any network: words that cannot be meant, and packages that are not there."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from engine.training.__main__ import main, parse

ROOT = Path(__file__).parents[3]
TRAIN = ["train", "classifier", "--data", "x", "--out", "y"]


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("--steps", "0", "a whole number of steps, 1 or more"),
        ("--steps", "2.5", "a whole number of steps, 1 or more"),
        ("--validate-every", "0", "a whole number of steps, 1 or more"),
        ("--threads", "0", "a whole number, 1 or more"),
        ("--seed", "-1", "a whole number, 0 or more"),
        ("--learning-rate", "0", "a number over 0"),
        ("--learning-rate", "nan", "a number over 0"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(
    option: str, value: str, allowed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refusal:
        main([*TRAIN, f"{option}={value}"])
    assert refusal.value.code == 2
    assert f"argument {option}: must be {allowed}, got '{value}'" in capsys.readouterr().err


@pytest.mark.parametrize("version", ["winter", "1-beta", "1.2", "-1", "²", ""])
@pytest.mark.parametrize("command", ["generator --data x --out y", "export restore --run x"])
def test_a_version_that_no_folder_of_weights_could_end_with_is_refused(
    command: str, version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([*command.split(), f"--model-version={version}"])
    told = capsys.readouterr().err
    assert f"argument --model-version: must be digits alone, such as 2, got {version!r}" in told


@pytest.mark.parametrize("missing", ["torch", "matplotlib"])
def test_a_package_of_the_extra_that_is_missing_is_named(missing: str, tmp_path: Path) -> None:
    words = [*TRAIN] if missing == "torch" else ["plot", "--run", str(tmp_path), "--out", "x.png"]
    script = f"import sys; sys.modules[{missing!r}] = None; from engine.training.__main__ import main; main({words})"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == f"packshot-train: this command needs {missing}: pip install 'packshot-server[train]'\n"


def test_a_folder_without_photos_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dataset", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"packshot-train: {tmp_path / 'none'} is not a folder; needed: FOLDER/<category>/")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("photos", "told"),
    [
        ([], "photos is not a folder; needed: FOLDER/<category>/"),
        (["1.jpg", "2.jpg"], "photos holds 2 photos outside a category folder, and no other; needed: FOLDER/"),
        (["rings/1.jpg", "bags/2.jpg"], "photos holds 2 pictures (categories: 2); needed: 30 or more"),
        ([f"rings/{number}.jpg" for number in range(40)], "photos holds 40 pictures (categories: 1)"),
    ],
)
def test_photos_that_no_generator_can_learn_from_are_refused_before_torch_is_imported(
    photos: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("torch", "engine.training.ranks"):
        monkeypatch.setitem(sys.modules, name, None)
    for name in photos:
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert main(["generator", "--data", str(tmp_path / "photos"), "--out", str(tmp_path / "runs")]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("out", ["runs", "rings/runs", "", "../photos/x/../runs"])
def test_a_generators_folder_amid_its_photos_is_refused(
    out: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = tmp_path / "photos"
    for place in range(40):
        path = photos / ("rings", "bags")[place % 2] / f"{place}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert main(["generator", "--data", str(photos), "--out", str(photos / out)]) == 2
    assert f"lies in {photos}, and sheets made there would be photos" in capsys.readouterr().err
    assert {path.name for path in photos.iterdir()} == {"rings", "bags"}


def test_developers_see_where_an_error_was_raised(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="0 versions of restore"):
        main(["--traceback", "time", "restore", "--weights", str(tmp_path)])
    assert main(["time", "restore", "--weights", str(tmp_path)]) == 2


def test_a_command_is_kept_as_it_can_be_given_again(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["train", "classifier", "--data", "my photos", "--out", "y"]
    assert parse(words).command_line == "packshot-train train classifier --data 'my photos' --out y"
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert parse(words).command_line.startswith("torchrun --nproc-per-node 4 -m engine.training train classifier ")


def test_what_one_process_did_is_told_without_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    for words in ("compare --data x --teacher y --runs ours=z", "export generator --run x"):
        assert parse(words.split()).command_line == f"packshot-train {words}"
    assert parse(["generator", "--data", "x", "--out", "y"]).command_line.startswith("torchrun ")


def test_the_installed_command_is_the_modules() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    assert scripts["packshot-train"] == "engine.training.__main__:main"
