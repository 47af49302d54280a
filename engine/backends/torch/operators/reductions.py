"""Reductions over axes; the axes are an attribute up to opset 17 (ReduceSum: 12), an input from then on."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from engine.backends.torch.operators.operator import Operator, as_ints


def reduce_mean(
    value: torch.Tensor,
    over: torch.Tensor | Sequence[int] | None = None,
    *,
    axes: Sequence[int] = (),
    keepdims: int = 1,
    noop_with_empty_axes: int = 0,
) -> torch.Tensor:
    """ReduceMean."""
    return _reduce(torch.mean, value, axes if over is None else over, keepdims, noop_with_empty_axes)


def reduce_sum(
    value: torch.Tensor,
    over: torch.Tensor | Sequence[int] | None = None,
    *,
    axes: Sequence[int] = (),
    keepdims: int = 1,
    noop_with_empty_axes: int = 0,
) -> torch.Tensor:
    """ReduceSum."""
    summed = _reduce(torch.sum, value, axes if over is None else over, keepdims, noop_with_empty_axes)
    return summed.to(value.dtype)  # torch widens whole numbers


def reduce_max(
    value: torch.Tensor,
    over: torch.Tensor | Sequence[int] | None = None,
    *,
    axes: Sequence[int] = (),
    keepdims: int = 1,
    noop_with_empty_axes: int = 0,
) -> torch.Tensor:
    """ReduceMax."""
    return _reduce(torch.amax, value, axes if over is None else over, keepdims, noop_with_empty_axes)


def reduce_min(
    value: torch.Tensor,
    over: torch.Tensor | Sequence[int] | None = None,
    *,
    axes: Sequence[int] = (),
    keepdims: int = 1,
    noop_with_empty_axes: int = 0,
) -> torch.Tensor:
    """ReduceMin."""
    return _reduce(torch.amin, value, axes if over is None else over, keepdims, noop_with_empty_axes)


def _reduce(
    function: Callable[..., Any],
    value: torch.Tensor,
    axes: torch.Tensor | Sequence[int],
    keepdims: int,
    noop_with_empty_axes: int,
) -> torch.Tensor:
    over = as_ints(axes)
    if not over and noop_with_empty_axes:
        return value
    return function(value, dim=tuple(over) or tuple(range(value.ndim)), keepdim=bool(keepdims))


REDUCTIONS = {
    "ReduceMax": Operator(reduce_max, host_inputs=(1,)),
    "ReduceMean": Operator(reduce_mean, host_inputs=(1,)),
    "ReduceMin": Operator(reduce_min, host_inputs=(1,)),
    "ReduceSum": Operator(reduce_sum, host_inputs=(1,)),
}
