"""A network's parameters, read back from the ONNX file that it was exported as."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper

from engine.training.checkpoints import Weights


def parameters_of(path: Path) -> Weights:
    """Return the parameters in an ONNX file by their names in torch; those of renamed convolutions by their nodes'."""
    graph = onnx.load(str(path)).graph
    held = {tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy()) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Conv":
            module = node.name.strip("/").rpartition("/")[0].replace("/", ".")
            names = dict(zip(node.input[1:], (f"{module}.weight", f"{module}.bias"), strict=False))
            held |= {names[name]: held.pop(name) for name in names if name.startswith("onnx::")}
    return held
