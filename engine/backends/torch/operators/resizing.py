"""Resize, for the kinds that torch computes exactly as ONNX defines them; any other is refused by name."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from engine.backends.torch.operators.operator import Operator, as_floats, as_ints

_LINEAR = {1: "linear", 2: "bilinear", 3: "trilinear"}


def resize(
    value: torch.Tensor,
    roi: torch.Tensor | Sequence[float] | None = None,  # noqa: ARG001  (of tf_crop_and_resize, which is refused)
    scales: torch.Tensor | Sequence[float] | None = None,
    sizes: torch.Tensor | Sequence[int] | None = None,
    *,
    coordinate_transformation_mode: str = "half_pixel",
    cubic_coeff_a: float = -0.75,
    exclude_outside: int = 0,
    extrapolation_value: float = 0.0,  # noqa: ARG001  (of tf_crop_and_resize)
    mode: str = "nearest",
    nearest_mode: str = "round_prefer_floor",
) -> torch.Tensor:
    """Resize the spatial axes of [N,C,*spatial]: nearest, linear, or (over two axes) cubic.

    Raises ValueError for coordinates that torch does not have, and for a change of N or C.
    """
    factors = as_floats(scales) if scales is not None else []
    lengths = as_ints(sizes) if not factors and sizes is not None else []
    if factors[:2] not in ([], [1.0, 1.0]) or lengths[:2] not in ([], list(value.shape[:2])):
        raise ValueError(f"Resize: spatial axes only; received scales {factors}, sizes {lengths} of {value.shape}")
    aligned = coordinate_transformation_mode == "align_corners"
    kind = _torch_mode(value.ndim - 2, mode, coordinate_transformation_mode, nearest_mode)
    if kind == "bicubic" and (abs(cubic_coeff_a + 0.75) > 1e-6 or exclude_outside):
        raise ValueError(f"Resize: cubic_coeff_a -0.75, exclude_outside 0; received {cubic_coeff_a}, {exclude_outside}")
    size = lengths[2:] or [_scaled(length, factor) for length, factor in zip(value.shape[2:], factors[2:], strict=True)]
    if coordinate_transformation_mode == "pytorch_half_pixel" and 1 in size:
        raise ValueError(f"Resize: pytorch_half_pixel to at least 2 pixels an axis; received {size}")
    corners = aligned if kind not in ("nearest", "nearest-exact") else None
    if factors and not aligned:
        return functional.interpolate(
            value, scale_factor=factors[2:], mode=kind, align_corners=corners, recompute_scale_factor=False
        )
    return functional.interpolate(value, size=size, mode=kind, align_corners=corners)


def _scaled(length: int, factor: float) -> int:
    """The length that a factor makes. Raises ValueError where rounding to float32, as in ONNX Runtime, decides it."""
    size = int(np.float32(length) * np.float32(factor))
    if size != int(length * factor):
        raise ValueError(f"Resize: a factor that makes the same length in float32 and float64; received {factor}")
    return size


def _torch_mode(axes: int, mode: str, coordinates: str, rounding: str) -> str:
    """torch's name for a kind of Resize. Raises ValueError where the two would differ."""
    if mode == "nearest":
        known = {("asymmetric", "floor"): "nearest", ("half_pixel", "round_prefer_ceil"): "nearest-exact"}
        kind = known.get((coordinates, rounding))
    elif coordinates in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        kind = {"linear": _LINEAR[axes], "cubic": "bicubic" if axes == 2 else None}.get(mode)
    else:
        kind = None
    if kind is None:
        raise ValueError(
            "Resize: nearest (asymmetric, floor; half_pixel, round_prefer_ceil), linear or cubic (half_pixel, "
            f"align_corners); received {mode} ({coordinates}, {rounding}) over {axes} axes"
        )
    return kind


RESIZING = {"Resize": Operator(resize, host_inputs=(1, 2, 3))}
