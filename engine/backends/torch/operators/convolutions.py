"""Convolutions over one to three spatial axes, and the normalisation that follows them."""

from collections.abc import Sequence

import torch
from torch.nn import functional

from engine.backends.torch.operators.operator import Operator
from engine.backends.torch.operators.windows import begins_and_ends, torch_pads

_CONVOLVE = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
_TRANSPOSED = {1: functional.conv_transpose1d, 2: functional.conv_transpose2d, 3: functional.conv_transpose3d}


def convolve(
    value: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    *,
    auto_pad: str = "NOTSET",
    dilations: Sequence[int] = (),
    group: int = 1,
    kernel_shape: Sequence[int] = (),
    pads: Sequence[int] = (),
    strides: Sequence[int] = (),
) -> torch.Tensor:
    """Conv of [N,C,*spatial] with [M,C/group,*kernel]; uneven pads cost a copy of the input."""
    kernel = list(weight.shape[2:])
    assert not kernel_shape or list(kernel_shape) == kernel, (kernel_shape, kernel)
    strides, dilations = list(strides) or [1] * len(kernel), list(dilations) or [1] * len(kernel)
    begins, ends = begins_and_ends(auto_pad, pads, value.shape[2:], kernel, strides, dilations)
    if begins != ends:
        value, begins = functional.pad(value, torch_pads(begins, ends)), [0] * len(kernel)
    return _CONVOLVE[len(kernel)](value, weight, bias, strides, begins, dilations, group)


def convolve_transposed(
    value: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    *,
    dilations: Sequence[int] = (),
    group: int = 1,
    kernel_shape: Sequence[int] = (),
    output_padding: Sequence[int] = (),
    pads: Sequence[int] = (),
    strides: Sequence[int] = (),
) -> torch.Tensor:
    """ConvTranspose of [N,C,*spatial] with [C,M/group,*kernel]; uneven pads are cut from the full answer.

    `output_shape` and `auto_pad` are not known: torch exports neither.
    """
    kernel = list(weight.shape[2:])
    axes = len(kernel)
    assert not kernel_shape or list(kernel_shape) == kernel, (kernel_shape, kernel)
    strides, dilations = list(strides) or [1] * axes, list(dilations) or [1] * axes
    extra = list(output_padding) or [0] * axes
    begins, ends = (list(pads[:axes]), list(pads[axes:])) if pads else ([0] * axes, [0] * axes)
    even = begins == ends
    padding = begins if even else [0] * axes
    answer = _TRANSPOSED[axes](value, weight, bias, strides, padding, extra, group, dilations)
    return answer if even else functional.pad(answer, torch_pads([-cut for cut in begins], [-cut for cut in ends]))


def batch_normalise(
    value: torch.Tensor,
    scale: torch.Tensor,
    bias: torch.Tensor,
    mean: torch.Tensor,
    variance: torch.Tensor,
    *,
    epsilon: float = 1e-5,
    momentum: float = 0.9,  # noqa: ARG001  (of training: stored in files, without effect here)
    training_mode: int = 0,
) -> torch.Tensor:
    """BatchNormalization with the stored statistics. Raises ValueError for a file exported in training mode."""
    if training_mode:
        raise ValueError("BatchNormalization: training_mode 0; received 1")
    return functional.batch_norm(value, mean, variance, scale, bias, training=False, eps=epsilon)


CONVOLUTIONS = {
    "BatchNormalization": Operator(batch_normalise),
    "Conv": Operator(convolve),
    "ConvTranspose": Operator(convolve_transposed),
}
