"""The traces of a process, as its settings want them: nothing of OpenTelemetry is imported unless they are wanted."""

from importlib import import_module
from typing import cast

from jobs.errors import SettingsError
from jobs.settings import JobsSettings
from jobs.tracing.spans import Tracing


def open_tracing(settings: JobsSettings, service: str, instance: str = "") -> Tracing:
    """What keeps the spans of ``service`` ("packshot-api"), or nothing without an endpoint. Make it after a fork.

    ``instance`` is the process' name where it has one. Raises SettingsError where OpenTelemetry is not installed, or a
    file is wanted that cannot be written.
    """
    if not settings.traces_endpoint:
        return Tracing()
    try:
        recording = import_module("jobs.tracing.recording")
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"PACKSHOT_TRACES_ENDPOINT is set, but {error.name} is not installed; install packshot-server[traces]"
        ) from error
    try:
        return cast("Tracing", recording.Recording.open(settings, service, instance))
    except OSError as error:  # a file that cannot be made
        raise SettingsError(
            f"PACKSHOT_TRACES_ENDPOINT={settings.traces_endpoint} cannot be written: {error}"
        ) from error
