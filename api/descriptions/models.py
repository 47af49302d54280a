"""What the operator's routes for models take and answer."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.describe import Answer, describes
from api.documents.models import OperatorModels
from api.documents.parts import Changes
from api.queries import NoQuery
from jobs.spec.needs import ModelVersion

_SOON = (
    "The wish; workers follow within seconds, and tell what they serve and refuse: once `looking` is 0, all living "
    "ones have. (Those of an earlier release do not tell, and are not counted; without a worker it is 0 at once.)"
)


class ShareWish(BaseModel):
    """A version, and the part of the jobs that take it: 0 to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: ModelVersion
    share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False, strict=True)]


class ModelWish(Changes):
    """What is to change of a model; what is left out stays. ``share`` null ends a share."""

    use: ModelVersion | Literal["newest"] | None = None
    share: ShareWish | None = None


MODELS = describes(
    "See which versions of the models are served",
    tag="operator",
    query=NoQuery,
    answers={200: Answer("What is wished for, what workers serve, and what they refused.", OperatorModels)},
)

RELOAD = describes(
    "Let workers look for new versions of the models",
    tag="operator",
    query=NoQuery,
    answers={200: Answer(_SOON, OperatorModels)},
)

WISH = describes(
    "Choose a model's version, or share it out",
    tag="operator",
    query=NoQuery,
    body=ModelWish,
    examples={"five in a hundred": {"share": {"version": "6", "share": 0.05}}, "back": {"use": "5", "share": None}},
    answers={200: Answer(_SOON, OperatorModels)},
)
