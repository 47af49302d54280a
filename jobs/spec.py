"""The job's spec: what a client may ask, field by field. Unknown fields are refused, values are frozen once read."""

import hashlib
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from jobs.problems import ProblemError
from jobs.strict_json import parse_json

MAX_SIDE_PX = 16384
MAX_OPERATIONS = 16
MAX_BOXES = 256
MAX_METADATA_KEYS = 50
MAX_SEED = 2**32 - 1


def _one_mistake(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """Report a union's mistake once, not once for each branch."""
    try:
        return check(value)
    except ValidationError as error:
        raise PydanticCustomError("strength", "should be 'auto' or a number from 0 to 1") from error


Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]
Strength = Annotated[Literal["auto"] | Fraction, WrapValidator(_one_mistake)]
Stops = Annotated[float, Field(ge=-0.5, le=2, allow_inf_nan=False, strict=True)]
SidePx = Annotated[int, Field(ge=1, le=MAX_SIDE_PX, strict=True)]
BoxOrigin = Annotated[int, Field(ge=0, le=2**20, strict=True)]
BoxSide = Annotated[int, Field(ge=1, le=2**20, strict=True)]
UploadId = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
ShortText = Annotated[str, StringConstraints(max_length=500)]
MetadataKey = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Restore(_Part):
    """Remove noise, compression marks and blur; ``strength`` blends the restored image with the original.

    "auto" finds out how much there is to remove, and leaves a clean picture as it is.
    """

    op: Literal["restore"]
    strength: Strength = "auto"


class Upscale(_Part):
    """Enlarge by ``factor`` with detail that a resize cannot give.

    The style "faithful" takes every pixel for true; "photo" also takes noise, JPEG's marks and mild blur out, for
    photos as phones and shops leave them.
    """

    op: Literal["upscale"]
    factor: Literal[2, 4] = 2
    style: Literal["faithful", "photo"] = "faithful"


class Relight(_Part):
    """Correct exposure, contrast and colour cast; ``strength`` 1 applies all of it, 0 none.

    ``exposure`` is added after that, in stops: 1 makes what is dark twice as bright, and white stays white.
    """

    op: Literal["relight"]
    strength: Fraction = 1.0
    exposure: Stops = 0.0


class Resize(_Part):
    """Resize into, over or exactly to a box; with one side given the other follows the aspect."""

    op: Literal["resize"]
    width: SidePx | None = None
    height: SidePx | None = None
    fit: Literal["contain", "cover", "fill"] = "contain"
    enlarge: Annotated[bool, Field(strict=True)] = True

    @model_validator(mode="after")
    def _has_a_side(self) -> Self:
        if self.width is None and self.height is None:
            raise ValueError("resize needs width, height or both; got neither")
        return self


class Crop(_Part):
    """Cut out a box given in pixels (x, y, width, height), or the largest centred box of an aspect such as "4:5"."""

    op: Literal["crop"]
    x: BoxOrigin | None = None
    y: BoxOrigin | None = None
    width: BoxSide | None = None
    height: BoxSide | None = None
    aspect: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}:[1-9][0-9]{0,3}$")] | None = None

    @model_validator(mode="after")
    def _is_a_box_or_an_aspect(self) -> Self:
        given = [side for side in (self.x, self.y, self.width, self.height) if side is not None]
        if (self.aspect is None) != (len(given) == 4) or (self.aspect is not None and given):
            raise ValueError("crop needs either all of x, y, width and height, or aspect alone")
        return self


class Rotate(_Part):
    """Turn by ``angle`` degrees clockwise; ``expand`` grows the canvas to fit, ``fill`` colours the corners."""

    op: Literal["rotate"]
    angle: Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False, strict=True)]
    expand: Annotated[bool, Field(strict=True)] = True
    fill: Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")] = "#ffffff"


class Cutout(_Part):
    """Cut the product out: everything else becomes transparent, holes such as a handle's too.

    The ``shadow`` "keep" leaves the photo's own contact shadow under the product, as a soft transparent layer; "drop"
    leaves the product alone. Formats without transparency show it on white.
    """

    op: Literal["cutout"]
    shadow: Literal["drop", "keep"] = "drop"


class FilledBox(_Part):
    """A rectangle to fill, in pixels of the picture as it is when its operation begins."""

    x: BoxOrigin
    y: BoxOrigin
    width: BoxSide
    height: BoxSide


class Inpaint(_Part):
    """Fill holes from what surrounds them, where ``mask`` is light, or in ``boxes``; the rest stays as it is.

    ``mask`` is an upload's id: any image, of the picture's size at this point or of its aspect; what is at least half
    as bright as white is filled. ``grow_px`` widens the holes, so that a tag's blurred edge goes with it.
    """

    op: Literal["inpaint"]
    mask: UploadId | None = None
    boxes: Annotated[tuple[FilledBox, ...], Field(min_length=1, max_length=MAX_BOXES)] | None = None
    grow_px: Annotated[int, Field(ge=0, le=64, strict=True)] = 0

    @model_validator(mode="after")
    def _has_a_mask_or_boxes(self) -> Self:
        if (self.mask is None) == (self.boxes is None):
            raise ValueError(f"inpaint needs either mask or boxes; got {'neither' if self.mask is None else 'both'}")
        return self


