"""What documents are made of: the model that they all derive from, and the types that occur in many."""

from typing import Annotated, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Document(BaseModel):
    """A JSON object that a route answers. A field that is always there has no default, even where it may be null."""

    model_config = ConfigDict(extra="forbid", serialize_by_alias=True)


class Changes(BaseModel):
    """The body of a PATCH: what is left out stays as it is, so no field has a default that anybody is told of.

    ``model_fields_set`` says what was sent; the defaults in the code stand for nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A program that is generated from the description would otherwise send the defaults as changes."""
        schema = handler(core)
        for field in handler.resolve_ref_schema(schema)["properties"].values():
            field.pop("default", None)
        return schema


Time = Annotated[
    str, WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-02-03T04:05:06.789Z"]})
]
"""RFC 3339, in UTC."""

Url = Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]
"""An absolute URL on the service's public address."""

MAX_OVERLAP_S = 7 * 86_400
Overlap = Annotated[int, Field(ge=0, le=MAX_OVERLAP_S, strict=True)]
"""How many seconds what is replaced goes on beside what replaces it."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
JobId = Annotated[str, Field(pattern=r"^job_[0-9a-v]{26}$", examples=["job_06e9s3v5m2r8q4t6g0h1i2j3ab"])]
BatchId = Annotated[str, Field(pattern=r"^bat_[0-9a-v]{26}$", examples=["bat_06e9s3v5m2r8q4t6g0h1i2j3ab"])]
UploadId = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]

Item = TypeVar("Item")


class PageOf(Document, Generic[Item]):
    """A part of a listing; ``cursor`` asks for the next part, and is null at the end."""

    items: list[Item]
    cursor: str | None
