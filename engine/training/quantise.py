"""From committed weights to an INT8 variant of them: static quantisation, calibrated on training photos, measured.

The convolutions of the residual body become INT8; of a body with a quarter level that level's blocks alone, unless its
weights have learned to be rounded (`restore_int8.py`). Head, tail, sums and the bicubic branch stay in single
precision, since their error would go straight into the picture. Weights are quantised per channel to 7 bits, so that
processors without VNNI, which add pairs of products in 16 bits, cannot overflow; activations per tensor to 8 bits, over
the range that holds all but 1 in 10,000 of the values that calibration saw.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

from engine.pixels.noise import with_noise_level
from engine.training.cards import MODEL_FILE, folder_of, read_card, sha256_of, write_card
from engine.training.data import Pixels, as_batch, clothing_photos, load_rgb, shrink
from engine.training.degradations import degrade, draw_training_degradation
from engine.training.errors import RefusedError
from engine.training.inference import Network
from engine.training.int8 import CALIBRATION_PHOTOS, CALIBRATION_SEED, KEPT_PERCENT, Ends
from engine.training.measures import Metric
from engine.training.measures.precisions import compare_networks
from engine.training.public_commands import public
from engine.training.timing import cpu_ms_per_megapixel

INT8_FILE = "model.int8.onnx"
CALIBRATION_PX = 192
ALIGN_PX = 4  # what any tile model asks for
MOST_LOST_DB = 0.1
QUARTER_LEVEL = "/blocks/"


class WorseVariantError(Exception):
    """The variant loses too much, or is no faster."""


def quantise_model(options: argparse.Namespace) -> Path:
    """Write the INT8 variant of ``options.model`` and its entry in the card; return its file.

    Raises WorseVariantError, and leaves the folder as it was, when it loses more than `MOST_LOST_DB` or saves no time;
    RefusedError for a run that did not learn from these weights, and where one that did would be given up.
    """
    folder = folder_of(options.weights, options.model)
    card = read_card(folder)
    _require_its_run(options, card)
    tried = folder / f"tried-{INT8_FILE}"
    batches = calibration_batches(options.model, options.data)
    if options.run is None:
        quantise(folder / card["onnx"]["file"], tried, batches)
    else:
        _quantise_learned(options, tried, batches)
    networks = {name: Network(folder, options.threads, file) for name, file in (("fp32", None), ("int8", tried.name))}
    quality = compare_networks(options.model, networks, options.data, options.limit)
    time = cpu_ms_per_megapixel(networks)
    lost = quality.baseline["fp32"] - quality.value
    print(f"{quality.name} {quality.value:g}, {lost:.3f} dB lost; CPU ms/MP {time['int8']:.0f} of {time['fp32']:.0f}")
    if lost > MOST_LOST_DB or time["int8"] >= time["fp32"]:
        tried.unlink()
        raise WorseVariantError(f"allowed: at most {MOST_LOST_DB} dB lost, and less CPU time than in fp32")
    path = tried.replace(folder / INT8_FILE)
    made = with_variant(card, path, [quality], public(options.command_line))
    if options.run is not None:
        made["variants"][-1]["training"] = _training_of(options.run)
    write_card(folder, made)
    return path


def _require_its_run(options: argparse.Namespace, card: dict[str, Any]) -> None:
    """Raise RefusedError where ``options.run`` is not what the model's variant is to be made of."""
    learned = [variant for variant in card.get("variants", []) if "training" in variant]
    if options.run is None:
        if learned:
            raise RefusedError(
                f"the INT8 variant of {options.model} has learned to be rounded: name its run with --run"
            )
        return
    if options.model != "restore":
        raise RefusedError(f"--run is for restore, which learns to be rounded; {options.model} does not")
    own = (card["training"]["command"], card["training"]["seed"], card["training"]["steps"])
    before = _training_of(options.run).get("before", [])
    if own not in [(each["command"], each["seed"], each["steps"]) for each in before]:
        raise RefusedError(f"{options.run} did not learn from {options.model} {card['version']}, but from {before}")


def _quantise_learned(options: argparse.Namespace, tried: Path, batches: Iterator[NDArray[np.float32]]) -> None:
    """Write what ``options.run`` learned to ``tried``: its whole body in INT8, in the ranges that it learned with."""
    from engine.training.export import write_model
    from engine.training.recipes import RECIPES, trained
    from engine.training.simulated_int8 import ranges_of

    network = trained(f"{options.model}-int8", options.run)
    with tempfile.TemporaryDirectory() as place:
        write_model(options.model, RECIPES[f"{options.model}-int8"].serve(network), Path(place))
        quantise(Path(place) / MODEL_FILE, tried, batches, ranges_of(network))


def _training_of(run: Path) -> dict[str, Any]:
    """What a card says of how a run was trained."""
    from engine.training import checkpoints
    from engine.training.export import training_facts

    return training_facts(checkpoints.load(run / checkpoints.BEST_FILE))


