"""A job's spec as it is sent, and what a dry run of it answers, as documents."""

from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.documents.parts import Document
from jobs.spec import JobSpec


class SentSpec(JobSpec):
    """A job's spec as it is sent. ``validate_only`` asks what would come of it, and is not kept."""

    validate_only: Annotated[bool, Field(strict=True)] = False

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Only when sent are operations ``"auto"``: what is kept lists them."""
        schema = handler(core)
        properties = handler.resolve_ref_schema(schema)["properties"]
        properties["operations"] = {"anyOf": [properties["operations"], {"const": "auto"}], "default": []}
        return schema


class JobEstimate(Document):
    """When the job would be done if it were submitted now, from how long others took."""

    seconds: Annotated[float | None, Field(description="Null where nothing was measured yet, or no worker lives.")]
    queue_position: Annotated[int | None, Field(description="How many jobs would be before it.")]


class JobDryRun(Document):
    """A spec that would be taken now; nothing was stored."""

    valid: Literal[True]
    spec: Annotated[JobSpec, Field(description="What would be kept, defaults filled in.")]
    operations: Annotated[list[dict[str, Any]], Field(description="Its operations, each with all of its parameters.")]
    estimate: JobEstimate
