"""What a spec can ask for, one file per operation. Importing this package registers them all."""

from worker.operations import (
    auto,
    background,
    crop,
    cutout,
    generate,
    inpaint,
    perspective,
    recolor,
    relight,
    resize,
    restore,
    rotate,
    upscale,
    variations,
)
from worker.operations.context import OperationContext
from worker.operations.registry import GENERATED, MAKERS, OPERATIONS, Maker, Operation, registered, sizes_after

__all__ = [
    "GENERATED",
    "MAKERS",
    "OPERATIONS",
    "Maker",
    "Operation",
    "OperationContext",
    "auto",
    "background",
    "crop",
    "cutout",
    "generate",
    "inpaint",
    "perspective",
    "recolor",
    "registered",
    "relight",
    "resize",
    "restore",
    "rotate",
    "sizes_after",
    "upscale",
    "variations",
]
