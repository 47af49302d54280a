"""What a training refuses before it begins: folders, teachers and weights that are another's. In one line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from engine.training import checkpoints
from engine.training.__main__ import STOPPED, main
from engine.training.catalogue.records import ITEMS_FILE
from engine.training.checkpoints import load
from engine.training.errors import RefusedError
from engine.training.generation import adversary

pytestmark = pytest.mark.train


class Trial:
    """Tries a training of a few steps on the catalogue of the tests, and keeps what was said."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._data = data
        self._capsys = capsys

    def __call__(self, model: str, out: Path, *options: str) -> tuple[int, str]:
        """Return the exit status, and the last line on stderr without the program's name."""
        words = ["train", model, "--data", str(self._data), "--out", str(out), "--steps", "1", "--threads", "1"]
        status = main([*words, *options])
        lines = self._capsys.readouterr().err.splitlines()
        return status, lines[-1].removeprefix("packshot-train: ") if lines else ""


@pytest.fixture
def trial(catalogue_folder: Path, capsys: pytest.CaptureFixture[str]) -> Trial:
    return Trial(catalogue_folder, capsys)


def test_a_generator_without_its_classifier_is_told_what_it_needs(trial: Trial, tmp_path: Path) -> None:
    status, told = trial("autoencoder", tmp_path / "run")
    assert (status, told) == (2, "this training needs a trained classifier: name its run with --teacher")
    assert not (tmp_path / "run").exists()


def test_a_teacher_must_be_a_run_of_a_classifier(trial: Trial, classifier_run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    saved = load(classifier_run / "best.pt")
    torch.save(saved | {"command": "packshot-train train dcgan --data x"}, other / "best.pt")
    status, told = trial("autoencoder", tmp_path / "run", "--teacher", str(other))
    assert (status, told) == (2, f"{other} is a run of dcgan; needed: one of classifier")
    status, told = trial("autoencoder", tmp_path / "run", "--teacher", str(tmp_path))
    assert status == 2
    assert told == f"{tmp_path / 'best.pt'} is not there: {tmp_path} holds no run that has come to its first validation"


def test_nothing_to_go_on_from_is_refused(trial: Trial, tmp_path: Path) -> None:
    status, told = trial("classifier", tmp_path, "--resume")
    assert (status, told) == (2, f"{tmp_path} has no last.pt to go on from; leave --resume out to begin")


@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_a_folder_of_another_models_run_is_refused(
    resume: list[str], trial: Trial, classifier_run: Path, tmp_path: Path
) -> None:
    status, told = trial("plain-vae", classifier_run, *resume)
    assert (status, told) == (2, f"{classifier_run} holds a run of classifier, not of plain-vae; choose another --out")


def test_a_run_is_not_gone_on_with_by_another_seed(trial: Trial, classifier_run: Path) -> None:
    before = (classifier_run / "last.pt").read_bytes()
    status, told = trial("classifier", classifier_run, "--resume", "--seed", "7")
    assert status == 2
    assert told.startswith(f"{classifier_run} was begun with the seed 1, and --seed asks for 7 in it: leave the seed")
    assert (classifier_run / "last.pt").read_bytes() == before


def test_a_run_is_not_begun_anew_over_itself(trial: Trial, classifier_run: Path) -> None:
    before = (classifier_run / "last.pt").read_bytes()
    status, told = trial("classifier", classifier_run)
    assert status == 2
    assert told.startswith(f"{classifier_run} holds a run already, of 8 steps; go on with it by --resume")
    assert (classifier_run / "last.pt").read_bytes() == before


def test_a_first_validation_killed_between_its_two_files_is_made_again(
    trial: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = checkpoints.save

    def killed(state: checkpoints.Saved, path: Path) -> None:
        if path.name == "last.pt":
            raise KeyboardInterrupt
        save(state, path)

    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "save", killed)
        assert trial("classifier", tmp_path)[0] == STOPPED
    assert {path.name for path in tmp_path.iterdir()} == {"best.pt", "log.jsonl"}
    status, told = trial("classifier", tmp_path, "--resume")
    assert (status, told) == (2, f"{tmp_path} has no last.pt to go on from; leave --resume out to begin")
    assert trial("plain-vae", tmp_path)[0] == 2
    assert trial("classifier", tmp_path)[0] == 0
    assert load(tmp_path / "last.pt")["step"] == 1


@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_weights_that_are_kept_alone_are_not_trained_over(
    resume: list[str], trial: Trial, classifier_run: Path, tmp_path: Path
) -> None:
    shutil.copy(classifier_run / "best.pt", tmp_path)
    refusal = (2, f"{tmp_path} holds a best.pt and no last.pt to go on from; choose another --out")
    assert trial("classifier", tmp_path, *resume) == refusal
    shutil.copy(classifier_run / "log.jsonl", tmp_path)
    assert trial("classifier", tmp_path, *resume) == refusal


def test_weights_of_another_network_are_no_start(trial: Trial, classifier_run: Path, tmp_path: Path) -> None:
    status, told = trial("plain-vae", tmp_path / "run", "--start-from", str(classifier_run / "best.pt"))
    assert status == 2
    assert told.startswith(f"{classifier_run / 'best.pt'} holds the weights of another network than this one: Error")


def test_a_damaged_checkpoint_is_called_so(trial: Trial, classifier_run: Path, tmp_path: Path) -> None:
    for name in ("last.pt", "best.pt"):
        (tmp_path / name).write_bytes((classifier_run / name).read_bytes()[:5000])
        with pytest.raises(RefusedError, match=f"{name} is not a checkpoint of a training, or is damaged"):
            load(tmp_path / name)
    assert trial("classifier", tmp_path, "--resume")[0] == 2


def test_a_folder_without_a_catalogue_is_refused_with_the_command_that_makes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "classifier", "--data", str(tmp_path), "--out", str(tmp_path / "run")]) == 2
    assert "make it with: packshot-train dataset PHOTOS --out" in capsys.readouterr().err


