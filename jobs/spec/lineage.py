"""Where a job comes from: the output of an earlier one that it was made from, or is to take the place of."""

from typing import Annotated

from pydantic import Field, StringConstraints

from jobs.spec.fields import Part
from jobs.tokens import JOB_ID


class Parent(Part):
    """An earlier job of the same tenant, and which of its outputs; without ``output``, the job as a whole."""

    job: Annotated[str, StringConstraints(pattern=JOB_ID.pattern)]
    output: Annotated[int, Field(ge=0, le=9999, strict=True)] | None = None
