"""Traces: does what they are sent to take them?"""

import os
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from jobs.settings import JobsSettings, without_secrets
from worker.doctor.findings import Finding


def look_at_traces(settings: JobsSettings) -> Iterator[Finding]:
    """Sends an empty message where traces are wanted, and makes no file; nothing where they are not."""
    endpoint = settings.traces_endpoint
    if not endpoint:
        return
    try:
        exporting = import_module("jobs.tracing.exporting")
    except ModuleNotFoundError as error:
        remedy = "pip install 'packshot-server[traces]', or take PACKSHOT_TRACES_ENDPOINT away: API and workers stop"
        yield Finding("traces", "fault", f"PACKSHOT_TRACES_ENDPOINT is set, but {error.name} is not installed", remedy)
        return
    parts = urlsplit(endpoint)
    if parts.scheme == "file":
        yield _of_file(Path(url2pathname(parts.path)))
        return
    exporter, shown = exporting.exporter_for(endpoint), without_secrets(endpoint)
    try:
        reaches = exporter.reaches()
    finally:
        exporter.shutdown()
    remedy = "start the collector, or mend PACKSHOT_TRACES_ENDPOINT: OTLP over HTTP (port 4318; gRPC's 4317 is not)"
    yield (
        Finding("traces", "ok", f"spans reach {shown}")
        if reaches
        else Finding("traces", "warning", f"{shown} does not take spans: they are dropped, and jobs go on", remedy)
    )


def _of_file(path: Path) -> Finding:
    """Asked, not tried: a file that whoever looks had made could be one that API and workers cannot write."""
    nearest = next(one for one in (path, *path.parents) if one.exists())
    rights = os.W_OK if nearest == path else os.W_OK | os.X_OK
    if (nearest.is_dir() == (nearest != path)) and os.access(nearest, rights):
        return Finding("traces", "ok", f"spans are written to {path}, by this user")
    why = f"{nearest} is a {'folder' if nearest.is_dir() else 'file'} where this user may not write"
    if nearest.is_dir() == (nearest == path):
        why = f"{nearest} is {'a folder' if nearest.is_dir() else 'no folder'}"
    return Finding("traces", "fault", f"{path} cannot be written: {why}", "name a file in a folder of this user")
