"""The operations that move a picture's pixels, and change its frame: what each may be asked."""

from typing import Annotated, Literal, Self

from pydantic import (
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from jobs.spec.colors import GroundColor
from jobs.spec.fields import BoxOrigin, BoxSide, OperationPart, Part, Shaped, SidePx

LEAST_SIDE_PX = 8
"""Of a quadrilateral that is made a rectangle."""


def _number_or_auto(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """Report a union's mistake once, not once for each branch."""
    try:
        return check(value)
    except ValidationError as error:
        raise PydanticCustomError("angle", "should be 'auto' or a number from -360 to 360") from error


Degrees = Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False, strict=True)]
RotateAngle = Annotated[Literal["auto"] | Degrees, WrapValidator(_number_or_auto)]
CameraAngle = Annotated[float, Field(ge=-45, le=45, allow_inf_nan=False, strict=True)]
Focal = Annotated[float, Field(ge=0.3, le=10, allow_inf_nan=False, strict=True)]
Margin = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]
Place = Annotated[float, Field(ge=0, le=2**20, allow_inf_nan=False, strict=True)]
Aspect = Annotated[
    str, Shaped(r"^[1-9][0-9]{0,3}:[1-9][0-9]{0,3}$", "should be width:height in whole numbers up to 9999, such as 4:3")
]
Frame = Literal["crop", "expand", "same"]


class Resize(OperationPart):
    """Resize into, over or exactly to a box; with one side given the other follows the aspect.

    ``fit`` "contain" lies inside the box, "cover" covers it and is cut to it, "fill" is stretched to it, and "pad" is
    contained in the middle of a frame of just that size, on ``background``: a colour, or "transparent". Unless said,
    that is white, and transparent for a picture that has transparency.
    """

    op: Literal["resize"]
    width: SidePx | None = None
    height: SidePx | None = None
    fit: Literal["contain", "cover", "fill", "pad"] = "contain"
    enlarge: Annotated[bool, Field(strict=True)] = True
    background: Literal["transparent"] | GroundColor | None = None

    @model_validator(mode="after")
    def _has_its_sides(self) -> Self:
        if self.width is None and self.height is None:
            raise ValueError("resize needs width, height or both; got neither")
        if self.fit == "pad" and (self.width is None or self.height is None):
            raise ValueError(f"the fit pad needs both sides; got {'height' if self.width is None else 'width'} alone")
        if self.fit != "pad" and self.background is not None:
            raise ValueError(f"only the fit pad has a background; got the fit {self.fit}")
        return self


class Crop(OperationPart):
    """Cut out a box in pixels (x, y, width, height), the largest centred box of an aspect ("4:5"), or the ``product``.

    With ``product`` the box is that of the product and a ``margin`` around it, as a share of the product's longer
    side, grown to the ``aspect`` if there is one. It stays inside the picture.
    """

    op: Literal["crop"]
    x: BoxOrigin | None = None
    y: BoxOrigin | None = None
    width: BoxSide | None = None
    height: BoxSide | None = None
    aspect: Aspect | None = None
    product: Annotated[bool, Field(strict=True)] = False
    margin: Margin | None = None

    @model_validator(mode="after")
    def _is_one_kind_of_box(self) -> Self:
        given = [side for side in (self.x, self.y, self.width, self.height) if side is not None]
        if self.product and given:
            raise ValueError("crop to the product takes margin and aspect; got a box beside it")
        if not self.product and self.margin is not None:
            raise ValueError(f"only a crop to the product has a margin; got {self.margin:g}")
        if not self.product and ((self.aspect is None) != (len(given) == 4) or (self.aspect is not None and given)):
            raise ValueError("crop needs all of x, y, width and height, or aspect alone, or product")
        return self


