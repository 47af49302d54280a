"""What the converter must know of an operator, and how an operator reads what is known on the host."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Operator:
    """A torch function for one ONNX operator."""

    function: Callable[..., Any]
    host_inputs: tuple[int, ...] = ()
    """Inputs that decide shapes (axes, pads, sizes): read on the host, as numbers, never from the device."""
    makes_data: bool = False
    """Its float result belongs on the device, although its inputs are known on the host."""
    tells_shape: bool = False
    """Its result is known on the host, although its input lies on the device."""
    answers_many: bool = False
    """It returns a tuple, one tensor for each output."""


def known_attributes(function: Callable[..., Any]) -> frozenset[str]:
    """The ONNX attributes that a function takes: its keyword-only parameters (torch's own functions take none)."""
    if not isinstance(function, FunctionType):
        return frozenset()
    parameters = inspect.signature(function).parameters.values()
    return frozenset(entry.name for entry in parameters if entry.kind is entry.KEYWORD_ONLY)


def as_ints(value: torch.Tensor | Sequence[int]) -> list[int]:
    """A shape-like input as whole numbers: a literal of the file, or a host tensor computed from a shape."""
    return [int(number) for number in (value.flatten().tolist() if isinstance(value, torch.Tensor) else value)]


def as_floats(value: torch.Tensor | Sequence[float]) -> list[float]:
    """As `as_ints`, of fractions."""
    return [float(number) for number in (value.flatten().tolist() if isinstance(value, torch.Tensor) else value)]
