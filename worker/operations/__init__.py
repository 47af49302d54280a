"""What a spec can ask for, one file per operation. Importing this package registers them all."""

from worker.operations import crop, cutout, inpaint, relight, resize, restore, rotate, upscale
from worker.operations.context import OperationContext
from worker.operations.registry import OPERATIONS, Operation, sizes_after

__all__ = [
    "OPERATIONS",
    "Operation",
    "OperationContext",
    "crop",
    "cutout",
    "inpaint",
    "relight",
    "resize",
    "restore",
    "rotate",
    "sizes_after",
    "upscale",
]
