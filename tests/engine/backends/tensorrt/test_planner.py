"""Which of a card's files a plan is made from."""

from __future__ import annotations

import hashlib
import importlib
from dataclasses import replace
from types import SimpleNamespace

import pytest

from engine.cards import Variant, load_cards
from engine.errors import WeightsError


@pytest.fixture
def plan(tensorrt, machine, tmp_path, weights_of, onnx_of, monkeypatch):
    """Plans a model with an INT8 variant; `asymmetric`: what of it TensorRT could not take. Returns plan and words."""
    planner = importlib.import_module("engine.backends.tensorrt.planner")
    folder = weights_of(onnx_of(["Relu"])) / "mirror-1"
    quantized = onnx_of(["Neg"])
    (folder / "model.int8.onnx").write_bytes(quantized)
    card = load_cards(folder.parent)["mirror"]
    card = replace(card, variants=(Variant("int8", "model.int8.onnx", hashlib.sha256(quantized).hexdigest(), ()),))

    def make(precision, asymmetric=()):
        onnx_side = SimpleNamespace(to_half=lambda data: data, asymmetric_steps=lambda _: list(asymmetric))
        monkeypatch.setattr(planner, "_precision_module", lambda: onnx_side)
        said = []
        chosen = planner.Planner(tmp_path / "plans", machine, precision, (1,))
        return chosen.plan(chosen.variant_of(card), said.append), said

    return make


@pytest.mark.parametrize(
    ("asked", "precision", "file"),
    [
        ("auto", "fp16", "model.onnx"),
        ("fp16", "fp16", "model.onnx"),
        ("fp32", "fp32", "model.onnx"),
        ("int8", "int8", "model.int8.onnx"),
    ],
)
def test_the_precision_asked_for_decides_the_file(plan, tmp_path, asked, precision, file):
    made, said = plan(asked)
    assert made.recipe.precision == precision
    assert made.recipe.digest == hashlib.sha256((tmp_path / "weights/mirror-1" / file).read_bytes()).hexdigest()
    assert said[0].startswith(f"mirror: building the {precision} plan")


def test_an_int8_file_made_for_a_cpu_is_passed_over_for_fp16_and_told(plan, caplog):
    made, _ = plan("int8", asymmetric=["/head/Conv"])
    assert made.recipe.precision == "fp16"
    assert "mirror: the INT8 file is not quantised symmetrically" in caplog.text


def test_a_model_file_that_is_not_the_cards_is_refused_though_a_plan_lies_ready(plan, tmp_path):
    plan("fp32")
    (tmp_path / "weights/mirror-1/model.onnx").write_bytes(b"another")
    with pytest.raises(WeightsError, match="the card promises SHA-256"):
        plan("fp32")


def test_progress_is_told_in_tens(plan):
    _, said = plan("fp32")
    percents = [int(line.split()[-1].rstrip("%")) for line in said[1:]]
    assert percents == sorted(percents)
    assert len({percent // 10 for percent in percents}) == len(percents)
    assert percents[-1] == 100
