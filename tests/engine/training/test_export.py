from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from engine.cards import load_card, load_cards
from engine.training import export
from engine.training.cards import UNITS, new_card, read_card
from engine.training.export import ParityError, check_parity, export_onnx, export_run
from engine.training.inference import Network
from engine.training.recipes import RECIPES
from engine.training.run import Run, Schedule

pytestmark = pytest.mark.train


def _finished_run(model: str, folder: Path) -> torch.nn.Module:
    torch.manual_seed(0)
    network = RECIPES[model].build()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    run = Run(network, Schedule(steps=1, batch=1, learning_rate=1e-4), folder, [], "python -m engine.training train …")
    run.record("val_psnr_db", 30.0)
    return network


@pytest.mark.parametrize("model", sorted(set(UNITS) & set(RECIPES) - {"generator"}))
def test_exported_weights_come_with_a_card_that_the_engine_can_trust(model: str, tmp_path: Path) -> None:
    _finished_run(model, tmp_path / "run")
    folder = export_run(model, tmp_path / "run", tmp_path / "weights", "7")
    card = read_card(folder)
    assert folder.name == f"{model}-7"
    assert (card["model"], card["version"], card["training"]["seed"]) == (model, "7", 1)
    assert card["onnx"]["parameters"] > 50_000
    exported = onnx.load(folder / "model.onnx")
    assert [(entry.domain, entry.version) for entry in exported.opset_import] == [("", 17)]
    assert not any(attribute.HasField("g") for node in exported.graph.node for attribute in node.attribute)


def test_an_export_says_of_half_precision_what_the_committed_card_says(tmp_path: Path) -> None:
    committed = load_cards(Path(__file__).parents[3] / "engine" / "weights")
    for model, card in committed.items():
        again = new_card(model, card.version, {}, {}, [])["onnx"]
        assert again.get("half_precision", True) == card.onnx.half_precision, model
    _finished_run("cutout-edges", tmp_path / "run")
    assert not load_card(export_run("cutout-edges", tmp_path / "run", tmp_path, "2")).takes_half


def test_a_changed_model_file_is_refused_with_both_digests(tmp_path: Path) -> None:
    _finished_run("restore", tmp_path / "run")
    folder = export_run("restore", tmp_path / "run", tmp_path, "1")
    (folder / "model.onnx").write_bytes((folder / "model.onnx").read_bytes() + b"\0")
    said = json.loads((folder / "card.json").read_text())["onnx"]["sha256"]
    with pytest.raises(ValueError, match=f"its card says {said}"):
        read_card(folder)


def test_an_export_that_computes_something_else_is_refused(tmp_path: Path) -> None:
    network = _finished_run("upscale-x2", tmp_path / "run").eval()
    export_onnx(network, tmp_path / "model.onnx", "tile", (1, 3, 64, 64))
    assert check_parity(network, tmp_path / "model.onnx", [(2, 3, 16, 24)]) < 1e-4
    with torch.no_grad():
        network.tail.bias.add_(0.01)
    with pytest.raises(ParityError, match="differs from torch"):
        check_parity(network, tmp_path / "model.onnx", [(1, 3, 16, 16)])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_export_that_answers_with_no_number_is_refused(value: float, tmp_path: Path) -> None:
    network = _finished_run("upscale-x2", tmp_path / "run").eval()
    with torch.no_grad():
        network.tail.bias[0] = value
    export_onnx(network, tmp_path / "model.onnx", "tile", (1, 3, 64, 64))
    with pytest.raises(ParityError, match=r"an input of \[1, 3, 16, 16\] with is finite"):
        check_parity(network, tmp_path / "model.onnx", [(1, 3, 16, 16)])


def test_an_export_that_fails_leaves_the_version_that_lay_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _finished_run("upscale-x2", tmp_path / "run")
    folder = export_run("upscale-x2", tmp_path / "run", tmp_path / "weights", "7")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(export, "MAX_FILE_BYTES", 10)
    with pytest.raises(ValueError, match="a committed file has at most 10"):
        export_run("upscale-x2", tmp_path / "run", tmp_path / "weights", "7")
    assert list((tmp_path / "weights").iterdir()) == [folder]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    monkeypatch.undo()
    (folder / "card.json").unlink()
    assert read_card(export_run("upscale-x2", tmp_path / "run", tmp_path / "weights", "7"))["version"] == "7"
    assert list((tmp_path / "weights").iterdir()) == [folder]


@pytest.mark.parametrize(("model", "scale"), [("restore", 1), ("upscale-x2", 2)])
def test_a_network_takes_photos_of_odd_sizes(model: str, scale: int, tmp_path: Path) -> None:
    _finished_run(model, tmp_path / "run")
    network = Network(export_run(model, tmp_path / "run", tmp_path, "1"), threads=1)
    photo = np.random.default_rng(0).integers(0, 256, (41, 67, 3)).astype(np.uint8)
    assert network.apply(photo).shape == (41 * scale, 67 * scale, 3)
