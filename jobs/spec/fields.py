"""What the fields of a spec are made of: their types and limits, and what every part of a spec has in common."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from jobs.tokens import JOB_ID

MAX_SIDE_PX = 16384
MAX_SEED = 2**32 - 1
MAX_FIELDS = 64  # of one object, known and unknown ones; our largest has 19
READABLE = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"
"""Text without control characters, but for tabs and line ends."""


def _one_mistake(value: object, check: ValidatorFunctionWrapHandler) -> object:
    """Report a union's mistake once, not once for each branch."""
    try:
        return check(value)
    except ValidationError as error:
        raise PydanticCustomError("strength", "should be 'auto' or a number from 0 to 1") from error


@dataclass(frozen=True)
class Shaped:
    """Marks a text that has to match ``pattern``; who sends another is told ``words``, not the pattern."""

    pattern: str
    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the pattern after whatever else is checked."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Descriptions have the pattern, as programs read them."""
        return {**handler(schema), "pattern": self.pattern}

    def _check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise PydanticCustomError("shape", "{words}", {"words": self.words})
        return text


@dataclass(frozen=True)
class AtMost:
    """Marks a list, or an object of names of the client's own, that may have so many entries.

    A longer one is one mistake, told before any entry is looked at: pydantic's own ``max_length`` counts the right
    entries alone, and tells each wrong one, however many there are.
    """

    length: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the length before whatever else is checked."""
        return core_schema.no_info_before_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Descriptions have the bound, as programs read it."""
        described = handler(schema)
        bound = "maxItems" if described.get("type") == "array" else "maxProperties"
        return {**described, bound: self.length}

    def _check(self, value: object) -> object:
        if isinstance(value, list | tuple | dict) and len(value) > self.length:
            kind = "Dictionary" if isinstance(value, dict) else "List"
            limits = {"field_type": kind, "max_length": self.length, "actual_length": len(value)}
            raise PydanticKnownError("too_long", limits)
        return value


PLAIN = Shaped(READABLE, "holds a control character; tabs and line ends are fine")
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]
Strength = Annotated[Literal["auto"] | Fraction, WrapValidator(_one_mistake)]
Stops = Annotated[float, Field(ge=-0.5, le=2, allow_inf_nan=False, strict=True)]
SidePx = Annotated[int, Field(ge=1, le=MAX_SIDE_PX, strict=True)]
BoxOrigin = Annotated[int, Field(ge=0, le=2**20, strict=True)]
BoxSide = Annotated[int, Field(ge=1, le=2**20, strict=True)]
Seed = Annotated[int, Field(ge=0, le=MAX_SEED, strict=True)]
UploadId = Annotated[
    str, Shaped(r"^sha256:[0-9a-f]{64}$", "an upload's id is sha256: and 64 hex digits in small letters")
]
JobId = Annotated[str, Shaped(JOB_ID.pattern, "a job's id is job_ and 26 digits and letters from a to v")]


class Part(BaseModel):
    """A part of a spec."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _has_not_too_many_fields(cls, document: Any) -> Any:
        if isinstance(document, Mapping) and len(document) > MAX_FIELDS:
            told = {"count": len(document), "most": MAX_FIELDS}
            raise PydanticCustomError("too_many_fields", "has {count} fields; allowed are at most {most}", told)
        return document


class OperationPart(Part):
    """One operation of a spec.

    Who adds a field to an operation raises its ``newest``, and lets ``spec_version`` tell where that field is used:
    such a job is then given only to workers that know it (``jobs.routes``).
    """

    newest: ClassVar[int] = 1

    @property
    def spec_version(self) -> int:
        """Since which version of the operation this is understood."""
        return 1

    def named_uploads(self) -> Iterator[tuple[str, str]]:
        """Each upload that the operation needs: where in it that is named (a JSON pointer's end), and its id."""
        yield from ()

    @property
    def copies(self) -> int:
        """How many pictures the operation makes of one, or of nothing."""
        return 1


def sha256_of(upload: str) -> str:
    """The 64 hex digits of an upload's id alone."""
    return upload.removeprefix("sha256:")
