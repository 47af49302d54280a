"""Where a job comes from: the output of an earlier one that it was made from, or is to take the place of."""

from typing import Annotated

from pydantic import Field

from jobs.spec.fields import JobId, Part


class Parent(Part):
    """An earlier job of the same tenant, and which of its outputs; without ``output``, the job as a whole."""

    job: JobId
    output: Annotated[int, Field(ge=0, le=9999, strict=True)] | None = None
