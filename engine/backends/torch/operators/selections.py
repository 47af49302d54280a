"""Operators that take parts of a tensor."""

from collections.abc import Sequence

import torch

from engine.backends.torch.operators.operator import Operator, as_ints


def gather(value: torch.Tensor, indices: torch.Tensor, *, axis: int = 0) -> torch.Tensor:
    """Gather along one axis: the indices' shape takes its place; a negative one counts from the end."""
    axis = axis % value.ndim
    flat = torch.remainder(indices.reshape(-1), value.shape[axis])
    taken = value.index_select(axis, flat)
    return taken.reshape((*value.shape[:axis], *indices.shape, *value.shape[axis + 1 :]))


def cut_slice(
    value: torch.Tensor,
    starts: torch.Tensor | Sequence[int],
    ends: torch.Tensor | Sequence[int],
    axes: torch.Tensor | Sequence[int] | None = None,
    steps: torch.Tensor | Sequence[int] | None = None,
) -> torch.Tensor:
    """Slice as Python slices do, steps backwards included (torch has none: the axis is flipped first)."""
    begins, stops = as_ints(starts), as_ints(ends)
    over = as_ints(axes) if axes is not None else list(range(len(begins)))
    strides = as_ints(steps) if steps is not None else [1] * len(begins)
    for begin, stop, axis, step in zip(begins, stops, over, strides, strict=True):
        value = _cut_axis(value, axis % value.ndim, slice(begin, stop, step))
    return value


def split(
    value: torch.Tensor,
    lengths: torch.Tensor | Sequence[int] | None = None,
    *,
    axis: int = 0,
    num_outputs: int = 0,
) -> tuple[torch.Tensor, ...]:
    """Split into the given lengths, or into `num_outputs` parts of which the last may be the smallest."""
    if lengths is not None:
        return tuple(torch.split(value, as_ints(lengths), axis))
    return tuple(torch.split(value, -(-value.shape[axis] // num_outputs), axis))


def _cut_axis(value: torch.Tensor, axis: int, part: slice) -> torch.Tensor:
    size = value.shape[axis]
    places = range(*part.indices(size))
    if not places:
        return value.narrow(axis, 0, 0)
    if places.step < 0:
        value, places = value.flip(axis), range(size - 1 - places[0], size - places[-1], -places.step)
    whole: list[slice] = [slice(None)] * value.ndim
    whole[axis] = slice(places[0], places[-1] + 1, places.step)
    return value[tuple(whole)]


SELECTIONS = {
    "Gather": Operator(gather),
    "Slice": Operator(cut_slice, host_inputs=(1, 2, 3, 4)),
    "Split": Operator(split, host_inputs=(1,), answers_many=True),
}
