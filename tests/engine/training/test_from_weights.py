"""What was exported is a run again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from engine.generation.facts import FACTS_FILE, load_facts
from engine.generation.latents import LATENT_LENGTH
from engine.training.__main__ import main
from engine.training.arguments import WEIGHTS
from engine.training.cards import folder_of, read_card
from engine.training.generation.adversary import Adversaries
from engine.training.generation.serving import networks
from engine.training.recipes import trained

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    assert main(["from-weights", "--out", str(out)]) == 0
    return out


def test_the_runs_of_the_committed_generator_answer_as_its_files_do(runs: Path) -> None:
    adversaries, classifier = trained("generator", runs / "generator"), trained("classifier", runs / "classifier")
    random = np.random.default_rng(0)
    for model, network in networks(adversaries, classifier).items():
        folder = folder_of(WEIGHTS, model)
        session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
        shape = (2, 3, 128, 128) if model != "generator" else (2, read_card(folder)["latent"]["length"])
        given = random.random(shape, np.float32)
        expected = session.run(None, {"input": given})[0]
        with torch.no_grad():
            answered = network(torch.from_numpy(given)).numpy()
        assert np.abs(answered - expected).max() <= 1e-4 * max(1.0, np.abs(expected).max()), model


def test_draws_are_carried_as_the_facts_carry_them(runs: Path) -> None:
    adversaries = trained("generator", runs / "generator")
    assert isinstance(adversaries, Adversaries)
    facts = load_facts(folder_of(WEIGHTS, "generator") / FACTS_FILE)
    normal = np.random.default_rng(1).standard_normal((4, LATENT_LENGTH), np.float32)
    conditions = np.zeros((4, len(facts.mean)), np.float32)
    conditions[range(4), range(4)] = 1
    expected = facts.own(facts.settled(normal, conditions), conditions)
    carried = adversaries.prior(torch.from_numpy(normal), torch.from_numpy(conditions)).numpy()
    assert np.abs(carried - expected).max() < 1e-3


def test_a_run_that_is_there_is_not_replaced(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (runs / "generator" / "best.pt").stat().st_mtime_ns
    assert main(["from-weights", "--out", str(runs)]) == 2
    assert "holds a run already" in capsys.readouterr().err
    assert (runs / "generator" / "best.pt").stat().st_mtime_ns == before


def test_a_folder_without_a_generator_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["from-weights", "--weights", str(tmp_path), "--out", str(tmp_path / "runs")]) == 2
    assert "holds 0 versions of generator" in capsys.readouterr().err
