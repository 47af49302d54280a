"""A restorer that learns as its INT8 variant computes, and becomes that variant."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from engine.models.blocks import ResidualBlock
from engine.models.restorer import Restorer
from engine.training import quantise as quantising
from engine.training import restore, restore_int8
from engine.training.__main__ import main
from engine.training.arguments import WEIGHTS
from engine.training.cards import folder_of
from engine.training.errors import RefusedError
from engine.training.export import export_onnx
from engine.training.int8 import KEPT_PERCENT
from engine.training.recipes import trained
from engine.training.run import Run, Schedule
from engine.training.simulated_int8 import Int8Conv, ranges_of, set_ranges, simulate

pytestmark = pytest.mark.train
SCHEDULE = Schedule(steps=16, batch=2, learning_rate=3e-5, warmup_steps=2, validate_every=16, ema_decay=0.5)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that the committed restorer was exported from."""
    out = tmp_path_factory.mktemp("runs")
    assert main(["from-weights", "restore", "--out", str(out)]) == 0
    return out / "restore"


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    rng = np.random.default_rng(4)
    coarse = rng.integers(30, 220, (6, 24, 24, 3)).astype(np.uint8)
    return [np.repeat(np.repeat(each, 8, axis=0), 8, axis=1) for each in coarse]


@pytest.fixture
def run(teacher: Path, photos: list[np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A short training."""
    monkeypatch.setattr(restore_int8, "CALIBRATION_PHOTOS", 8)
    torch.set_num_threads(1)
    run = Run(restore_int8.build(), SCHEDULE, tmp_path / "run", [], "packshot-train train restore-int8")
    run.teacher = trained("restore", teacher)
    restore_int8.train(run, photos, photos[:1])
    return run


def test_the_run_of_the_committed_restorer_answers_as_its_file_does(teacher: Path) -> None:
    batch = np.random.default_rng(0).random((1, 4, 64, 48), np.float32)
    path = folder_of(WEIGHTS, "restore") / "model.onnx"
    expected = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, {"input": batch})
    with torch.no_grad():
        assert np.abs(trained("restore", teacher)(torch.from_numpy(batch)).numpy() - expected[0]).max() < 1e-4


def test_what_is_simulated_is_what_the_variant_computes(
    teacher: Path, photos: list[np.ndarray], tmp_path: Path
) -> None:
    rng = np.random.default_rng(0)
    batches = [restore.draw_batch(photos, 1, rng)[0] for _ in range(4)]
    plain, simulated = trained("restore", teacher), restore_int8.build()
    simulated.load_state_dict(plain.state_dict(), strict=False)
    set_ranges(simulated, plain, batches, KEPT_PERCENT)
    path = tmp_path / "int8.onnx"
    source = folder_of(WEIGHTS, "restore") / "model.onnx"
    quantising.quantise(source, path, iter([batch.numpy() for batch in batches]), ranges_of(simulated))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        exact, rounded = plain(batches[0]).numpy(), simulated(batches[0]).numpy()
    computed = session.run(None, {"input": batches[0].numpy()})[0]
    error = np.abs(computed - exact).mean()
    assert np.abs(rounded - exact).mean() == pytest.approx(error, rel=0.25)
    assert np.corrcoef((computed - exact).ravel(), (rounded - exact).ravel())[0, 1] > 0.6


def test_a_few_steps_bring_the_rounded_network_nearer_to_its_teacher(run: Run, photos: list[np.ndarray]) -> None:
    teacher = run.teacher
    assert teacher is not None
    begun = restore_int8.build()
    begun.load_state_dict(run.model.state_dict())  # the ranges of the beginning, which training leaves alone
    begun.load_state_dict(teacher.state_dict(), strict=False)
    spoiled = torch.cat([restore.draw_batch(photos, 2, np.random.default_rng(90 + n))[0] for n in range(4)])

    def distance(network: nn.Module) -> float:
        with torch.no_grad():
            return float(((network(spoiled) - teacher(spoiled)) ** 2).mean())

    assert distance(run.average) < 0.97 * distance(begun)


def test_what_was_learned_is_quantised_in_the_whole_body(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photos: list[np.ndarray]
) -> None:
    folder = folder_of(WEIGHTS, "restore")
    shutil.copytree(folder, tmp_path / folder.name)
    batch = restore.draw_batch(photos, 1, np.random.default_rng(0))[0].numpy()
    monkeypatch.setattr(quantising, "calibration_batches", lambda _model, _data: iter([batch]))
    monkeypatch.setattr(quantising, "compare_networks", _kept)
    monkeypatch.setattr(quantising, "cpu_ms_per_megapixel", lambda _networks: {"fp32": 2.0, "int8": 1.0})
    monkeypatch.setattr(quantising, "_require_its_run", lambda _options, _card: None)
    given = {"model": "restore", "weights": tmp_path, "data": tmp_path, "run": run.folder}
    options = argparse.Namespace(**given, threads=1, limit=1, command_line="packshot-train quantise restore …")
    graph = onnx.load(quantising.quantise_model(options)).graph
    made_by = {name: node.op_type for node in graph.node for name in node.output}
    fed = {node.name: made_by.get(node.input[0]) for node in graph.node if node.op_type == "Conv"}
    assert {name for name, source in fed.items() if source == "DequantizeLinear"} == {
        name for name in fed if name.startswith("/body/")
    }
    assert len(fed) == 14


def _kept(*_: object) -> object:
    from engine.training.measures.scores import Scores

    scores = Scores()
    for name in ("fp32", "int8"):
        scores.add(name, 30.0)
    return scores.metric("psnr_db", "none", of="int8")


def test_the_plain_network_has_what_was_learned_and_no_ranges(run: Run) -> None:
    plain = restore_int8.serve(run.average)
    assert isinstance(plain, Restorer)
    assert not [module for module in plain.modules() if isinstance(module, Int8Conv)]
    learned = dict(run.average.named_parameters())
    assert all(torch.equal(value, learned[name]) for name, value in plain.named_parameters())


def test_rounding_keeps_zero_and_clips_what_lies_outside_the_range() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, kernel_size=1))
    simulate(network)
    conv = network[0]
    assert isinstance(conv, Int8Conv)
    with torch.no_grad():
        conv.weight.fill_(1.0)
        conv.bias.fill_(0.0)  # type: ignore[union-attr]
    conv.set_range("input", -1.0, 1.0)
    conv.set_range("output", -4.0, 4.0)
    given = torch.tensor([0.0, 5.0, -5.0, 0.5], requires_grad=True)
    answer = conv(given.reshape(1, 1, 2, 2))
    assert answer.detach().flatten().tolist() == pytest.approx([0.0, 1.0, -1.0, 0.5], abs=0.02)
    assert answer.detach().flatten()[0] == 0
    answer.sum().backward()
    assert given.grad is not None
    assert given.grad.tolist() == [1.0, 0.0, 0.0, 1.0]


def test_one_block_rounds_as_the_variant_does_to_the_last_step(tmp_path: Path) -> None:
    torch.manual_seed(1)
    plain, simulated = nn.Sequential(ResidualBlock(8)).eval(), nn.Sequential(ResidualBlock(8)).eval()
    simulate(simulated)
    simulated.load_state_dict(plain.state_dict(), strict=False)
    batches = [torch.randn(1, 8, 32, 40) for _ in range(3)]
    set_ranges(simulated, plain, batches, KEPT_PERCENT)
    export_onnx(plain, tmp_path / "fp32.onnx", "tile", (1, 8, 32, 40))
    path = tmp_path / "int8.onnx"
    quantising.quantise(tmp_path / "fp32.onnx", path, iter([each.numpy() for each in batches]), ranges_of(simulated))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    computed = session.run(None, {"input": batches[0].numpy()})[0]
    with torch.no_grad():
        difference = np.abs(simulated(batches[0]).numpy() - computed)
    step = ranges_of(simulated)["0.second"][1][0]
    assert (difference < step / 100).mean() > 0.98
    assert difference.max() < 1.01 * step


def test_ranges_of_no_convolution_are_refused(teacher: Path, tmp_path: Path) -> None:
    source = folder_of(WEIGHTS, "restore") / "model.onnx"
    with pytest.raises(ValueError, match=r"ranges of no convolution: \['body.9.first'\]"):
        quantising.quantise(source, tmp_path / "int8.onnx", iter([]), {"body.9.first": ((0.1, 0), (0.1, 0))})


def test_a_variant_that_learned_is_not_given_up_for_one_that_did_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(WEIGHTS, "restore")
    shutil.copytree(folder, tmp_path / folder.name)
    before = (tmp_path / folder.name / "model.int8.onnx").read_bytes()
    assert main(["quantise", "restore", "--data", str(tmp_path), "--weights", str(tmp_path)]) == 2
    assert "has learned to be rounded: name its run with --run" in capsys.readouterr().err
    assert (tmp_path / folder.name / "model.int8.onnx").read_bytes() == before


def test_a_run_that_learned_from_other_weights_is_refused(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_of(WEIGHTS, "restore")
    shutil.copytree(folder, tmp_path / folder.name)
    told = ["quantise", "restore", "--data", str(tmp_path), "--weights", str(tmp_path), "--run", str(run.folder)]
    assert main(told) == 2  # it tells no trainings before its own
    assert "did not learn from restore" in capsys.readouterr().err
    told[1] = "upscale-x2"
    shutil.copytree(folder_of(WEIGHTS, "upscale-x2"), tmp_path / folder_of(WEIGHTS, "upscale-x2").name)
    assert main(told) == 2
    assert "--run is for restore" in capsys.readouterr().err


def test_a_training_goes_on_in_the_ranges_that_it_began_with(run: Run, photos: list[np.ndarray]) -> None:
    again = Run(restore_int8.build(), SCHEDULE, run.folder, [])
    again.teacher = run.teacher
    again.resume()
    assert ranges_of(again.model) == ranges_of(again.average) == ranges_of(run.model)
    again.before = [{"model": "restore", "command": "another", "seed": 1, "steps": 1}]
    with pytest.raises(RefusedError, match="another teacher"):
        again.resume()


def test_a_training_in_int8_takes_no_other_weights_to_begin_with(run: Run, photos: list[np.ndarray]) -> None:
    run.started_from = "another"
    with pytest.raises(RefusedError, match="leave --start-from out"):
        restore_int8.train(run, photos, photos)


def test_a_training_in_int8_asks_for_its_teacher(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = ["train", "restore-int8", "--data", str(tmp_path), "--out", str(tmp_path / "run")]
    assert main(told) == 2
    assert "needs a trained restore: name its run with --teacher" in capsys.readouterr().err
