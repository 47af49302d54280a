"""The operations that change a picture: what each may be asked."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from jobs.spec.fields import (
    AtMost,
    BoxOrigin,
    BoxSide,
    Fraction,
    OperationPart,
    Part,
    Stops,
    Strength,
    UploadId,
)

MAX_BOXES = 256


class Restore(OperationPart):
    """Remove noise, compression marks and blur; ``strength`` blends the restored image with the original.

    "auto" finds out how much there is to remove, and leaves a clean picture as it is.
    """

    op: Literal["restore"]
    strength: Strength = "auto"


class Upscale(OperationPart):
    """Enlarge by ``factor`` with detail that a resize cannot give.

    The style "faithful" takes every pixel for true; "photo" also takes noise, JPEG's marks and mild blur out, for
    photos as phones and shops leave them.
    """

    op: Literal["upscale"]
    factor: Literal[2, 4] = 2
    style: Literal["faithful", "photo"] = "faithful"


class Relight(OperationPart):
    """Correct exposure, contrast and colour cast; ``strength`` 1 applies all of it, 0 none.

    ``exposure`` is added after that, in stops: 1 makes what is dark twice as bright, and white stays white.
    """

    op: Literal["relight"]
    strength: Fraction = 1.0
    exposure: Stops = 0.0


class Cutout(OperationPart):
    """Cut the product out: everything else becomes transparent, holes such as a handle's too.

    The ``shadow`` "keep" leaves the photo's own contact shadow under the product, as a soft transparent layer; "drop"
    leaves the product alone. Formats without transparency show it on white.
    """

    op: Literal["cutout"]
    shadow: Literal["drop", "keep"] = "drop"


class FilledBox(Part):
    """A rectangle to fill, in pixels of the picture as it is when its operation begins."""

    x: BoxOrigin
    y: BoxOrigin
    width: BoxSide
    height: BoxSide


Boxes = Annotated[
    tuple[FilledBox, ...],
    Field(min_length=1, fail_fast=True),  # a hundred wrong boxes are wrong in the same way
    AtMost(MAX_BOXES),
]


class Inpaint(OperationPart):
    """Fill holes from what surrounds them, where ``mask`` is light, or in ``boxes``; the rest stays as it is.

    ``mask`` is an upload's id: any image, of the picture's size at this point or of its aspect; what is at least half
    as bright as white is filled. ``grow_px`` widens the holes, so that a tag's blurred edge goes with it.
    """

    op: Literal["inpaint"]
    mask: UploadId | None = None
    boxes: Boxes | None = None
    grow_px: Annotated[int, Field(ge=0, le=64, strict=True)] = 0

    @model_validator(mode="after")
    def _has_a_mask_or_boxes(self) -> Self:
        if (self.mask is None) == (self.boxes is None):
            raise ValueError(f"inpaint needs either mask or boxes; got {'neither' if self.mask is None else 'both'}")
        return self

    def named_uploads(self) -> Iterator[tuple[str, str]]:
        """The mask."""
        if self.mask is not None:
            yield "mask", self.mask
