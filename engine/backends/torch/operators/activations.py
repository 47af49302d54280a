"""Activations and softmax."""

import torch
from torch.nn import functional

from engine.backends.torch.operators.operator import Operator


def leaky_relu(value: torch.Tensor, *, alpha: float = 0.01) -> torch.Tensor:
    """LeakyRelu."""
    return functional.leaky_relu(value, alpha)


def p_relu(value: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
    """PRelu: the slope is broadcast to the value's shape from the right (torch's own takes one per channel only)."""
    return torch.where(value < 0, slope * value, value)


def elu(value: torch.Tensor, *, alpha: float = 1.0) -> torch.Tensor:
    """Elu."""
    return functional.elu(value, alpha)


def hard_sigmoid(value: torch.Tensor, *, alpha: float = 0.2, beta: float = 0.5) -> torch.Tensor:
    """HardSigmoid: torch's own has a fixed slope of 1/6."""
    return torch.clamp(value * alpha + beta, 0, 1)


def hard_swish(value: torch.Tensor) -> torch.Tensor:
    """HardSwish."""
    return functional.hardswish(value)


def gelu(value: torch.Tensor, *, approximate: str = "none") -> torch.Tensor:
    """Gelu: "none" by the error function, "tanh" by its approximation."""
    return functional.gelu(value, approximate=approximate)


def softmax(value: torch.Tensor, *, axis: int = -1) -> torch.Tensor:
    """Softmax over one axis (before opset 13 it flattened all axes from there on)."""
    return torch.softmax(value, axis)


ACTIVATIONS = {
    "Elu": Operator(elu),
    "Gelu": Operator(gelu),
    "HardSigmoid": Operator(hard_sigmoid),
    "HardSwish": Operator(hard_swish),
    "LeakyRelu": Operator(leaky_relu),
    "PRelu": Operator(p_relu),
    "Relu": Operator(torch.relu),
    "Sigmoid": Operator(torch.sigmoid),
    "Softmax": Operator(softmax),
    "Tanh": Operator(torch.tanh),
}
