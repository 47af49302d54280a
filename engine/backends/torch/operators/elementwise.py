"""Operators that answer each element by itself, with ONNX's (NumPy's) broadcasting."""

from functools import reduce

import torch

from engine.backends.torch.operators.operator import Operator


def divide(dividend: torch.Tensor, divisor: torch.Tensor) -> torch.Tensor:
    """Div: whole numbers are cut towards zero."""
    whole = not dividend.is_floating_point()
    return torch.div(dividend, divisor, rounding_mode="trunc" if whole else None)


def modulo(dividend: torch.Tensor, divisor: torch.Tensor, *, fmod: int = 0) -> torch.Tensor:
    """Mod: what is left has the divisor's sign; the dividend's with ``fmod``, which fractions need."""
    return torch.fmod(dividend, divisor) if fmod else torch.remainder(dividend, divisor)


def power(base: torch.Tensor, exponent: torch.Tensor) -> torch.Tensor:
    """Pow: the result has the base's type."""
    return torch.pow(base, exponent).to(base.dtype)


def minimum(*values: torch.Tensor) -> torch.Tensor:
    """Min of one or more."""
    return reduce(torch.minimum, values)


def maximum(*values: torch.Tensor) -> torch.Tensor:
    """Max of one or more."""
    return reduce(torch.maximum, values)


def clip(value: torch.Tensor, low: torch.Tensor | None = None, high: torch.Tensor | None = None) -> torch.Tensor:
    """Clip: either bound may be absent; the upper one wins where they cross."""
    if low is None and high is None:
        return value
    return torch.clamp(value, low, high)


def cast(value: torch.Tensor, *, to: torch.dtype) -> torch.Tensor:
    """Cast: fractions are cut towards zero when they become whole numbers."""
    return value.to(to)


def identity(value: torch.Tensor) -> torch.Tensor:
    """Identity."""
    return value


ELEMENTWISE = {
    "Abs": Operator(torch.abs),
    "Add": Operator(torch.add),
    "And": Operator(torch.logical_and),
    "Cast": Operator(cast),
    "Ceil": Operator(torch.ceil),
    "Clip": Operator(clip),
    "Cos": Operator(torch.cos),
    "Div": Operator(divide),
    "Equal": Operator(torch.eq),
    "Erf": Operator(torch.erf),
    "Exp": Operator(torch.exp),
    "Floor": Operator(torch.floor),
    "Greater": Operator(torch.gt),
    "GreaterOrEqual": Operator(torch.ge),
    "Identity": Operator(identity),
    "Less": Operator(torch.lt),
    "LessOrEqual": Operator(torch.le),
    "Log": Operator(torch.log),
    "Max": Operator(maximum),
    "Min": Operator(minimum),
    "Mod": Operator(modulo),
    "Mul": Operator(torch.mul),
    "Neg": Operator(torch.neg),
    "Not": Operator(torch.logical_not),
    "Or": Operator(torch.logical_or),
    "Pow": Operator(power),
    "Reciprocal": Operator(torch.reciprocal),
    "Round": Operator(torch.round),
    "Sin": Operator(torch.sin),
    "Sqrt": Operator(torch.sqrt),
    "Sub": Operator(torch.sub),
    "Where": Operator(torch.where),
}
