"""The models' versions, as the operator sees them and wishes for them."""

from typing import Annotated, Literal

from pydantic import Field

from api.documents.parts import Document, Time
from jobs.spec.needs import ModelVersion


class ModelShare(Document):
    """A version beside the one in use, and the part of the jobs that take it; 0: those alone that ask for it."""

    version: ModelVersion
    share: Annotated[float, Field(ge=0, le=1)]


class ServedVersion(Document):
    """A version that living workers serve, and how many do; ``in_use`` by how many what asks for no version gets it."""

    version: str
    digest: Annotated[str, Field(description="SHA-256 of its file.")]
    workers: int
    in_use: int


class ModelState(Document):
    """A model: which version jobs are to take (``newest`` of each worker's weights), and which they can."""

    use: ModelVersion | Literal["newest"]
    share: ModelShare | None
    versions: list[ServedVersion]


class RefusedVersion(Document):
    """A version that a worker could not take; what it served before serves on."""

    worker: str
    host: str
    version: Annotated[str, Field(description="The folder's name.")]
    reason: str


class OperatorModels(Document):
    """All models of the living workers, by name."""

    models: dict[str, ModelState]
    refused: list[RefusedVersion]
    looking: Annotated[int, Field(description="Living workers that have not yet followed the last wish to its end.")]
    changed_at: Annotated[Time | None, Field(description="Since when results may look different.")]
