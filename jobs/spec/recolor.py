"""The operation that gives a product another colour. What a colour's name means is the worker's to know."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator, model_validator
from pydantic_core import PydanticCustomError

from jobs.spec.fields import AtMost, BoxOrigin, BoxSide, OperationPart, Part
from jobs.spec.generation import ColorText

MAX_COLORS = 16

_LIGHTNESS = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False, strict=True)]
_OPPONENT = Annotated[float, Field(ge=-128, le=128, allow_inf_nan=False, strict=True)]


class LabColor(Part):
    """A colour as CIE L*a*b* of the white point D65: L* from 0 to 100, a* and b* from -128 to 128."""

    lab: tuple[_LIGHTNESS, _OPPONENT, _OPPONENT]


def _one_mistake(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """Report a union's mistake once, not once for each branch."""
    try:
        return check(value)
    except ValidationError as error:
        form = {"form": '{"lab": [L, a, b]} with L from 0 to 100, a and b from -128 to 128'}
        raise PydanticCustomError("dye", "should be a colour's name, #rgb, #rrggbb or {form}", form) from error


Dye = Annotated[ColorText | LabColor, WrapValidator(_one_mistake)]
Coordinate = Annotated[float, Field(ge=0, le=2**20, allow_inf_nan=False, strict=True)]
Tolerance = Annotated[float, Field(ge=1, le=50, allow_inf_nan=False, strict=True)]


class PickedPoint(Part):
    """A place in the picture as it is when its operation begins, in pixels from its upper left corner."""

    x: Coordinate
    y: Coordinate


class PickedBox(Part):
    """A rectangle, in pixels of the picture as it is when its operation begins."""

    x: BoxOrigin
    y: BoxOrigin
    width: BoxSide
    height: BoxSide


class Recolor(OperationPart):
    """Give the product another colour; its texture, folds and shading stay, and so do its prints and trims.

    ``color``, or ``colors`` for a set of variants: one picture for each, in that order. What gets it is the product's
    main colour, wherever it is; at the ``point``, as far as it hangs together; in the ``box``; or what has about the
    colour ``from``. ``tolerance`` is how far from it, in ΔE2000, a colour may be; what fits is found out if not said.
    Without ``keep_prints`` everything on the product, or in the box, is dyed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True, validate_by_name=False)

    op: Literal["recolor"]
    color: Dye | None = None
    colors: Annotated[tuple[Dye, ...], Field(min_length=1), AtMost(MAX_COLORS)] | None = None
    point: PickedPoint | None = None
    box: PickedBox | None = None
    source: Dye | None = Field(default=None, alias="from")
    tolerance: Tolerance | None = None
    keep_prints: Annotated[bool, Field(strict=True)] = True

    @model_validator(mode="after")
    def _has_a_color_or_colors(self) -> Self:
        if (self.color is None) == (self.colors is None):
            got = "neither" if self.color is None else "both"
            raise ValueError(f"recolor needs either color or colors; got {got}")
        return self

    @model_validator(mode="after")
    def _picks_one_way(self) -> Self:
        picks = {"point": self.point, "box": self.box, "from": self.source}
        picked = [name for name, value in picks.items() if value is not None]
        if len(picked) > 1:
            raise ValueError(f"recolor takes at most one of {', '.join(picks)}; got {' and '.join(picked)}")
        by_color = self.point is not None or self.source is not None
        if self.tolerance is not None and not by_color:
            raise ValueError(
                f"tolerance needs point or from, whose colour it is about; got {'box' if picked else 'none'}"
            )
        if by_color and not self.keep_prints:
            raise ValueError(f"keep_prints is true with {picked[0]}, whose colour no print has; got false")
        return self

    @property
    def targets(self) -> tuple[str | LabColor, ...]:
        """The colours asked for, in order."""
        return self.colors if self.colors is not None else (self.color,) if self.color is not None else ()

    @property
    def copies(self) -> int:
        """A picture for each colour."""
        return len(self.targets)