class Rotate(OperationPart):
    """Turn clockwise by ``angle`` degrees; "auto" levels the product, by up to 20°, by its axis, its sides or its base.

    ``frame`` "expand" grows the canvas to hold all, "same" keeps its size, and "crop" takes the largest part of the
    picture's aspect without new ground. Unless said, it is "expand"; for "auto", "crop" as long as that leaves an
    opaque picture's product whole. ``expand`` false is the older way to say "same". ``fill`` colours new ground, which
    is transparent where the picture has transparency.
    """

    op: Literal["rotate"]
    angle: RotateAngle
    frame: Frame | None = None
    expand: Annotated[bool, Field(strict=True)] = True
    fill: GroundColor = "#ffffff"

    @model_validator(mode="after")
    def _has_one_frame(self) -> Self:
        if not self.expand and self.frame is not None:
            raise ValueError(f"frame says it all; got expand false beside the frame {self.frame}")
        return self


class Corner(Part):
    """A place in a picture: pixels to the right and down from its top left corner, fractions too."""

    x: Place
    y: Place


class Perspective(OperationPart):
    """See the picture from another angle: exactly one of ``auto``, ``corners``, and ``yaw`` or ``pitch`` (or both).

    ``auto`` true straightens verticals that lean or meet. ``corners`` are four, clockwise from the top left: what lies
    between them becomes the upright rectangle, of its longer sides or as large in an ``aspect`` ("3:4"). ``yaw`` and
    ``pitch`` are degrees, -45 to 45, by which the camera looks further to the right, and further up.

    ``focal`` is the camera's focal length in units of the picture's longer side; 1, unless said, is that of a normal
    lens, and phones' main cameras have about 0.75. ``frame`` "crop" takes the largest part of the picture's aspect
    without new ground, "expand" all of the picture, "same" the size it has. Unless said, it is "crop"; for ``auto``,
    "expand" where that would cut into the product. ``fill`` is as for ``rotate``.
    """

    op: Literal["perspective"]
    auto: Annotated[bool, Field(strict=True)] = False
    corners: tuple[Corner, Corner, Corner, Corner] | None = None
    aspect: Aspect | None = None
    yaw: CameraAngle | None = None
    pitch: CameraAngle | None = None
    focal: Focal | None = None
    frame: Frame | None = None
    fill: GroundColor = "#ffffff"

    @model_validator(mode="after")
    def _is_one_kind_of_view(self) -> Self:
        turned = self.yaw is not None or self.pitch is not None
        asked = [
            name
            for name, is_asked in (("auto", self.auto), ("corners", self.corners), ("yaw or pitch", turned))
            if is_asked
        ]
        if len(asked) != 1:
            raise ValueError(
                f"perspective needs one of auto, corners, and yaw or pitch; got {' and '.join(asked) or 'none'}"
            )
        if self.corners is None and self.aspect is not None:
            raise ValueError(f"an aspect belongs to corners; got {self.aspect} with {asked[0]}")
        if self.corners is not None:
            if self.frame is not None or self.focal is not None:
                raise ValueError("corners are the frame, whatever the focal length; got frame or focal beside them")
            _check_quadrilateral(self.corners)
        return self


def _check_quadrilateral(corners: tuple[Corner, ...]) -> None:
    """Raise ValueError unless the corners are clockwise, convex and far enough apart."""
    for index, corner in enumerate(corners):
        before, after = corners[index - 1], corners[(index + 1) % 4]
        came = corner.x - before.x, corner.y - before.y
        goes = after.x - corner.x, after.y - corner.y
        length = (goes[0] ** 2 + goes[1] ** 2) ** 0.5
        if length < LEAST_SIDE_PX:
            raise ValueError(
                f"corners are at least {LEAST_SIDE_PX} pixels apart; got {length:.1f} after corner {index + 1}"
            )
        if came[0] * goes[1] - came[1] * goes[0] <= 0:
            raise ValueError(
                "corners are those of a convex quadrilateral, clockwise from its top left; "
                f"got a turn to the left, or none, at corner {index + 1}: ({corner.x:g}, {corner.y:g})"
            )
