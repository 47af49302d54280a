"""Cards for the fake backend, and ONNX files written byte by byte: serving, and so its tests, carry no onnx package."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from engine.backends.base import Executor
from engine.batching.batcher import Batcher
from engine.batching.lanes import Slots
from engine.batching.units import Ticket, new_work
from engine.cards import Card, OnnxFacts
from engine.unit_shapes import FrameShape, LatentShape, TileShape

WEIGHTS = Path(__file__).parents[2] / "engine" / "weights"


def make_card(
    model: str = "tiles",
    *,
    tile: TileShape | None = None,
    frame: FrameShape | None = None,
    latent: LatentShape | None = None,
) -> Card:
    onnx = OnnxFacts("model.onnx", "0" * 64, 17, "fp32", "input", "output", 0)
    kind = "frame" if frame else "latent" if latent else "tile"
    shape = tile or TileShape(tile_px=20, halo_px=4, scale=2, align_px=2) if kind == "tile" else None
    facts = (Path("nowhere"), model, "1", kind, "a task", "limits", onnx, shape, frame, "Apache-2.0")
    return Card(*facts, latent=latent)


def run_photos(executor: Executor, card: Card, photos: Sequence[np.ndarray], batch_size: int | None = None) -> list:
    """Run photos, or vectors, together through an executor, as the device thread would; returns their answers.

    `batch_size`: at most so many slots in a batch; all that the executor allows, if not given.
    """
    sizes = executor.batch_sizes if batch_size is None else (batch_size,)
    slots = Slots(sizes, executor.lanes, trims=executor.trims)
    batcher = Batcher({card.model: slots})
    works = [new_work(card, photo, Ticket(), slots) for photo in photos]
    for work in works:
        batcher.add(work, 0.0)
    while (batch := batcher.next_batch(0.0)) is not None:
        executor.start(batch.layout).wait()
        batcher.finished(batch, 0.0)
    return [work.target if card.latent is None else work.answer for work in works]


def _field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    payload = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _value_info(name: str, rank: int = 4) -> bytes:
    dims = b"".join(_field(1, _field(2, f"{name}_{axis}")) for axis in range(rank))
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, dims)))


def attribute(name: str, values: Iterable[int]) -> bytes:
    """A node's attribute of whole numbers."""
    return _field(5, _field(1, name) + b"".join(_field(8, value) for value in values) + _field(20, 7))


def make_blur_to_one() -> bytes:
    """A model [N,C,h,w] to [N,1,h,w]: the mean over all channels of a 5×5 window, zeros beyond the border."""
    window = attribute("kernel_shape", [5, 5]) + attribute("pads", [2, 2, 2, 2])
    counted = _field(5, _field(1, "count_include_pad") + _field(3, 1) + _field(20, 2))
    extras = {"AveragePool": window + counted, "ReduceMean": attribute("axes", [1])}
    return make_onnx(extras, extras=extras)


