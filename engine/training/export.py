"""From a run's best checkpoint to committed weights: ONNX, a parity check against torch, a card."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from engine.training import checkpoints, ranks
from engine.training.cards import LICENCE, MODEL_FILE, OPSET, UNITS, new_card, sha256_of, write_card
from engine.training.checkpoints import BEST_FILE, Saved
from engine.training.errors import ParityError, RefusedError
from engine.training.public_commands import public
from engine.training.recipes import RECIPES
from engine.training.whole_files import replace_folders

__all__ = ["ParityError", "check_parity", "export_onnx", "export_run", "training_facts", "write_model"]

PARITY_TOLERANCE = 1e-4  # of 0..1, a fortieth of an 8-bit level; of the largest value, where an answer goes beyond 1
MAX_FILE_BYTES = 16_000_000

Shape = tuple[int, ...]


def export_run(model: str, run: Path, weights: Path, version: str, licence: str = LICENCE) -> Path:
    """Export ``run``/best.pt to ``weights``/<model>-<version> and return that folder.

    Raises ParityError when ONNX Runtime's result differs from torch's by more than `PARITY_TOLERANCE`, RefusedError for
    a run of another model; a version that lies there already is then left as it was.
    """
    saved = checkpoints.load(run / BEST_FILE, "weights")
    other = checkpoints.model_of(saved)
    if other in RECIPES and other != model:
        raise RefusedError(f"{run} is a run of {other}, not of {model}")
    network = RECIPES[model].build().eval()
    checkpoints.fit(network, saved["weights"], run / BEST_FILE)
    name = f"{model}-{version}"
    with replace_folders(weights) as made:
        facts = write_model(model, RECIPES[model].serve(network), made / name)
        write_card(made / name, new_card(model, version, facts, training_facts(saved), saved["data"], licence))
    return weights / name


def write_model(model: str, network: nn.Module, folder: Path) -> dict[str, Any]:
    """Write a network as ONNX into a folder, check it against torch, and return what a card says of the file.

    Raises ParityError, and ValueError for a file of more than `MAX_FILE_BYTES`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MODEL_FILE
    kind, example = _example(model)
    export_onnx(network, path, kind, example)
    check_parity(network, path, sizes=_parity_sizes(kind, example))
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"{path} has {path.stat().st_size} bytes; a committed file has at most {MAX_FILE_BYTES}")
    return {
        "file": MODEL_FILE,
        "sha256": sha256_of(path),
        "opset": OPSET,
        "precision": "fp32",
        "input": "input",
        "output": "output",
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
    }


def export_onnx(network: nn.Module, path: Path, kind: str, example: Shape) -> None:
    """Write ``network`` as one ONNX file of opset 17; a tile's batch, height and width stay free, else the batch alone.

    ``example``: the shape of an input to trace it with, [N,C,H,W], or [N,K] of latents.
    """
    axes = {0: "n", 2: "height", 3: "width"} if kind == "tile" else {0: "n"}
    out_axes = {0: "n", 2: "out_height", 3: "out_width"} if kind == "tile" else {0: "n"}
    with warnings.catch_warnings():
        # torch 2.9 and later prefer an exporter that needs onnxscript; the older one writes the plain operators wanted.
        warnings.simplefilter("ignore", DeprecationWarning)
        if kind != "tile":  # a size that the network asks for is fixed; of a tile the warning is meant
            warnings.simplefilter("ignore", torch.jit.TracerWarning)  # type: ignore[attr-defined]
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


def check_parity(network: nn.Module, path: Path, sizes: list[Shape]) -> float:
    """Return the largest difference between torch and ONNX Runtime over random inputs of ``sizes``.

    It counts as a share of the largest value answered where that is over 1. Pictures are uniform in 0..1, latents
    normal. Raises ParityError when it is over `PARITY_TOLERANCE`, and where either answers with no finite number.
    """
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    worst = 0.0
    for size in sizes:
        batch = rng.random(size, np.float32) if len(size) == 4 else rng.standard_normal(size, np.float32)
        with torch.no_grad():
            expected = network(torch.from_numpy(batch)).numpy()
        answered = session.run(None, {"input": batch})[0]
        if not (np.isfinite(answered).all() and np.isfinite(expected).all()):
            raise ParityError(f"{path}: not every number that it answers an input of {list(size)} with is finite")
        worst = max(worst, float(np.abs(answered - expected).max() / max(1.0, np.abs(expected).max())))
    if not worst <= PARITY_TOLERANCE:
        raise ParityError(f"{path}: ONNX Runtime differs from torch by {worst:.2e}, allowed {PARITY_TOLERANCE:.0e}")
    return worst


def training_facts(saved: Saved) -> dict[str, Any]:
    """Return what a card says of a training: its command, seed and settings, and those of the ones it builds upon."""
    *before, _ = checkpoints.training_of(saved)
    facts = {
        "command": public(saved["command"]),
        "seed": saved["schedule"]["seed"],
        "steps": saved["step"],
        "wall_s": round(saved["wall_s"]),
        "hardware": saved.get("hardware", ranks.hardware(ranks.CPU)),  # runs of before it was kept were all on CPUs
        "config": saved["schedule"],
    }
    return facts | ({"before": [each | {"command": public(each["command"])} for each in before]} if before else {})


def _example(model: str) -> tuple[str, Shape]:
    """Return the model's kind of unit, and the shape of an input to trace it with."""
    kind, unit = next(iter(UNITS[model].items()))
    if kind == "latent":
        return kind, (1, unit["length"])
    height, width = (unit["height_px"], unit["width_px"]) if kind == "frame" else (64, 64)
    return kind, (1, unit.get("channels_in", 3), height, width)


def _parity_sizes(kind: str, example: Shape) -> list[Shape]:
    if kind == "tile":
        return [(1, example[1], 64, 64), (3, example[1], 96, 48), (1, example[1], 4, 4)]
    return [(n, *example[1:]) for n in (1, 3)]
