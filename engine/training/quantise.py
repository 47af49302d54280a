"""From committed weights to an INT8 variant of them: static quantisation, calibrated on training photos, measured.

The 3×3 convolutions of the residual body become INT8, or of its quarter level where it has one; head, tail, sums and
the bicubic branch stay in single precision, since their error would go straight into the picture. Weights are quantised
per channel to 7 bits, so that processors without VNNI, which add pairs of products in 16 bits, cannot overflow;
activations per tensor to 8 bits, over the range that holds all but 1 in 10,000 of the values that calibration saw.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

from engine.pixels.noise import with_noise_level
from engine.training.cards import folder_of, read_card, sha256_of, write_card
from engine.training.data import Pixels, as_batch, clothing_photos, load_rgb, shrink
from engine.training.degradations import degrade, draw_training_degradation
from engine.training.inference import Network
from engine.training.measures import Metric
from engine.training.measures.precisions import compare_networks
from engine.training.timing import cpu_ms_per_megapixel

INT8_FILE = "model.int8.onnx"
CALIBRATION_PHOTOS = 64
CALIBRATION_PX = 192
ALIGN_PX = 4  # what any tile model asks for
CALIBRATION_SEED = 1
KEPT_PERCENT = 99.99
MOST_LOST_DB = 0.1
QUARTER_LEVEL = "/blocks/"


class WorseVariantError(Exception):
    """The variant loses too much, or is no faster."""


def quantise_model(options: argparse.Namespace) -> Path:
    """Write the INT8 variant of ``options.model`` and its entry in the card; return its file.

    Raises WorseVariantError, and leaves the folder as it was, when it loses more than `MOST_LOST_DB` or saves no time.
    """
    folder = folder_of(options.weights, options.model)
    card = read_card(folder)
    tried = folder / f"tried-{INT8_FILE}"
    quantise(folder / card["onnx"]["file"], tried, calibration_batches(options.model, options.data))
    networks = {name: Network(folder, options.threads, file) for name, file in (("fp32", None), ("int8", tried.name))}
    quality = compare_networks(options.model, networks, options.data, options.limit)
    time = cpu_ms_per_megapixel(networks)
    lost = quality.baseline["fp32"] - quality.value
    print(f"{quality.name} {quality.value:g}, {lost:.3f} dB lost; CPU ms/MP {time['int8']:.0f} of {time['fp32']:.0f}")
    if lost > MOST_LOST_DB or time["int8"] >= time["fp32"]:
        tried.unlink()
        raise WorseVariantError(f"allowed: at most {MOST_LOST_DB} dB lost, and less CPU time than in fp32")
    path = tried.replace(folder / INT8_FILE)
    write_card(folder, with_variant(card, path, [quality], options.command_line))
    return path


def quantise(model: Path, target: Path, batches: Iterator[NDArray[np.float32]]) -> None:
    """Write ``model`` with its body's convolutions between Q/DQ pairs to ``target``; only standard operators."""
    graph = onnx.load(model).graph
    quantize_static(
        str(model),
        str(target),
        _Reader(graph.input[0].name, batches),
        quant_format=QuantFormat.QDQ,
        nodes_to_quantize=inner_convolutions(graph),
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.Percentile,
        extra_options={"CalibPercentile": KEPT_PERCENT},
    )


def inner_convolutions(graph: Any) -> list[str]:
    """Return the names of an ONNX graph's convolutions that take INT8: the body's, by the names that the export gave.

    Of a body with a quarter level only the blocks there: nearly half of the work, and an eighth of the loss.
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
