"""From a merchant's catalogue to weights that the service loads, by one command that may be killed on the way."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from engine.backends.torch.convert import convert
from engine.cards import load_cards, read_model
from engine.generation.facts import load_facts
from engine.training import export
from engine.training.__main__ import main, parse
from engine.training.arguments import WEIGHTS
from engine.training.cards import read_card, write_card
from engine.training.catalogue.origin import Origin, origin_of
from engine.training.catalogue.records import ITEMS_FILE
from engine.training.catalogue.report import REPORT_FILE
from engine.training.errors import ParityError
from engine.training.log import read_log
from engine.training.own_catalogue import clock, command
from engine.training.own_catalogue.clock import Clock, Leg
from engine.training.own_catalogue.stages import stages
from engine.training.recipes import RECIPES
from engine.training.trainer import schedule_of
from tests.engine.training.tiny_generator import shrink

pytestmark = [pytest.mark.train, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[3]
FAMILY = {"generator", "generator-encoder", "generator-critic", "generator-classifier"}
SHORT = ["--scale", "0.0001", "--threads", "1"]  # a step of each training, two of the generator's


def _curve(run: Path) -> list[dict[str, Any]]:
    return [{**entry, "wall_s": 0} for entry in read_log(run / "log.jsonl")]


def _kill_after_a_validation_of_the_generator(words: list[str], run: Path) -> None:
    program = [sys.executable, "-m", "tests.engine.training.tiny_generator"]
    with subprocess.Popen([*program, *words], cwd=ROOT) as process:
        while not (run / "last.pt").exists():
            assert process.poll() is None, "the command ended before it could be killed"
            time.sleep(0.02)
        process.kill()


@pytest.fixture(scope="module", autouse=True)
def _small() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        yield


@pytest.fixture(scope="module")
def made(catalogue_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command has made, killed once amid the generator's training and given again."""
    out = tmp_path_factory.mktemp("own")
    words = ["generator", "--data", str(catalogue_folder), "--out", str(out), "--licence", "CC0 1.0", *SHORT]
    _kill_after_a_validation_of_the_generator(words, out / "generator")
    assert [entry["step"] for entry in _curve(out / "generator")] == [1]
    assert not (out / "weights").exists()
    before = (out / "autoencoder" / "last.pt").stat().st_mtime_ns
    with redirect_stdout(io.StringIO()) as told, redirect_stderr(io.StringIO()) as warned:
        assert main(words) == 0
    assert "training 3 of 4, autoencoder: finished before, not done again" in told.getvalue()
    assert "going on from step 1 of 2" in told.getvalue()
    assert "warning: 7" in warned.getvalue()
    assert (out / "autoencoder" / "last.pt").stat().st_mtime_ns == before
    return out


