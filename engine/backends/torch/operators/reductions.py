"""Reductions over axes; the axes are an attribute up to opset 17 (ReduceSum: 12), an input from then on."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from engine.backends.torch.operators.operator import Operator, as_ints


def _reducing(function: Callable[..., Any]) -> Callable[..., torch.Tensor]:
    """Make the operator of a torch function that takes `dim` and `keepdim`."""

    def reduce(
        value: torch.Tensor,
        over: torch.Tensor | Sequence[int] | None = None,
        *,
        axes: Sequence[int] = (),
        keepdims: int = 1,
        noop_with_empty_axes: int = 0,
    ) -> torch.Tensor:
        chosen = as_ints(axes if over is None else over)
        if not chosen and noop_with_empty_axes:
            return value
        return function(value, dim=tuple(chosen) or tuple(range(value.ndim)), keepdim=bool(keepdims))

    return reduce


def _sum(value: torch.Tensor, dim: tuple[int, ...], keepdim: bool) -> torch.Tensor:
    return torch.sum(value, dim=dim, keepdim=keepdim).to(value.dtype)  # torch widens whole numbers


REDUCTIONS = {
    "ReduceMax": Operator(_reducing(torch.amax), host_inputs=(1,)),
    "ReduceMean": Operator(_reducing(torch.mean), host_inputs=(1,)),
    "ReduceMin": Operator(_reducing(torch.amin), host_inputs=(1,)),
    "ReduceSum": Operator(_reducing(_sum), host_inputs=(1,)),
}