Operation = Annotated[
    Restore | Upscale | Relight | Resize | Crop | Rotate | Cutout | Inpaint, Field(discriminator="op")
]

OPERATION_MODELS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "restore": Restore,
        "upscale": Upscale,
        "relight": Relight,
        "cutout": Cutout,
        "inpaint": Inpaint,
        "resize": Resize,
        "crop": Crop,
        "rotate": Rotate,
    }
)


class InputRef(_Part):
    """The photo to work on: an upload's id, which is the SHA-256 of its bytes."""

    upload: UploadId

    @property
    def sha256(self) -> str:
        """The 64 hex digits alone."""
        return sha256_of(self.upload)


class OutputSpec(_Part):
    """How the result is written; "auto" keeps what suits the input. ``quality`` does not concern PNG."""

    format: Literal["auto", "jpeg", "png", "webp", "avif"] = "auto"
    quality: Annotated[int, Field(ge=1, le=100, strict=True)] = 90


class JobSpec(_Part):
    """One job as the client wrote it. ``deadline_s`` and ``expires_in_s`` count from submission and from the end."""

    input: InputRef
    operations: Annotated[tuple[Operation, ...], Field(min_length=1, max_length=MAX_OPERATIONS)]
    output: OutputSpec = OutputSpec()
    priority: Literal["interactive", "bulk"] = "interactive"
    deadline_s: Annotated[int, Field(ge=1, le=86400, strict=True)] | None = None
    expires_in_s: Annotated[int, Field(ge=60, le=604800, strict=True)] | None = None
    seed: Annotated[int, Field(ge=0, le=MAX_SEED, strict=True)] | None = None
    external_id: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    metadata: Annotated[dict[MetadataKey, ShortText], Field(max_length=MAX_METADATA_KEYS)] = Field(default_factory=dict)

    @property
    def uploads(self) -> dict[str, str]:
        """Each upload that the job needs, by its 64 hex digits, and where the spec first names it (RFC 6901)."""
        found = {self.input.sha256: "/input/upload"}
        for index, operation in enumerate(self.operations):
            if isinstance(operation, Inpaint) and operation.mask is not None:
                found.setdefault(sha256_of(operation.mask), f"/operations/{index}/mask")
        return found


def sha256_of(upload: str) -> str:
    """The 64 hex digits of an upload's id alone."""
    return upload.removeprefix("sha256:")


def parse_spec(data: bytes) -> JobSpec:
    """Read a spec from a request's bytes.

    Raises ProblemError ``malformed-json`` (see ``strict_json``), or ``invalid-parameter`` whose ``errors`` list every
    mistake as {"pointer": RFC 6901, "detail": text}.
    """
    return validate_spec(parse_json(data))


def validate_spec(document: object) -> JobSpec:
    """Check a JSON value that was already read; raises ProblemError ``invalid-parameter`` as ``parse_spec`` does."""
    try:
        return JobSpec.model_validate(document)
    except ValidationError as error:
        mistakes = _mistakes(error)
        detail = "; ".join(f"{item['pointer'] or 'spec'}: {item['detail']}" for item in mistakes[:3])
        raise ProblemError("invalid-parameter", detail, errors=mistakes[:50]) from error


def canonical_body(spec: JobSpec, tenant: str) -> str:
    """SHA-256 (hex) of what a request means: equal for specs that differ only in key order, spacing or defaults."""
    body = json.dumps(spec.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(f"{tenant}\n{body}".encode()).hexdigest()


def _mistakes(error: ValidationError) -> list[dict[str, str]]:
    items = error.errors(include_url=False)
    # pydantic 2.14 counts a tuple's valid items alone: a wrong item then makes the list "too short" as well
    within = {item["loc"][:length] for item in items for length in range(len(item["loc"]))}
    return [_mistake(item) for item in items if item["type"] != "too_short" or item["loc"] not in within]


def _mistake(item: Mapping[str, Any]) -> dict[str, str]:
    path = [str(step) for step in item["loc"]]
    if path[:1] == ["operations"] and len(path) > 2:
        del path[2]  # pydantic names the union's branch ("resize") after the index: no part of the client's document
    if item["type"].startswith("union_tag"):
        path.append("op")
    if item["type"] == "union_tag_invalid":
        tag = re.sub(r"[^ -~]", "?", str(item["ctx"]["tag"]))[:60]
        message = f"there is no operation {tag!r}; there are {', '.join(OPERATION_MODELS)}"
    else:
        message = f"{item['msg'].removeprefix('Value error, ').replace('Tuple', 'List')}{_received(item)}"
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)
    return {"pointer": pointer, "detail": message}


def _received(item: Mapping[str, Any]) -> str:
    value = item.get("input")
    if item["type"] in {"missing", "extra_forbidden"} or not isinstance(value, str | int | float):
        return ""
    shown = re.sub(r"[^ -~]", "?", str(value))
    return f"; got {shown[:60]!r}"