def make_generator(latent: LatentShape, seed: int = 0) -> bytes:
    """A model [N,length] to [N,3,H,W], H and W even: a matrix, a transposed convolution, another, all seeded noise."""
    rng, grid = np.random.default_rng(seed), (8, latent.height_px // 2, latent.width_px // 2)
    weights = {
        "MatMul": rng.normal(0, 1, (latent.length, int(np.prod(grid)))),
        "Reshape": np.array([-1, *grid]),
        "ConvTranspose": rng.normal(0, 0.2, (8, 8, 4, 4)),
        "Conv": rng.normal(0, 0.2, (3, 8, 3, 3)),
    }
    attributes = {
        "ConvTranspose": attribute("strides", [2, 2]) + attribute("pads", [1, 1, 1, 1]),
        "Conv": attribute("pads", [1, 1, 1, 1]),
    }
    extras, tensors = node_weights(weights, attributes)
    operators = ("MatMul", "Reshape", "ConvTranspose", "LeakyRelu", "Conv", "Sigmoid")
    return make_onnx(operators, extras=extras, graph_extra=tensors, input_rank=2)


def node_weights(
    weights: Mapping[str, np.ndarray], attributes: Mapping[str, bytes]
) -> tuple[Mapping[str, bytes], bytes]:
    """What `make_onnx` takes as `extras` and `graph_extra`: nodes' second inputs and attributes, by their operators."""
    extras = {name: attributes.get(name, b"") for name in {*weights, *attributes}}
    extras |= {name: _field(1, f"{name}_weights") + extras[name] for name in weights}
    return extras, b"".join(_field(5, _tensor(f"{name}_weights", values)) for name, values in weights.items())


def _tensor(name: str, values: np.ndarray) -> bytes:
    """A TensorProto of float32 or int64."""
    kind, dtype = (7, "<i8") if values.dtype == np.int64 else (1, "<f4")
    dims = b"".join(_field(1, size) for size in values.shape)
    return dims + _field(2, kind) + _field(8, name) + _field(9, values.astype(dtype).tobytes())


def make_onnx(
    operators: Iterable[str] = ("Identity",),
    *,
    domain: str = "",
    opset: int = 17,
    graph_extra: bytes = b"",
    node_extra: bytes = b"",
    extras: Mapping[str, bytes] = MappingProxyType({}),
    model_extra: bytes = b"",
    input_name: str = "input",
    input_rank: int = 4,
    output_rank: int = 4,
) -> bytes:
    """A float32 model that applies the operators in turn; `extras`: fields of some nodes."""
    names = [input_name, *(f"t{index}" for index in range(len(tuple(operators)) - 1)), "output"]
    nodes = b""
    for index, operator in enumerate(operators):
        node = _field(1, names[index]) + _field(2, names[index + 1]) + _field(4, operator) + node_extra
        node += extras.get(operator, b"")
        nodes += _field(1, node + (_field(7, domain) if domain else b""))
    graph = (
        nodes
        + _field(2, "graph")
        + _field(11, _value_info(input_name, input_rank))
        + _field(12, _value_info("output", output_rank))
    )
    opsets = _field(8, _field(1, "") + _field(2, opset))
    if domain:
        opsets += _field(8, _field(1, domain) + _field(2, 1))
    return _field(1, 8) + opsets + _field(7, graph + graph_extra) + model_extra


@pytest.fixture
def card_of() -> Callable[..., Card]:
    return make_card


@pytest.fixture
def onnx_of() -> Callable[..., bytes]:
    return make_onnx


@pytest.fixture
def onnx_field() -> Callable[[int, int | bytes | str], bytes]:
    return _field


@pytest.fixture
def frame_card() -> Card:
    return make_card("frames", frame=FrameShape(8, 8, "lut3d", (3, 5, 5, 5)))


@pytest.fixture
def vectors_of() -> Callable[..., np.ndarray]:
    """Seeded noise, float32 [count,length]."""

    def make(count: int, length: int, seed: int = 0) -> np.ndarray:
        return np.random.default_rng(seed).standard_normal((count, length)).astype(np.float32)

    return make


@pytest.fixture
def weights_of(tmp_path: Path) -> Callable[..., Path]:
    """Writes `<model>-<version>/` with a model of our own making and a card for it; `changes` go over the card."""

    def write(model_bytes: bytes | None = None, *, folder: str = "mirror-1", **changes: object) -> Path:
        model_bytes = make_onnx() if model_bytes is None else model_bytes
        home = tmp_path / "weights" / folder
        home.mkdir(parents=True)
        (home / "model.onnx").write_bytes(model_bytes)
        onnx = {
            "file": "model.onnx",
            "sha256": hashlib.sha256(model_bytes).hexdigest(),
            "opset": 17,
            "precision": "fp32",
        }
        onnx |= {"input": "input", "output": "output", "parameters": 0}
        card = {"model": "mirror", "version": "1", "kind": "tile", "task": "repeats", "limits": "does nothing else"}
        card |= {"onnx": onnx, "tile": {"tile_px": 16, "halo_px": 2, "scale": 1, "align_px": 2}}
        card |= {"data": [], "training": {}, "metrics": [], "licence": "Apache-2.0"}
        (home / "card.json").write_text(json.dumps(card | changes))
        return home.parent

    return write


GENERATED = LatentShape(length=7, output_shape=(3, 6, 10))


@pytest.fixture
def generator_dir(weights_of: Callable[..., Path]) -> Path:
    """Weights of one latent model, "mirror", of the shape GENERATED."""
    latent = {"length": GENERATED.length, "output_shape": list(GENERATED.output_shape)}
    return weights_of(make_generator(GENERATED), kind="latent", latent=latent)


@pytest.fixture
def photo_of() -> Callable[..., np.ndarray]:
    """Seeded noise over a gradient: no two places alike."""

    def make(height: int, width: int, seed: int = 0, channels: int = 3) -> np.ndarray:
        noise = np.random.default_rng(seed).integers(0, 128, (height, width, channels), dtype=np.uint8)
        ramp = np.linspace(0, 127, height * width, dtype=np.uint8).reshape(height, width, 1)
        return noise + ramp

    return make


@pytest.fixture
def weights_dir() -> Path:
    return WEIGHTS
