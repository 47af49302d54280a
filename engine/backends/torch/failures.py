"""torch's errors as the engine's: no memory, which a smaller batch may mend, or a device that nothing can mend."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

_NO_MEMORY = ("out of memory", "ALLOC_FAILED")
"""How cuDNN and cuBLAS report it: in words, as a plain RuntimeError."""


@contextmanager
def device_failures(require_alive: Callable[[BaseException], None]) -> Iterator[None]:
    """Raise MemoryError for a full device, DeviceLost for a broken one, and anything else as it is.

    `require_alive` (engine.cuda.driver.Cuda's) asks the driver whether the context still answers, and raises DeviceLost
    where it does not: a better judge than a list of error numbers.
    """
    try:
        yield
    except RuntimeError as error:  # torch.OutOfMemoryError and torch.AcceleratorError are among them
        if _is_memory(error):
            raise MemoryError(str(error)) from error
        require_alive(error)
        raise


def _is_memory(error: BaseException | None) -> bool:
    """Whether it is about memory, or followed from that: a capture that runs out of it ends in an error of its own."""
    while error is not None:
        if isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in _NO_MEMORY):
            return True
        error = error.__context__
    return False
