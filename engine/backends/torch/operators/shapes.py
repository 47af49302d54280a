"""Operators that move elements to another shape, and those that compute with shapes (on the host)."""

from collections.abc import Sequence

import torch
from torch.nn import functional

from engine.backends.torch.operators.operator import Operator, as_ints


def reshape(value: torch.Tensor, shape: torch.Tensor | Sequence[int], *, allowzero: int = 0) -> torch.Tensor:
    """Reshape: -1 takes what is left, and 0 (without `allowzero`) copies the input's length."""
    lengths = as_ints(shape)
    if not allowzero:
        lengths = [value.shape[axis] if length == 0 else length for axis, length in enumerate(lengths)]
    return value.reshape(lengths)


def flatten(value: torch.Tensor, *, axis: int = 1) -> torch.Tensor:
    """Flatten to a matrix: the axes before `axis`, and the others."""
    axis = axis + value.ndim if axis < 0 else axis
    rows = 1
    for length in value.shape[:axis]:
        rows *= length
    return value.reshape(rows, -1)


def transpose(value: torch.Tensor, *, perm: Sequence[int] = ()) -> torch.Tensor:
    """Transpose: without `perm` the axes are reversed."""
    return value.permute(tuple(perm) or tuple(reversed(range(value.ndim))))


def squeeze(value: torch.Tensor, axes: torch.Tensor | Sequence[int] | None = None) -> torch.Tensor:
    """Squeeze the given axes of length 1, or all such axes."""
    return value.squeeze() if axes is None else value.squeeze(tuple(as_ints(axes)))


def unsqueeze(value: torch.Tensor, axes: torch.Tensor | Sequence[int]) -> torch.Tensor:
    """Unsqueeze: axes count in the result."""
    places = as_ints(axes)
    rank = value.ndim + len(places)
    for axis in sorted(place % rank for place in places):
        value = value.unsqueeze(axis)
    return value


def concatenate(*values: torch.Tensor, axis: int) -> torch.Tensor:
    """Concat."""
    return torch.cat(values, axis)


def expand(value: torch.Tensor, shape: torch.Tensor | Sequence[int]) -> torch.Tensor:
    """Expand: broadcast with the shape, which may also be the smaller of the two."""
    return value.expand(torch.broadcast_shapes(value.shape, tuple(as_ints(shape))))


def shape_of(value: torch.Tensor, *, start: int = 0, end: int | None = None) -> torch.Tensor:
    """Shape, or a part of it: int64 on the host, so that nothing that decides a shape waits for the device."""
    return torch.tensor(tuple(value.shape)[start:end], dtype=torch.int64)


def constant_of_shape(
    shape: torch.Tensor | Sequence[int], *, value: float, dtype: torch.dtype, device_of: torch.Tensor | None = None
) -> torch.Tensor:
    """ConstantOfShape on the device of another tensor, or on the host; the attribute is split into number and type."""
    device = torch.device("cpu") if device_of is None else device_of.device
    return torch.full(as_ints(shape), value, dtype=dtype, device=device)


def pad(
    value: torch.Tensor,
    pads: torch.Tensor | Sequence[int],
    constant: torch.Tensor | Sequence[float] | None = None,
    axes: torch.Tensor | Sequence[int] | None = None,
    *,
    mode: str = "constant",
) -> torch.Tensor:
    """Pad by a constant (0), or over up to the last two axes by reflection, or by the edge. Negative pads cut.

    Raises ValueError for another mode, or for reflection over other axes.
    """
    widths = as_ints(pads)
    over = [axis % value.ndim for axis in as_ints(axes)] if axes is not None else list(range(value.ndim))
    begins, ends = [0] * value.ndim, [0] * value.ndim
    for index, axis in enumerate(over):
        begins[axis], ends[axis] = widths[index], widths[index + len(over)]
    ordered = [length for axis in reversed(range(value.ndim)) for length in (begins[axis], ends[axis])]
    if mode == "constant":
        return functional.pad(value, ordered, value=_scalar(constant))
    known = {"reflect": "reflect", "edge": "replicate"}
    if mode not in known or value.ndim != 4 or any(ordered[4:]):
        raise ValueError(f"Pad: constant, or reflect or edge over H and W of NCHW; received {mode} {widths}")
    return functional.pad(value, ordered[:4], mode=known[mode])


def _scalar(constant: torch.Tensor | Sequence[float] | None) -> float:
    if constant is None:
        return 0.0
    return float(constant if isinstance(constant, torch.Tensor) else constant[0])


def depth_to_space(value: torch.Tensor, *, blocksize: int, mode: str = "DCR") -> torch.Tensor:
    """DepthToSpace: "CRD" is torch's pixel shuffle, "DCR" has the block's place in the outermost part of a channel."""
    if mode == "CRD":
        return functional.pixel_shuffle(value, blocksize)
    if mode != "DCR":
        raise ValueError(f"DepthToSpace: DCR or CRD; received {mode}")
    count, channels, height, width = value.shape
    split = value.reshape(count, blocksize, blocksize, channels // blocksize**2, height, width)
    return split.permute(0, 3, 4, 1, 5, 2).reshape(
        count, channels // blocksize**2, height * blocksize, width * blocksize
    )


def space_to_depth(value: torch.Tensor, *, blocksize: int) -> torch.Tensor:
    """SpaceToDepth: the block's place goes to the outermost part of a channel."""
    count, channels, height, width = value.shape
    split = value.reshape(count, channels, height // blocksize, blocksize, width // blocksize, blocksize)
    return split.permute(0, 3, 5, 1, 2, 4).reshape(
        count, channels * blocksize**2, height // blocksize, width // blocksize
    )


SHAPES = {
    "Concat": Operator(concatenate),
    "ConstantOfShape": Operator(constant_of_shape, host_inputs=(0,), makes_data=True),
    "DepthToSpace": Operator(depth_to_space),
    "Expand": Operator(expand, host_inputs=(1,)),
    "Flatten": Operator(flatten),
    "Pad": Operator(pad, host_inputs=(1, 2, 3)),
    "Reshape": Operator(reshape, host_inputs=(1,)),
    "Shape": Operator(shape_of, tells_shape=True),
    "SpaceToDepth": Operator(space_to_depth),
    "Squeeze": Operator(squeeze, host_inputs=(1,)),
    "Transpose": Operator(transpose),
    "Unsqueeze": Operator(unsqueeze, host_inputs=(1,)),
}
