"""Every operation that a spec can ask for, by its name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from jobs.spec.auto import Auto
from jobs.spec.background import Background
from jobs.spec.editing import Cutout, Inpaint, Relight, Restore, Upscale
from jobs.spec.fields import OperationPart
from jobs.spec.generation import Generate, Variations
from jobs.spec.geometry import Crop, Perspective, Resize, Rotate
from jobs.spec.recolor import Recolor

Operation = Annotated[
    Restore
    | Upscale
    | Relight
    | Cutout
    | Background
    | Recolor
    | Inpaint
    | Resize
    | Crop
    | Rotate
    | Perspective
    | Generate
    | Variations
    | Auto,
    Field(discriminator="op"),
]

OPERATION_MODELS: Mapping[str, type[OperationPart]] = MappingProxyType(
    {
        "restore": Restore,
        "upscale": Upscale,
        "relight": Relight,
        "cutout": Cutout,
        "background": Background,
        "recolor": Recolor,
        "inpaint": Inpaint,
        "resize": Resize,
        "crop": Crop,
        "rotate": Rotate,
        "perspective": Perspective,
        "generate": Generate,
        "variations": Variations,
        "auto": Auto,
    }
)

FOUNDING: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(
        (
            *("restore", "upscale", "relight", "cutout", "background", "recolor", "inpaint"),
            *("resize", "crop", "rotate", "perspective", "generate", "variations", "auto"),
        ),
        1,
    )
)
"""What workers understood that did not announce it yet, each with its version. It never changes."""
