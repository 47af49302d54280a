"""The operation that puts a product on another ground: what it may be asked."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from jobs.spec.colors import GroundColor
from jobs.spec.fields import Fraction, OperationPart, Part, SidePx, UploadId

GROUNDS = ("color", "gradient", "image", "blur", "transparent")

FillRatio = Annotated[float, Field(ge=0.1, le=1, allow_inf_nan=False, strict=True)]
Margin = Annotated[float, Field(ge=0, le=0.4, allow_inf_nan=False, strict=True)]
Angle = Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False, strict=True)]


class Gradient(Part):
    """Two colours and what lies between them.

    The shape "linear" runs along ``angle``, in degrees as in CSS: 0 upwards, 90 to the right, 180 downwards. "radial"
    runs from the middle to the corners and has no angle.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    start: GroundColor = Field(alias="from")
    end: GroundColor = Field(alias="to")
    shape: Literal["linear", "radial"] = "linear"
    angle: Angle | None = None

    @model_validator(mode="after")
    def _turns_only_what_is_straight(self) -> Self:
        if self.shape == "radial" and self.angle is not None:
            raise ValueError(f"a radial gradient has no angle; got {self.angle:g}")
        return self


class Background(OperationPart):
    """Put the product on another ground: at most one of ``color``, ``gradient``, ``image``, ``blur``, ``transparent``.

    None of them is white. ``image`` is an upload's id, cut to cover the frame; ``blur``, 0 to 1, is the photo's own
    ground, out of focus. The ``shadow`` "contact" is for what stands, "drop" for what lies or hangs, "keep" is the
    photo's own; unless said there is none but one that ``cutout`` kept. ``adapt``, with an image alone, is how far the
    product takes on the scene's light (0.5 if not said).

    The frame is ``width`` × ``height``, the picture's if not said; one side alone keeps the picture's aspect. ``fill``
    is the share of the frame that the product takes along the side that limits it. The ``anchor`` "bottom" stands it
    ``margin`` of the frame's height above the bottom (0.08 if not said, 0.16 where there is a reflection).
    """

    op: Literal["background"]
    color: GroundColor | None = None
    gradient: Gradient | None = None
    image: UploadId | None = None
    blur: Annotated[Fraction, Field(gt=0)] | None = None
    transparent: Annotated[bool, Field(strict=True)] = False
    shadow: Literal["none", "contact", "drop", "keep"] | None = None
    reflection: Fraction = 0.0
    adapt: Fraction | None = None
    width: SidePx | None = None
    height: SidePx | None = None
    fill: FillRatio | None = None
    anchor: Literal["center", "bottom"] | None = None
    margin: Margin | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        asked = [name for name in GROUNDS if getattr(self, name) not in (None, False)]
        if len(asked) > 1:
            raise ValueError(f"a background has one ground of {', '.join(GROUNDS)}; got {' and '.join(asked)}")
        if self.adapt is not None and self.image is None:
            raise ValueError("adapt brings the product near an image's light: it needs image")
        if self.margin is not None and self.anchor != "bottom":
            raise ValueError(f'margin is what is free under a product with anchor "bottom"; got anchor {self.anchor!r}')
        return self

    def named_uploads(self) -> Iterator[tuple[str, str]]:
        """The image."""
        if self.image is not None:
            yield "image", self.image
