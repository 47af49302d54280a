"""What the routes work with, built once for each process and found again through the Flask app."""

from collections.abc import Mapping
from dataclasses import dataclass

import redis
from flask import Flask, current_app

from api.keys import KeyRing
from api.links import LinkSigner
from api.long_polls import LongPolls
from api.settings import ApiSettings
from jobs.blobs import BlobStore
from jobs.presets import Preset
from jobs.queue import HintQueue
from jobs.store import JobStore

_NAME = "packshot"


@dataclass(frozen=True)
class Services:
    """The process' connections. All of them are thread-safe."""

    settings: ApiSettings
    redis: redis.Redis
    store: JobStore
    blobs: BlobStore
    hints: HintQueue
    keys: KeyRing
    links: LinkSigner
    long_polls: LongPolls
    presets: Mapping[str, Preset]

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