@pytest.fixture(scope="module")
def more_categories(catalogue_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue of the tests with a third category, before the two that there were."""
    folder = tmp_path_factory.mktemp("more") / "catalogue"
    shutil.copytree(catalogue_folder, folder)
    lines = (folder / ITEMS_FILE).read_text(encoding="utf-8").splitlines()
    lines[:30] = [line.replace('"disc"', '"bag"') for line in lines[:30]]
    (folder / ITEMS_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("way", ["--resume", "--start-from", "--teacher"])
def test_what_learned_other_categories_is_refused(
    way: str, more_categories: Path, classifier_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out, named, options = {
        "--resume": ("classifier", classifier_run, classifier_run / "last.pt", [way]),
        "--start-from": ("classifier", tmp_path, classifier_run / "best.pt", [way, str(classifier_run / "best.pt")]),
        "--teacher": ("autoencoder", tmp_path, classifier_run, [way, str(classifier_run)]),
    }[way]
    status, told = Trial(more_categories, capsys)(model, out, *options)
    assert status == 2
    assert told.startswith(f"{named} learned from a catalogue of box, disc; the one at hand is of bag, box, disc: ")
    assert not (tmp_path / "last.pt").exists()


def test_a_generator_is_not_exported_with_a_catalogue_of_other_categories(
    more_categories: Path, classifier_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made_up = {"command": "packshot-train train generator", "weights": adversary.build().state_dict()}
    torch.save(load(classifier_run / "best.pt") | made_up, tmp_path / "best.pt")
    words = ["export", "generator", "--run", str(tmp_path), "--teacher", str(classifier_run)]
    assert main([*words, "--data", str(more_categories), "--weights", str(tmp_path / "weights")]) == 2
    assert "learned from a catalogue of box, disc; the one at hand is of bag, box, disc" in capsys.readouterr().err
    assert not (tmp_path / "weights").exists()