def quantise(
    model: Path, target: Path, batches: Iterator[NDArray[np.float32]], ranges: Mapping[str, Ends] | None = None
) -> None:
    """Write ``model`` with its body's convolutions between Q/DQ pairs to ``target``; only standard operators.

    ``ranges``: those of the whole body's convolutions, by their modules' names; without, calibration finds them for
    some (`inner_convolutions`).
    """
    graph = onnx.load(model).graph
    quantised, overrides = inner_convolutions(graph), {}
    if ranges is not None:
        quantised, overrides = _in_ranges(graph, ranges)
    quantize_static(
        str(model),
        str(target),
        _Reader(graph.input[0].name, batches),
        quant_format=QuantFormat.QDQ,
        nodes_to_quantize=quantised,
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.Percentile,
        extra_options={"CalibPercentile": KEPT_PERCENT, "TensorQuantOverrides": overrides},
    )
    if ranges is not None:
        _add_unrounded(target)


def _add_unrounded(path: Path) -> None:
    """Let the sums of a quantised file take what is not a convolution's answer as it was before it was rounded.

    A block adds to what it was given; rounded anew in every block, that would lose more than all convolutions do.
    """
    model = onnx.load(path)
    makers = {name: node for node in model.graph.node for name in node.output}
    for node in model.graph.node:
        for place, name in enumerate(node.input if node.op_type == "Add" else ()):
            exact = name
            while exact in makers and makers[exact].op_type in ("DequantizeLinear", "QuantizeLinear"):
                exact = makers[exact].input[0]
            given = makers[exact].input[0] if exact in makers and makers[exact].op_type == "Conv" else ""
            rounded = given in makers and makers[given].op_type == "DequantizeLinear"
            node.input[place] = name if rounded else exact
    onnx.save(model, path)


def _in_ranges(graph: Any, ranges: Mapping[str, Ends]) -> tuple[list[str], dict[str, list[dict[str, Any]]]]:
    """Return the names of the nodes to quantise, and the ranges of the tensors before and after them.

    A ReLU behind a convolution is one of them: what lies between the two is then not rounded, and not lost. Raises
    ValueError for ranges that no convolution has: without nodes ONNX Runtime would quantise all there are.
    """
    nodes: list[str] = []
    seen: set[str] = set()
    found: dict[str, set[tuple[float, int]]] = {}
    rectifiers = {node.input[0]: node for node in graph.node if node.op_type == "Relu"}
    for node in graph.node:
        name = node.input[1].removesuffix(".weight") if node.op_type == "Conv" else ""
        if name not in ranges:
            continue
        seen.add(name)
        rectifier = rectifiers.get(node.output[0])
        nodes += [node.name] if rectifier is None else [node.name, rectifier.name]
        after = node.output[0] if rectifier is None else rectifier.output[0]
        for tensor, (scale, zero) in zip((node.input[0], after), ranges[name], strict=True):
            found.setdefault(tensor, set()).add((scale, zero))
    missing = sorted(set(ranges) - seen)
    torn = sorted(tensor for tensor, its in found.items() if len(its) > 1)
    if missing or torn:
        raise ValueError(f"ranges of no convolution: {missing}; tensors with two ranges: {torn}")
    overrides = {
        tensor: [{"scale": np.array(scale, np.float32), "zero_point": np.array(zero, np.uint8)}]
        for tensor, its in found.items()
        for scale, zero in its
    }
    return nodes, overrides


def inner_convolutions(graph: Any) -> list[str]:
    """Return the names of an ONNX graph's convolutions that take INT8: the body's, by the names that the export gave.

    Of a body with a quarter level only the blocks there: nearly half of the work, and an eighth of what rounding costs
    weights that have not learned it.
    """
    names = [node.name for node in graph.node if node.op_type == "Conv" and node.name.startswith("/body/")]
    return [name for name in names if QUARTER_LEVEL in name] or names


def calibration_batches(model: str, data: Path) -> Iterator[NDArray[np.float32]]:
    """Yield the middles of training photos as the model meets pictures: spoilt, or shrunk."""
    photos = clothing_photos(data, "train")
    rng = np.random.default_rng(CALIBRATION_SEED)
    for index in range(CALIBRATION_PHOTOS):
        photo = load_rgb(photos[index * len(photos) // CALIBRATION_PHOTOS])
        restored = model == "restore"
        seen = with_noise_level(degrade(photo, draw_training_degradation(rng), rng)) if restored else shrink(photo, 2)
        yield as_batch([_middle(seen)])


def with_variant(card: dict[str, Any], path: Path, metrics: list[Metric], command: str) -> dict[str, Any]:
    """Return the card with this file as its one INT8 variant."""
    entries = [metric.as_dict(command) for metric in metrics]
    variant = {"precision": "int8", "file": path.name, "sha256": sha256_of(path), "metrics": entries}
    others = [other for other in card.get("variants", []) if other["precision"] != "int8"]
    return card | {"variants": [*others, variant]}


class _Reader:
    """What the quantiser reads calibration data from: one batch for each call, then None."""

    def __init__(self, name: str, batches: Iterator[NDArray[np.float32]]) -> None:
        self._name = name
        self._batches = batches

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        batch = next(self._batches, None)
        return None if batch is None else {self._name: batch}


def _middle(image: Pixels) -> Pixels:
    """Return the middle of an image, its sides multiples of `ALIGN_PX` and at most `CALIBRATION_PX`."""
    height, width = (min(length, CALIBRATION_PX) // ALIGN_PX * ALIGN_PX for length in image.shape[:2])
    top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
    return image[top : top + height, left : left + width]
