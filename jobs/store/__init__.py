"""The job record in Redis. Every transition is one script of ``jobs/lua`` and goes by Redis' clock alone.

Read in the order of a job's way: submitting, working, reading, sweeping; uploads beside them, and batches above them.
"""

from jobs.store.auditing import AuditingStore
from jobs.store.batch_reading import BatchReadingStore
from jobs.store.batches import BatchStore
from jobs.store.confirming import ConfirmingStore
from jobs.store.deciding import DecidingStore
from jobs.store.delivering import DeliveringStore
from jobs.store.following import FollowingStore
from jobs.store.gauging import GaugingStore
from jobs.store.listing import ListingStore
from jobs.store.operating import OperatingStore
from jobs.store.privacy import PrivacyStore
from jobs.store.reading import ReadingStore
from jobs.store.submitting import SubmittingStore
from jobs.store.sweeping import SweepingStore
from jobs.store.tidying import TidyingStore
from jobs.store.uploads import UploadStore
from jobs.store.webhooks import WebhookStore
from jobs.store.wishing import WishingStore
from jobs.store.working import WorkingStore

__all__ = ["JobStore"]


class JobStore(
    SubmittingStore,
    WorkingStore,
    ReadingStore,
    ListingStore,
    FollowingStore,
    DecidingStore,
    UploadStore,
    BatchStore,
    BatchReadingStore,
    SweepingStore,
    TidyingStore,
    OperatingStore,
    GaugingStore,
    WebhookStore,
    DeliveringStore,
    ConfirmingStore,
    AuditingStore,
    PrivacyStore,
    WishingStore,
):
    """All that the API and the worker do with the record: ``JobStore(redis, settings)``. Thread-safe.

    ``presets`` are the channels that submitted jobs may name (``JobStore(redis, settings, presets)``): work done under
    other rules than theirs is not the same work.
    ``redis`` needs ``decode_responses=True`` (``jobs.connection.connect`` does that). Redis' own faults pass through.
    """
