"""torch's errors as the engine's: no memory, which a smaller batch may mend, or a device that nothing can mend."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from engine.errors import DeviceLost

_NO_MEMORY = ("out of memory", "ALLOC_FAILED")
"""cuDNN, cuBLAS and graph capture report it in words, as a plain RuntimeError."""

# cudaError_t: what is told of one call and leaves the context usable. All others poison it: every later call fails.
_HARMLESS = frozenset({1, 2, 9, 98, 400, 701, 720, 801})  # value, memory, configuration, symbol, handle, resources, ...
_CAPTURE = range(900, 910)  # a capture that was invalid, and with it only its graph


@contextmanager
def device_failures() -> Iterator[None]:
    """Raise MemoryError for a full device, DeviceLost for a broken one, and anything else as it is."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise MemoryError(str(error)) from error
    except torch.AcceleratorError as error:
        if any(words in str(error) for words in _NO_MEMORY):
            raise MemoryError(str(error)) from error
        code = getattr(error, "error_code", None)
        if code in _HARMLESS or code in _CAPTURE:
            raise
        raise DeviceLost(f"torch reports CUDA error {code}: {error}") from error
    except RuntimeError as error:
        if any(words in str(error) for words in _NO_MEMORY):
            raise MemoryError(str(error)) from error
        raise
