"""A capacity plan as a document."""

from typing import Annotated, Any

from pydantic import Field

from api.documents.parts import Document
from jobs.capacity.document import Source


class CapacityLine(Document):
    """One figure of the plan. ``text`` is the value with its unit, ready to be read."""

    name: str
    value: Annotated[float | None, Field(description="null of what was not measured, or has no price.")]
    unit: str
    text: str
    why: Annotated[str, Field(description="Its formula, and the measurement that it rests on.")]
    source: Annotated[Source, Field(description="The weakest of what it rests on.")]


class CapacityGroup(Document):
    """Lines that belong together: workers, redis, serving, money."""

    name: str
    lines: list[CapacityLine]


class CapacityWall(Document):
    """What stops growth, at how many photos a day, and how it is moved."""

    name: str
    photos_per_day: float
    why: str
    moved_by: str


class CapacityDocument(Document):
    """A plan; walls with the nearest first."""

    asked: Annotated[dict[str, Any], Field(description="Every parameter as it was taken, defaults too.")]
    groups: list[CapacityGroup]
    settings: Annotated[dict[str, str], Field(description="What to set, of each installation.")]
    walls: list[CapacityWall]
    warnings: list[str]
    measured: Annotated[dict[str, str], Field(description="Commands, dates and machines of what was measured.")]
