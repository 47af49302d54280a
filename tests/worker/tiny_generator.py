"""A small generator that was never trained, with all that stands beside one: what a test starts a worker on."""

import hashlib
import json
from pathlib import Path

import numpy as np

from engine.generation.attributes import Attributes, Color
from engine.generation.color_names import COLORS
from engine.generation.directions import Directions
from engine.generation.facts import FACTS_FILE, Facts, save_facts
from tests.engine.conftest import WEIGHTS, attribute, make_onnx, node_weights

SIDE_PX = 128
CELLS = 16  # a side: the pictures are made of so many flat squares
FEATURES = 160
SERVED = ("cutout-2", "cutout-edges-1", "upscale-x2-2", "upscale-x4-1")
"""The committed networks that generating asks for."""


def write_weights(folder: Path, *, generator: bool = True) -> Path:
    """Fill a folder of weights with the committed networks, and with a tiny generator if wanted; returns it."""
    folder.mkdir(parents=True)
    for name in SERVED:
        (folder / name).symlink_to(WEIGHTS / name, target_is_directory=True)
    if generator:
        latent = {"length": 100, "output_shape": [3, SIDE_PX, SIDE_PX]}
        _write_model(folder / "generator-1", _generator(), kind="latent", latent=latent)
        save_facts(folder / "generator-1" / FACTS_FILE, tiny_facts())
        _add_besides(folder / "generator-1")
        for seed, (name, answers) in enumerate((("encoder", 64), ("critic", 37), ("classifier", FEATURES + 24))):
            frame = {"height_px": SIDE_PX, "width_px": SIDE_PX, "output": "vector", "output_shape": [answers]}
            _write_model(folder / f"generator-{name}-1", _reader(answers, seed), kind="frame", frame=frame)
    return folder


def tiny_facts() -> Facts:
    """What it would have learned of a catalogue of dresses and shoes."""
    random = np.random.default_rng(5)
    return Facts(
        categories=("dress", "shoes"),
        shares=np.array([0.5, 0.5]),
        mean=np.zeros((36, 64)),
        factors=np.stack([np.eye(64)] * 24),
        products=(random.normal(0, 1, (8, 64)).astype(np.float32),) * 2,
        quantity_names=("flare",),
        quantities=(np.linspace(-1.5, 1.5, 8)[:, None],) * 2,
        shown=tuple(_shown(category, aspect) for category, aspect in (("dress", 1.5), ("shoes", 0.5))),
        real_features=random.normal(0, 1, (12, FEATURES)).astype(np.float32),
        anomaly=np.linspace(0, 1, 11),
        directions=Directions(("brightness",), random.normal(0, 0.1, (1, 64)), np.array([9.0]), np.array([0.5])),
    )


def _shown(category: str, aspect: float) -> tuple[Attributes, ...]:
    return tuple(Attributes(category, (Color(color.name, color.srgb, 1.0),), "plain", aspect) for color in COLORS[::4])


def _generator() -> bytes:
    """Squares of one colour each, within an ellipse, on white."""
    across, down = np.meshgrid(*[np.linspace(-1, 1, CELLS)] * 2)
    ground = (across / 0.6) ** 2 + (down / 0.8) ** 2 > 1
    matrix = np.random.default_rng(1).normal(0, 0.2, (100, 3, CELLS, CELLS)) * ~ground
    repeat = np.zeros((3, 3, SIDE_PX // CELLS, SIDE_PX // CELLS))
    repeat[[0, 1, 2], [0, 1, 2]] = 1
    weights = {
        "MatMul": matrix.reshape(100, -1),
        "Add": np.where(np.repeat(ground.ravel()[None], 3, axis=0).ravel(), 30.0, -1.0),
        "Reshape": np.array([-1, 3, CELLS, CELLS]),
        "ConvTranspose": repeat,
    }
    strides = {"ConvTranspose": attribute("strides", [SIDE_PX // CELLS] * 2)}
    extras, tensors = node_weights(weights, strides)
    operators = ("MatMul", "Add", "Sigmoid", "Reshape", "ConvTranspose")
    return make_onnx(operators, extras=extras, graph_extra=tensors, input_rank=2)


def _reader(answers: int, seed: int) -> bytes:
    """Numbers that follow from the mean colours of 8 × 8 squares."""
    weights = {
        "Reshape": np.array([-1, 3 * 8 * 8]),
        "MatMul": np.random.default_rng(seed).normal(0, 0.3, (3 * 8 * 8, answers)),
    }
    window = attribute("kernel_shape", [16, 16]) + attribute("strides", [16, 16])
    extras, tensors = node_weights(weights, {"AveragePool": window})
    operators = ("AveragePool", "Reshape", "MatMul")
    return make_onnx(operators, extras=extras, graph_extra=tensors, output_rank=2)


def _write_model(folder: Path, model: bytes, **part: object) -> None:
    folder.mkdir()
    (folder / "model.onnx").write_bytes(model)
    onnx = {"file": "model.onnx", "sha256": hashlib.sha256(model).hexdigest(), "opset": 17, "precision": "fp32"}
    onnx |= {"input": "input", "output": "output", "parameters": 0}
    card = {"model": folder.name.removesuffix("-1"), "version": "1", "task": "stands in", "limits": "knows nothing"}
    card |= {"onnx": onnx, "data": [], "training": {}, "metrics": [], "licence": "Apache-2.0", **part}
    (folder / "card.json").write_text(json.dumps(card))


def _add_besides(folder: Path) -> None:
    card = json.loads((folder / "card.json").read_text())
    digest = hashlib.sha256((folder / FACTS_FILE).read_bytes()).hexdigest()
    (folder / "card.json").write_text(json.dumps(card | {"besides": [{"file": FACTS_FILE, "sha256": digest}]}))
