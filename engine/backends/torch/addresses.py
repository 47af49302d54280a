"""Tensors over memory that somebody else owns, given by its address."""

import ctypes
import math
from typing import Any

import numpy as np
import torch

_TORCH = {np.dtype(np.float16): torch.float16, np.dtype(np.float32): torch.float32}


def tensor_at(
    address: int, shape: tuple[int, ...], dtype: np.dtype[Any], device: torch.device, *, channels_last: bool = False
) -> torch.Tensor:
    """Return a tensor of `shape` (NCHW... whatever the memory's order) over packed memory at `address`: no copy.

    float16 or float32; with `channels_last`, [N,C,H,W] lies there as NHWC. On a GPU the address is a device pointer
    of the device's primary context, on the CPU a host pointer. The memory must outlive the tensor.
    """
    if channels_last:
        count, channels, height, width = shape
        return tensor_at(address, (count, height, width, channels), dtype, device).permute(0, 3, 1, 2)
    if device.type == "cpu":
        memory = (ctypes.c_byte * (math.prod(shape) * dtype.itemsize)).from_address(address)
        return torch.frombuffer(memory, dtype=_TORCH[dtype]).view(shape)
    tensor = torch.as_tensor(_DeviceMemory(address, shape, dtype), device=device)
    assert tensor.data_ptr() == address, (tensor.data_ptr(), address)  # torch would copy from another device
    return tensor


class _DeviceMemory:
    """The CUDA array interface (version 3), by which torch wraps a foreign pointer."""

    def __init__(self, address: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.__cuda_array_interface__ = {
            "data": (address, False),
            "shape": shape,
            "strides": None,
            "typestr": dtype.str,
            "version": 3,
        }
