from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
from PIL import Image

from engine.cards import load_card, read_model
from engine.training import quantise as quantising
from engine.training.cards import folder_of, read_card, write_card
from engine.training.inference import Network

WEIGHTS = Path(__file__).parents[3] / "engine" / "weights"
pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight photos to calibrate on and two to measure with: smooth colours and a little noise."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for split, count in (("train", 8), ("test", 2)):
        for index in range(count):
            coarse = rng.integers(40, 216, (4, 5, 3)).astype(np.uint8)
            photo = np.asarray(Image.fromarray(coarse).resize((120, 96), Image.Resampling.BICUBIC), np.int16)
            path = folder / "clothing" / "photos" / split / "hat" / f"{index}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray((photo + rng.integers(-6, 7, photo.shape)).astype(np.uint8)).save(path, quality=95)
    return folder


@pytest.fixture
def options(data: Path, tmp_path: Path) -> argparse.Namespace:
    folder = folder_of(WEIGHTS, "restore")
    shutil.copytree(folder, tmp_path / folder.name)
    card = read_card(tmp_path / folder.name)
    del card["variants"]  # it has learned, and is not given up
    write_card(tmp_path / folder.name, card)
    facts = {"model": "restore", "weights": tmp_path, "data": data, "run": None}
    return argparse.Namespace(**facts, threads=1, limit=2, command_line="python -m engine.training quantise …")


@pytest.fixture(autouse=True)
def few_calibration_photos(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quantising, "CALIBRATION_PHOTOS", 8)


@pytest.fixture
def path(options: argparse.Namespace, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A variant made without asking whether it is worth it on these few photos."""
    monkeypatch.setattr(quantising, "MOST_LOST_DB", 99.0)
    monkeypatch.setattr(quantising, "cpu_ms_per_megapixel", lambda _networks: {"fp32": 2.0, "int8": 1.0})
    return quantising.quantise_model(options)


def test_the_variant_is_in_the_card_and_the_engine_trusts_it(path: Path) -> None:
    card = load_card(path.parent).in_precision("int8")
    assert card.model_path == path
    assert read_model(card) == path.read_bytes()
    assert card.metrics[0]["name"] == "psnr_db"
    assert set(card.metrics[0]["baseline"]) == {"fp32"}


def test_of_a_body_with_a_quarter_level_only_its_blocks_are_quantised(path: Path) -> None:
    graph = onnx.load(path).graph
    made_by = {name: node.op_type for node in graph.node for name in node.output}
    fed = {node.name: made_by.get(node.input[0]) for node in graph.node if node.op_type == "Conv"}
    quantised = {name for name, source in fed.items() if source == "DequantizeLinear"}
    assert quantised == {name for name in fed if "/blocks/" in name}
    assert len(quantised) == 6


def test_the_variant_computes_nearly_the_same_and_quantising_again_gives_the_same_file(
    path: Path, options: argparse.Namespace
) -> None:
    batch = next(quantising.calibration_batches("restore", options.data))
    answers = [Network(path.parent, 1, file).run(batch) for file in (None, path.name)]
    assert 0 < np.abs(answers[0] - answers[1]).mean() < 0.005
    first = path.read_bytes()
    assert quantising.quantise_model(options).read_bytes() == first
    assert len(json.loads((path.parent / "card.json").read_text())["variants"]) == 1


@pytest.mark.parametrize(("most_lost_db", "int8_ms"), [(-99.0, 1.0), (99.0, 2.0)])
def test_a_variant_that_loses_too_much_or_saves_nothing_is_not_kept(
    options: argparse.Namespace, monkeypatch: pytest.MonkeyPatch, most_lost_db: float, int8_ms: float
) -> None:
    monkeypatch.setattr(quantising, "MOST_LOST_DB", most_lost_db)
    monkeypatch.setattr(quantising, "cpu_ms_per_megapixel", lambda _networks: {"fp32": 2.0, "int8": int8_ms})
    folder = folder_of(options.weights, "restore")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(quantising.WorseVariantError, match="allowed: at most"):
        quantising.quantise_model(options)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_calibration_sees_even_sides_from_all_over_the_training_photos(data: Path) -> None:
    batches = list(quantising.calibration_batches("upscale-x2", data))
    assert {batch.shape for batch in batches} == {(1, 3, 48, 60)}
    assert len({batch.tobytes() for batch in batches}) == 8
