"""What a job asks of the worker that does it, beside its operations. What that means for the queue: ``jobs.routes``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from jobs.spec.fields import AtMost, Part, Shaped

MAX_MODELS = 4

ModelName = Annotated[
    str, Shaped(r"^[a-z0-9]{1,20}(-[a-z0-9]{1,20}){0,4}$", "a model's name is small letters and digits with hyphens")
]
ModelVersion = Annotated[
    str, Shaped(r"^[0-9]{1,6}(\.[0-9]{1,6}){0,3}$", "a model's version is digits, possibly with dots, as a text")
]


class Needs(Part):
    """Which workers may do the job: those on such a device, and those that serve just these versions of models.

    A worker serves a version while it is the newest of its weights, or has a share of the jobs (``GET /v1/models``).
    """

    device: Literal["gpu", "cpu"] | None = None
    models: Annotated[dict[ModelName, ModelVersion], AtMost(MAX_MODELS)] = Field(default_factory=dict)


def _or_nothing(needs: Needs | None) -> Needs | None:
    return needs if needs and (needs.device or needs.models) else None


PossibleNeeds = Annotated[Needs | None, AfterValidator(_or_nothing)]
"""What any worker has is no need."""
