"""Problems (RFC 9457) as documents: what every one has, and what some have besides."""

from typing import Annotated

from pydantic import ConfigDict, Field, WithJsonSchema

from api.documents.parts import Document

ProblemUri = Annotated[
    str, WithJsonSchema({"type": "string", "format": "uri-reference", "examples": ["/problems/invalid-parameter"]})
]


class Mistake(Document):
    """One mistake of a request: where it is, and what is wrong there.

    ``pointer`` is a JSON Pointer (RFC 6901) into the body, ``parameter`` the name of one in the query. Of a batch's
    manifest ``row`` counts from 1 (0: what all rows have in common), and a CSV has a ``line`` and a ``column``.
    """

    detail: str
    pointer: str | None = None
    parameter: str | None = None
    row: int | None = None
    line: int | None = None
    column: str | None = None


class ProblemDetails(Document):
    """What went wrong. ``type`` is where it is explained, and what programs tell problems apart by; ``title`` is the
    same for all of a type, ``detail`` is about this one. Some types say more in members of their own.
    """

    model_config = ConfigDict(extra="allow")

    type: ProblemUri
    title: str
    status: int
    detail: str
    errors: Annotated[list[Mistake], Field(description="Every mistake, of `invalid-parameter` alone.")] | None = None


class Problem(ProblemDetails):
    """The answer to a request that could not be done. ``request_id`` is also in the header ``X-Request-Id``."""

    instance: Annotated[str, Field(description="The path that was asked for.")]
    request_id: str
