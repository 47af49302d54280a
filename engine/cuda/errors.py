# ruff: noqa: N818  (the names say what happened)
"""What the CUDA side fails with, beside the engine's own errors.

EngineError
├── BackendUnavailable   (engine.errors) no driver, no such device, PyCUDA or NVRTC is not installed
├── DeviceLost           (engine.errors) an error that the context does not survive: illegal address, failed launch,
│                        memory error (ECC), a device that fell off the bus
├── CudaCallFailed       one call failed, and the device works on
└── KernelRefused        NVRTC does not compile a kernel
MemoryError              (Python's own) device memory is used up; a smaller batch may fit
"""

from engine.errors import EngineError


class CudaCallFailed(EngineError):
    """A driver call was refused; the context still answers."""


class KernelRefused(EngineError):
    """A kernel's source does not compile for the device; the message holds the compiler's log."""
