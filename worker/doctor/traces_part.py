"""Traces: does what they are sent to take them?"""

from collections.abc import Iterator
from importlib import import_module

from jobs.settings import JobsSettings, without_secrets
from worker.doctor.findings import Finding


def look_at_traces(settings: JobsSettings) -> Iterator[Finding]:
    """Sends an empty message where traces are wanted; nothing where they are not."""
    endpoint = settings.traces_endpoint
    if not endpoint:
        return
    shown = without_secrets(endpoint)
    try:
        reaches = import_module("jobs.tracing.exporting").exporter_for(endpoint).reaches()
    except ModuleNotFoundError as error:
        remedy = "pip install 'packshot-server[traces]', or take PACKSHOT_TRACES_ENDPOINT away: API and workers stop"
        yield Finding("traces", "fault", f"PACKSHOT_TRACES_ENDPOINT is set, but {error.name} is not installed", remedy)
    except OSError as error:
        yield Finding("traces", "fault", f"{shown} cannot be written: {error}", "name a file in a folder of this user")
    else:
        remedy = "start the collector, or mend PACKSHOT_TRACES_ENDPOINT: OTLP over HTTP (port 4318; gRPC's 4317 is not)"
        yield (
            Finding("traces", "ok", f"spans reach {shown}")
            if reaches
            else Finding("traces", "warning", f"{shown} does not take spans: they are dropped, and jobs go on", remedy)
        )
