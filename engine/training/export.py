"""From a run's best checkpoint to committed weights: ONNX, a parity check against torch, a card."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from engine.training.cards import MODEL_FILE, OPSET, UNITS, new_card, sha256_of, write_card
from engine.training.recipes import RECIPES

PARITY_TOLERANCE = 1e-4  # of 0..1; a fortieth of an 8-bit level
MAX_FILE_BYTES = 16_000_000


class ParityError(Exception):
    """The exported network does not compute what the trained one does."""


def export_run(model: str, run: Path, weights: Path, version: str) -> Path:
    """Export ``run``/best.pt to ``weights``/<model>-<version> and return that folder.

    Raises ParityError when ONNX Runtime's result differs from torch's by more than `PARITY_TOLERANCE`.
    """
    saved = torch.load(run / "best.pt", weights_only=True)
    network = RECIPES[model].build().eval()
    network.load_state_dict(saved["weights"])
    network = RECIPES[model].serve(network)
    folder = weights / f"{model}-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MODEL_FILE
    export_onnx(network, path, *_example(model))
    check_parity(network, path, sizes=_parity_sizes(model))
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size} bytes; a committed file has at most {MAX_FILE_BYTES}")
    facts = {
        "file": MODEL_FILE,
        "sha256": sha256_of(path),
        "opset": OPSET,
        "precision": "fp32",
        "input": "input",
        "output": "output",
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
    }
    write_card(folder, new_card(model, version, facts, _training_facts(saved), saved["data"]))
    return folder


def export_onnx(network: nn.Module, path: Path, kind: str, example: tuple[int, int, int, int]) -> None:
    """Write ``network`` as one ONNX file of opset 17; a tile's batch, height and width stay free, a frame's batch.

    ``example``: the shape [N,C,H,W] of an input to trace it with.
    """
    axes = {0: "n", 2: "height", 3: "width"} if kind == "tile" else {0: "n"}
    out_axes = {0: "n", 2: "out_height", 3: "out_width"} if kind == "tile" else {0: "n"}
    with warnings.catch_warnings():
        # torch 2.9 and later prefer an exporter that needs onnxscript; the older one writes the plain operators wanted.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            network,
            (torch.rand(example),),
            str(path),
            opset_version=OPSET,
            dynamo=False,
            input_names=["input"],
            output_names=["output"],
            dynamic_axes={"input": axes, "output": out_axes},
        )
    onnx.checker.check_model(str(path), full_check=True)


def check_parity(network: nn.Module, path: Path, sizes: list[tuple[int, int, int, int]]) -> float:
    """Return the largest difference between torch and ONNX Runtime over random inputs of ``sizes`` [N,C,H,W].

    Raises ParityError when it is over `PARITY_TOLERANCE`.
    """
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    worst = 0.0
    for size in sizes:
        batch = rng.random(size, np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(batch)).numpy()
        worst = max(worst, float(np.abs(session.run(None, {"input": batch})[0] - expected).max()))
    if worst > PARITY_TOLERANCE:
        raise ParityError(f"{path}: ONNX Runtime differs from torch by {worst:.2e}, allowed {PARITY_TOLERANCE:.0e}")
    return worst


def _example(model: str) -> tuple[str, tuple[int, int, int, int]]:
    """Return the model's kind of unit, and the shape of an input to trace it with."""
    kind, unit = next(iter(UNITS[model].items()))
    height, width = (unit["height_px"], unit["width_px"]) if kind == "frame" else (64, 64)
    return kind, (1, unit.get("channels_in", 3), height, width)


def _parity_sizes(model: str) -> list[tuple[int, int, int, int]]:
    kind, (_, channels, height, width) = _example(model)
    if kind == "frame":
        return [(n, channels, height, width) for n in (1, 3)]
    return [(1, channels, 64, 64), (3, channels, 96, 48), (1, channels, 4, 4)]


def _training_facts(saved: dict[str, Any]) -> dict[str, Any]:
    return {
        "command": re.sub(r"\S+/(?=runs/)", "", saved["command"]),  # where the runs lie concerns this machine only
        "seed": saved["schedule"]["seed"],
        "steps": saved["step"],
        "wall_s": round(saved["wall_s"]),
        "hardware": f"{os.cpu_count()} CPU cores",
        "config": saved["schedule"],
    }
