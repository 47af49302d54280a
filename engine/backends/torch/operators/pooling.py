"""Pools over one to three spatial axes."""

import math
from collections.abc import Sequence

import torch
from torch.nn import functional

from engine.backends.torch.operators.operator import Operator
from engine.backends.torch.operators.windows import begins_and_ends, torch_pads

_AVERAGE = {1: functional.avg_pool1d, 2: functional.avg_pool2d, 3: functional.avg_pool3d}
_MAXIMUM = {1: functional.max_pool1d, 2: functional.max_pool2d, 3: functional.max_pool3d}


def average_pool(
    value: torch.Tensor,
    *,
    kernel_shape: Sequence[int],
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    count_include_pad: int = 0,
    pads: Sequence[int] = (),
    strides: Sequence[int] = (),
) -> torch.Tensor:
    """AveragePool: by default only the pixels of the picture count, not the padding."""
    kernel, strides = list(kernel_shape), list(strides) or [1] * len(kernel_shape)
    begins, ends = begins_and_ends(auto_pad, pads, value.shape[2:], kernel, strides, [1] * len(kernel))
    beyond = _beyond(value.shape[2:], kernel, strides, begins, ends) if ceil_mode else [0] * len(kernel)
    pool = _AVERAGE[len(kernel)]
    if not any((*begins, *ends, *beyond)):
        return pool(value, kernel, strides)
    counted = torch.ones_like(value[:1, :1])
    if count_include_pad:
        counted = functional.pad(counted, torch_pads(begins, ends), value=1.0)
        counted = functional.pad(counted, torch_pads([0] * len(kernel), beyond))
    else:
        counted = functional.pad(counted, _with_rest(begins, ends, beyond))
    sums = pool(functional.pad(value, _with_rest(begins, ends, beyond)), kernel, strides)
    return sums / pool(counted, kernel, strides)


def max_pool(
    value: torch.Tensor,
    *,
    kernel_shape: Sequence[int],
    auto_pad: str = "NOTSET",
    ceil_mode: int = 0,
    dilations: Sequence[int] = (),
    pads: Sequence[int] = (),
    storage_order: int = 0,  # noqa: ARG001  (orders the indices, an output that is not converted)
    strides: Sequence[int] = (),
) -> torch.Tensor:
    """MaxPool: padding is below every value."""
    kernel, strides = list(kernel_shape), list(strides) or [1] * len(kernel_shape)
    dilations = list(dilations) or [1] * len(kernel)
    begins, ends = begins_and_ends(auto_pad, pads, value.shape[2:], kernel, strides, dilations)
    reach = [(width - 1) * dilation + 1 for width, dilation in zip(kernel, dilations, strict=True)]
    beyond = _beyond(value.shape[2:], reach, strides, begins, ends) if ceil_mode else [0] * len(kernel)
    padded = functional.pad(value, _with_rest(begins, ends, beyond), value=-math.inf)
    return _MAXIMUM[len(kernel)](padded, kernel, strides, 0, dilations)


def global_average_pool(value: torch.Tensor) -> torch.Tensor:
    """GlobalAveragePool of [N,C,*spatial]: every spatial axis becomes 1."""
    return value.mean(dim=tuple(range(2, value.ndim)), keepdim=True)


def global_max_pool(value: torch.Tensor) -> torch.Tensor:
    """GlobalMaxPool of [N,C,*spatial]: every spatial axis becomes 1."""
    return value.amax(dim=tuple(range(2, value.ndim)), keepdim=True)


def _beyond(
    sizes: Sequence[int], reach: Sequence[int], strides: Sequence[int], begins: Sequence[int], ends: Sequence[int]
) -> list[int]:
    """With ceil_mode: how far the last window of each axis stands out. One that would begin in the padding after the
    picture is left out, as in ONNX Runtime and torch.
    """
    rest = []
    for size, width, stride, begin, end in zip(sizes, reach, strides, begins, ends, strict=True):
        windows = -(-(size + begin + end - width) // stride) + 1
        if (windows - 1) * stride >= size + begin:
            windows -= 1
        rest.append(max(0, (windows - 1) * stride + width - (size + begin + end)))
    return rest


def _with_rest(begins: Sequence[int], ends: Sequence[int], beyond: Sequence[int]) -> list[int]:
    return torch_pads(begins, [end + rest for end, rest in zip(ends, beyond, strict=True)])


POOLING = {
    "AveragePool": Operator(average_pool),
    "GlobalAveragePool": Operator(global_average_pool),
    "GlobalMaxPool": Operator(global_max_pool),
    "MaxPool": Operator(max_pool),
}
