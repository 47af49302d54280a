"""What the service tells about itself."""

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, WithJsonSchema

from api.documents.parts import Document, Time, Url
from jobs.presets import Preset

Schema = Annotated[dict[str, Any], WithJsonSchema({"type": "object", "description": "A JSON Schema (2020-12)."})]


class Operations(RootModel[dict[str, Schema]]):
    """Each operation's JSON Schema, by its name in a spec."""


class Presets(Document):
    """The sales channels that ``renditions`` can name."""

    presets: dict[str, Preset]


class Models(Document):
    """The networks that living workers serve, by name; a card has more than is described here."""

    models: Annotated[dict[str, dict[str, Any]], Field(description="Each with its version, digest and kind.")]
    backends: list[str]
    workers: int


class Health(Document):
    """The API's process answers."""

    status: Literal["ok"]


class Readiness(Document):
    """Jobs get done, or will be: `degraded` where they are taken and wait for the blob store."""

    status: Literal["ready", "degraded"]
    redis: Literal["ok"]
    blobs: Annotated[
        Literal["ok", "partial", "away"],
        Field(description="Does the blob store answer all workers, some, or none?"),
    ]
    workers: int
    backends: list[str]
    pending: Annotated[int, Field(description="Jobs that wait.")]
    lost_at: Annotated[Time | None, Field(description="When Redis lost jobs, if that was in the last seven days.")]


class ProblemKind(Document):
    """A type of problem. ``retryable``: the same request may succeed later."""

    type: str
    title: str
    status: int
    retryable: bool
    cause: Annotated[str, Field(description="Why it happens, in Markdown.")]
    remedy: Annotated[str, Field(description="What to do, in Markdown.")]
    page: Annotated[Url, Field(description="The same for people, at length.")]
