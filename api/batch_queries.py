"""The query strings of the batch routes, checked as strictly as bodies are."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from jobs.batches.records import ItemState
from jobs.spec.fields import PLAIN
from jobs.urls import MAX_URL_CHARS
from jobs.webhooks.events import FILTER_LIST
from jobs.webhooks.urls import URL_SHAPE

Cursor = Annotated[str, StringConstraints(min_length=1, max_length=200)] | None


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BatchQuery(_Query):
    """``preset`` names channels for rows that name none; ``validate_only`` answers without writing anything.

    With ``skip_invalid`` broken rows become failed items; else any fault refuses the whole batch. ``webhook`` is a URL
    to tell of the batch, ``webhook_events`` of what, in a list with commas; JSON has a member ``webhook`` as well.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=200), PLAIN] | None = None
    preset: Annotated[str, StringConstraints(min_length=1, max_length=1000)] | None = None
    validate_only: bool = False
    skip_invalid: bool = False
    webhook: (
        Annotated[
            str, StringConstraints(min_length=1, max_length=MAX_URL_CHARS), Field(json_schema_extra=dict(URL_SHAPE))
        ]
        | None
    ) = None
    webhook_events: (
        Annotated[
            str,
            StringConstraints(min_length=1, max_length=1000),
            Field(json_schema_extra={"pattern": FILTER_LIST}),
        ]
        | None
    ) = None


class PageQuery(_Query):
    """``cursor`` comes from the page before."""

    cursor: Cursor = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ItemQuery(_Query):
    """Which items, in the order of their rows; ``cursor`` comes from the page before."""

    state: ItemState | None = None
    cursor: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class ResultQuery(_Query):
    """How the results are written."""

    format: Literal["csv", "jsonl"] = "csv"
