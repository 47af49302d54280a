"""``python -m worker.doctor``: each finding as a line of JSON on stdout, as soon as it is known.

Reads the settings that a worker would read, but that PACKSHOT_REDIS_URL may be absent. Exit code 0, whatever is found.
``--engine-only`` leaves Redis, storage and data folder out: they are another machine's where the server is.
"""

import json
import logging
import os
import sys
from collections.abc import Iterator

from engine.errors import SettingsRefused
from engine.settings import EngineSettings
from jobs.errors import SettingsError
from jobs.settings import read_settings
from worker.doctor.engine_part import (
    look_at_backend,
    look_at_decoder,
    look_at_gpus,
    look_at_machine,
    look_at_weights,
)
from worker.doctor.findings import Finding
from worker.doctor.redis_part import look_at_redis
from worker.doctor.storage_part import look_at_folder, look_at_storage
from worker.doctor.traces_part import look_at_traces
from worker.settings import WorkerSettings

NO_REDIS = "redis://none"
"""Stands for the Redis that is not there, so that the other settings can be read."""


def findings(*, engine_only: bool = False) -> Iterator[Finding]:
    """Everything that can be looked at on this machine, the cheap first; or what the engine alone needs."""
    yield from look_at_machine()
    url = os.environ.get("PACKSHOT_REDIS_URL")
    try:
        settings = read_settings(WorkerSettings, **({} if url else {"redis_url": NO_REDIS}))
    except SettingsError as error:
        yield Finding("settings", "fault", str(error), "docs/settings.md lists them all")
        settings = None
    try:
        engine_settings = EngineSettings.from_env()
    except SettingsRefused as error:
        yield Finding("settings", "fault", str(error), "docs/settings.md lists them all")
        engine_settings = None
    if not engine_only:
        yield from look_at_redis(url, settings)
        if settings is not None:
            yield from look_at_storage(settings.resolved_blob_url, synced=settings.synced_blobs)
            yield from look_at_folder(settings.data_dir)
            yield from look_at_traces(settings)
    if settings is not None:
        yield from look_at_decoder(settings)
    yield from look_at_gpus()
    if engine_settings is not None:
        yield from look_at_weights(engine_settings)
        yield from look_at_backend(engine_settings)


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # what the parts would log is told as findings
    for finding in findings(engine_only="--engine-only" in sys.argv[1:]):
        print(json.dumps(finding.to_json()), flush=True)
