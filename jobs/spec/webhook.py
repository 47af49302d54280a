"""Whom a job or a batch tells when it has ended, besides the tenant's own endpoints."""

from typing import Annotated

from pydantic import Field

from jobs.spec.fields import Part
from jobs.urls import MAX_URL_CHARS
from jobs.webhooks.events import EventFilters
from jobs.webhooks.urls import URL_SHAPE


class WebhookSpec(Part):
    """``url`` is told of ``events``, each of which may end in ``*``; of every end of the job where none are named."""

    url: Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARS, json_schema_extra=dict(URL_SHAPE))]
    events: EventFilters = ("job.*",)


class BatchWebhook(WebhookSpec):
    """The same for a batch: its own end, and the ends of its jobs."""

    events: EventFilters = ("batch.finished", "job.*")
