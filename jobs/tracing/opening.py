"""The traces of a process, as its settings want them: nothing of OpenTelemetry is imported unless they are wanted."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import cast

from jobs.errors import SettingsError
from jobs.settings import JobsSettings, without_secrets
from jobs.tracing.spans import Tracing


def open_tracing(settings: JobsSettings, service: str, instance: str = "") -> Tracing:
    """What keeps the spans of ``service`` ("packshot-api"), or nothing without an endpoint. Make it after a fork.

    ``instance`` is the process' name where it has one. Raises SettingsError where OpenTelemetry is not installed, or a
    file is wanted that cannot be written.
    """
    if not settings.traces_endpoint:
        return Tracing()
    with _told(settings):
        recording = import_module("jobs.tracing.recording")
        return cast("Tracing", recording.Recording.open(settings, service, instance))


def check_tracing(settings: JobsSettings) -> None:
    """Raise SettingsError where ``open_tracing`` would: for a process that forks first. Starts no thread."""
    if settings.traces_endpoint:
        with _told(settings):
            import_module("jobs.tracing.exporting").exporter_for(settings.traces_endpoint).shutdown()


@contextmanager
def _told(settings: JobsSettings) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"PACKSHOT_TRACES_ENDPOINT is set, but {error.name} is not installed; install packshot-server[traces]"
        ) from error
    except OSError as error:  # a file that cannot be made
        told = without_secrets(settings.traces_endpoint)
        raise SettingsError(f"PACKSHOT_TRACES_ENDPOINT={told} cannot be written: {error}") from error
