"""Which GPUs this machine has, asked of the driver's library itself: no PyCUDA, no torch, and no context is made.

A process that asked must not fork afterwards and use CUDA in the child: start workers as new programs.
"""

import ctypes
from typing import NamedTuple

DRIVER = "libcuda.so.1"
_COMPUTE_CAPABILITY = (75, 76)  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR


class GpuFacts(NamedTuple):
    """One device. `number` is CUDA's, as PACKSHOT_GPU takes it; `architecture` is what kernels are compiled for."""

    number: int
    name: str
    memory_bytes: int
    architecture: str


class Survey(NamedTuple):
    """The devices that this process may use, and where there are none, why, in words."""

    gpus: tuple[GpuFacts, ...]
    why_none: str = ""


def list_gpus(library: str = DRIVER) -> Survey:
    """Ask the driver. Never raises: no driver, a driver without devices and a broken one are answers. Any thread."""
    try:
        driver = ctypes.CDLL(library)
    except OSError:
        return Survey((), f"no CUDA driver: {library} is absent")
    try:
        return _ask(driver)
    except AttributeError as error:  # a call is missing
        return Survey((), f"{library} is no CUDA driver: {error}")


def _ask(driver: ctypes.CDLL) -> Survey:
    count = ctypes.c_int()
    status: int = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    if status:
        return Survey((), f"the CUDA driver has no device to offer: it answered {status}")
    gpus = tuple(_describe(driver, number) for number in range(count.value))
    return Survey(gpus, "" if gpus else "the CUDA driver has no device to offer")


def _describe(driver: ctypes.CDLL, number: int) -> GpuFacts:
    device = ctypes.c_int()
    driver.cuDeviceGet(ctypes.byref(device), number)
    name = ctypes.create_string_buffer(256)
    driver.cuDeviceGetName(name, len(name), device)
    memory = ctypes.c_size_t()
    driver.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    return GpuFacts(number, name.value.decode(), memory.value, "sm_" + "".join(map(str, _capability(driver, device))))


def _capability(driver: ctypes.CDLL, device: ctypes.c_int) -> list[int]:
    numbers = []
    for attribute in _COMPUTE_CAPABILITY:
        value = ctypes.c_int()
        driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
        numbers.append(value.value)
    return numbers
