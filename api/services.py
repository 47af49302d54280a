"""What the routes work with, built once for each process and found again through the Flask app."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

import redis
from flask import Flask, current_app

from api.counting import ApiMetrics
from api.keys import KeyRing
from api.long_polls import LongPolls
from api.places import Places, TenantPlaces
from api.presence import ParallelJobs
from api.renderings import Renderings
from api.settings import ApiSettings
from api.slow_clients import SlowClients
from api.upload_tokens import UploadTokens
from jobs.blobs import BlobStore
from jobs.checked_blobs import CheckedBlobs
from jobs.clock import RedisClock
from jobs.links import LinkSigner
from jobs.presets import Preset
from jobs.queue import HintQueue
from jobs.store import JobStore
from jobs.tracing import Tracing

MANIFESTS_AT_ONCE = 2
"""How many batches are read and checked at the same time: one of 10,000 rows takes seconds, and about 100 MB."""

EXPORTS_AT_ONCE = 8
"""How many archives of all that a tenant has are written at the same time, one for each tenant: each reads as fast as
the disk can, or as slowly as its reader takes it."""

_NAME = "packshot"


@dataclass(frozen=True)
class Services:
    """The process' connections, and what bounds its work. All of them are thread-safe."""

    settings: ApiSettings
    redis: redis.Redis
    store: JobStore
    blobs: BlobStore
    checked_blobs: CheckedBlobs
    hints: HintQueue
    keys: KeyRing
    upload_tokens: UploadTokens
    links: LinkSigner
    places: Places
    long_polls: LongPolls
    slow_clients: SlowClients
    parallel: ParallelJobs
    clock: RedisClock
    presets: Mapping[str, Preset]
    metrics: ApiMetrics
    tracing: Tracing = field(default_factory=Tracing)
    renderings: Renderings = field(default_factory=Renderings)
    exports: TenantPlaces = field(default_factory=lambda: TenantPlaces(EXPORTS_AT_ONCE))
    manifests: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(MANIFESTS_AT_ONCE))

    def attach(self, app: Flask) -> None:
        """Make them the app's."""
        app.extensions[_NAME] = self


def services_of(app: Flask) -> Services:
    """Those attached to ``app``."""
    found = app.extensions[_NAME]
    assert isinstance(found, Services)
    return found


def services() -> Services:
    """Those of the current request's app."""
    return services_of(current_app)