def test_a_command_that_was_killed_goes_on_to_the_same_curve(
    made: Path, catalogue_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = parse(["generator", "--data", str(catalogue_folder), "--out", str(made), *SHORT])
    generator = stages(options, catalogue_folder, parse)[-1]
    words = generator.options.command_line.split()[1:]
    words[words.index("--out") + 1] = str(tmp_path)
    assert main(words) == 0
    assert [entry["step"] for entry in _curve(tmp_path)] == [1, 2]
    assert _curve(tmp_path) == _curve(made / "generator")
    assert "to train on" in capsys.readouterr().out


def test_the_service_loads_what_was_made(made: Path) -> None:
    cards = load_cards(made / "weights")
    assert set(cards) == FAMILY | set(load_cards(WEIGHTS))
    for card in cards.values():
        read_model(card)
    facts = load_facts(made / "weights" / "generator-1" / "facts.npz")
    assert facts.categories == ("box", "disc")
    assert len(facts.anomaly) == 101


@pytest.mark.parametrize("model", sorted(FAMILY))
def test_the_torch_backend_knows_every_operator_of_what_was_made(model: str, made: Path) -> None:
    convert(read_model(load_cards(made / "weights")[model]))


@pytest.mark.parametrize("model", sorted(FAMILY))
def test_what_was_made_can_be_timed(model: str, made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["time", model, "--weights", str(made / "weights"), "--threads", "1"]) == 0
    assert capsys.readouterr().out.startswith(f"{model}: best ")


def test_figures_measured_later_replace_those_in_the_card(made: Path) -> None:
    generator = made / "weights" / "generator-1"
    before = read_card(generator)["metrics"]
    write_card(generator, read_card(generator) | {"metrics": []})
    words = ["card", str(made / "figures.json"), "--of", "generator", "--weights", str(made / "weights")]
    assert main(words) == 0
    assert read_card(generator)["metrics"] == before


def test_the_cards_tell_the_licence_the_figures_and_every_training_before(made: Path) -> None:
    cards = {model: read_card(made / "weights" / f"{model}-1") for model in FAMILY}
    card = cards["generator"]
    assert [use["licence"] for use in card["data"]] == ["CC0 1.0"]
    assert card["licence"] == "its owner's"
    assert [each["model"] for each in card["training"]["before"]] == ["classifier", "autoencoder"]
    assert str(made) not in str(cards)
    metrics = {metric["name"]: metric for metric in card["metrics"]}
    assert set(metrics["frechet"]) == {"name", "set", "value", "interval", "baseline", "command"}
    assert set(metrics["frechet"]["baseline"]) == {"other photos"}
    assert [metric["name"] for metric in cards["generator-encoder"]["metrics"]] == ["psnr_db", "ssim"]
    assert cards["generator-classifier"]["training"]["command"].startswith("packshot-train train classifier ")


def test_what_is_done_is_not_done_again(
    made: Path, catalogue_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        raise AssertionError("measured or exported again")

    for name in ("compare_runs", "export_generator"):
        monkeypatch.setattr(command, name, refuse)
    assert main(["generator", "--data", str(catalogue_folder), "--out", str(made), *SHORT]) == 0
    told, warned = capsys.readouterr()
    assert "train longer (a larger --scale), or look at the photos" in warned
    assert [line.split(": ")[1] for line in told.splitlines() if line.startswith("training ")] == [
        "finished before, not done again"
    ] * 4
    assert f"PACKSHOT_WEIGHTS_DIR={(made / 'weights').resolve()} packshot up" in told


def test_figures_that_were_cut_short_count_as_not_made(tmp_path: Path) -> None:
    (tmp_path / "best.pt").touch()
    (tmp_path / "figures.json").touch()
    assert not command._is_newer(tmp_path / "figures.json", tmp_path / "best.pt")
    (tmp_path / "figures.json").write_text("{}")
    assert command._is_newer(tmp_path / "figures.json", tmp_path / "best.pt")


def test_the_trainings_build_upon_each_other_and_the_judge_stands_alone(tmp_path: Path) -> None:
    options = parse(["generator", "--data", "x", "--out", str(tmp_path), "--seed", "5", "--patience", "3"])
    found = {stage.name: stage for stage in stages(options, Path("x"), parse)}
    assert list(found) == ["classifier", "judge", "autoencoder", "generator"]
    assert [stage.options.seed for stage in found.values()] == [5, 6, 5, 5]
    assert [stage.options.patience for stage in found.values()] == [None, None, 3, 3]
    assert {found[name].options.teacher for name in ("autoencoder", "generator")} == {tmp_path / "classifier"}
    assert found["generator"].options.start_from == tmp_path / "autoencoder" / "best.pt"
    assert [stage.steps for stage in found.values()] == [
        RECIPES[model].schedule.steps for model in ("classifier", "classifier", "autoencoder", "generator")
    ]


@pytest.mark.parametrize(
    ("scale", "steps", "validations"), [("1", 20_000, 80), ("0.9", 18_000, 80), ("0.05", 1000, 10), ("0.005", 100, 10)]
)
def test_a_shortened_training_validates_no_oftener_than_a_few_times(scale: str, steps: int, validations: int) -> None:
    options = parse(["generator", "--data", "x", "--out", "y", "--scale", scale])
    schedule = schedule_of(stages(options, Path("x"), parse)[-1].options)
    assert (schedule.steps, schedule.steps // schedule.validate_every) == (steps, validations)


def test_too_few_pictures_that_cleaning_leaves_are_refused_before_any_training(
    catalogue_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = (catalogue_folder / ITEMS_FILE).read_text("utf-8").splitlines(keepends=True)
    (tmp_path / ITEMS_FILE).write_text("".join(lines[:5]), encoding="utf-8")
    (tmp_path / REPORT_FILE).touch()
    monkeypatch.setattr(command, "cleaned_catalogue", lambda _options: tmp_path)
    assert main(["generator", "--data", str(catalogue_folder), "--out", str(tmp_path / "runs"), *SHORT]) == 2
    told = capsys.readouterr()
    assert f"{tmp_path} (report.html there tells what was left out) holds 5 pictures (categories: 2)" in told.err
    assert "training 1" not in told.out


def test_another_seed_than_the_trainings_were_begun_with_is_refused(
    made: Path, catalogue_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["generator", "--data", str(catalogue_folder), "--out", str(made), *SHORT]
    assert main([*words, "--seed", "7"]) == 2
    told = f"{made / 'classifier'} was begun with the seed 1, and --seed asks for 7 in it"
    assert told in capsys.readouterr().err


def test_another_catalogue_is_not_taken_for_the_one_that_was_learned_from(
    made: Path, catalogue_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(catalogue_folder, tmp_path, dirs_exist_ok=True)
    words = ["generator", "--data", str(tmp_path), "--out", str(made), *SHORT]
    assert main([*words, "--name", "other rings"]) == 2
    assert "another --name or --licence (licence 'CC0 1.0' before, name 'other rings', " in capsys.readouterr().err
    assert origin_of(tmp_path) == Origin(licence="CC0 1.0")
    lines = (tmp_path / ITEMS_FILE).read_text("utf-8").splitlines(keepends=True)
    (tmp_path / ITEMS_FILE).write_text("".join(lines[1:]), encoding="utf-8")
    assert main(words) == 2
    assert "(then of 80 pictures, now of 79): choose another --out" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", ["catalogue", "parity"])
def test_an_export_that_fails_leaves_the_weights_of_before(
    wrong: str, made: Path, catalogue_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(catalogue_folder, tmp_path, dirs_exist_ok=True)
    lines = (tmp_path / ITEMS_FILE).read_text("utf-8").splitlines(keepends=True)
    (tmp_path / ITEMS_FILE).write_text("".join(lines[wrong == "catalogue" :]), encoding="utf-8")
    before = {path: path.read_bytes() for path in (made / "weights").rglob("*") if path.is_file()}
    checked: list[Path] = []

    def check(_network: object, path: Path, sizes: object) -> None:
        checked.append(path)
        if len(checked) == 4:
            raise ParityError("differs")

    monkeypatch.setattr(export, "check_parity", check)
    words = ["export", "generator", "--run", str(made / "generator"), "--teacher", str(made / "classifier")]
    assert main([*words, "--data", str(tmp_path), "--weights", str(made / "weights")]) == 2
    assert len(checked) == (4 if wrong == "parity" else 0)
    assert {path: path.read_bytes() for path in (made / "weights").rglob("*") if path.is_file()} == before


def test_the_clock_tells_the_whole_by_the_speed_of_the_leg_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [1000.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: now_s[0])
    whole = Clock([Leg(steps=100, done=100, cost=1.0), Leg(100, 50, 1.0), Leg(100, 0, 3.0)])
    whole.begin(1)
    assert whole.note(50) == "; all in all [######--------------] 30 %"
    now_s[0] += 600.0
    assert whole.note(60) == "; all in all [######--------------] 32 %, about 5 h 40 min left"
