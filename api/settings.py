"""The API's settings: those of the job record, and its own under ``PACKSHOT_API_*`` and ``PACKSHOT_PUBLIC_URL``."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from jobs.errors import SettingsError
from jobs.settings import PREFIX, JobsSettings, read_settings

ORIGIN = re.compile(r"https?://[^\s/?#@,]+")
_ORIGIN = "https://photos.example.com, without a path; nothing to take it from the request"
_EVERYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  (nobody listens there by this)
LEAST_WAITING = 8  # of one tenant; more than may wait in all, where that is set lower still
LIKENESS = 0.85  # how alike two names are when one is taken for a misspelling of the other


class ApiSettings(JobsSettings):
    """Frozen; read once by the entry point.

    ``public_url`` is how clients reach the API when Host does not tell; who neither sends nor takes a byte for
    ``api_stall_s`` in the midst of a request is cut off. ``requests_per_minute`` and ``jobs_per_day`` are for keys that
    have no limits of their own; 0 is none. ``cors_origins`` are separated by commas, or ``*``.
    """

    api_host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    api_port: Annotated[int, Field(ge=0, le=65535, validate_default=True)] = 8080
    api_threads: Annotated[int, Field(ge=2, le=1024)] = 64
    api_waiting: Annotated[int, Field(ge=1, le=8192)] = 1024
    api_stall_s: Annotated[float, Field(gt=0, le=3600)] = 30.0
    public_url: Annotated[str, Field(pattern=r"^(https?://[^\s/?#]+)?$", examples=[_ORIGIN])] = ""
    max_batch_rows: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    max_batch_mb: Annotated[float, Field(gt=0, le=256)] = 16
    requests_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    jobs_per_day: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    trusted_proxies: Annotated[int, Field(ge=0, le=16)] = 0
    cors_origins: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("api_port")
    @classmethod
    def _leaves_metrics_their_own(cls, port: int, read: ValidationInfo) -> int:
        told = (read.data.get(name, "") for name in ("api_host", "metrics_host"))
        hosts = {"127.0.0.1" if host == "localhost" else host for host in told}
        meet = len(hosts) == 1 or not _EVERYWHERE.isdisjoint(hosts)
        if port and meet and port == read.data.get("metrics_port"):
            raise ValueError("PACKSHOT_METRICS_PORT is the same; the metrics need a port of their own")
        return port

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, told: str) -> str:
        origins = [origin.strip() for origin in told.split(",") if origin.strip()]
        if wrong := [origin for origin in origins if origin != "*" and not ORIGIN.fullmatch(origin)]:
            raise ValueError(f"{wrong[0]!r} is no origin (https://shop.example, without a path), nor *")
        if "*" in origins and len(origins) > 1:
            raise ValueError("* stands for every origin, and stands alone")
        return ",".join(origin.lower() for origin in origins)

    def allows_origin(self, origin: str) -> bool:
        """Whether browsers let pages of this origin talk to the API."""
        return self.cors_origins == "*" or origin in self.cors_origins.split(",")

    @property
    def api_waiting_per_tenant(self) -> int:
        """How many clients of one tenant may wait at once: half of all, so that others find a place, but a few."""
        return max(LEAST_WAITING, self.api_waiting // 2)

    @property
    def api_slow(self) -> int:
        """How many clients may send or take slowly at once, each in a thread that sleeps meanwhile."""
        return 8 * self.api_threads

    @property
    def max_upload_bytes(self) -> int:
        """The largest photo accepted, in bytes (``max_upload_mb`` counts millions)."""
        return int(self.max_upload_mb * 1_000_000)

    @property
    def max_batch_bytes(self) -> int:
        """The largest manifest accepted, in bytes (``max_batch_mb`` counts millions)."""
        return int(self.max_batch_mb * 1_000_000)


def read_api_settings(environ: Mapping[str, str], **overrides: object) -> ApiSettings:
    """Read the environment, ``overrides`` first (None is left out). Raises SettingsError with all mistakes at once.

    Other rooms read ``PACKSHOT_*`` too, so an unknown name is a mistake only when it is nearly one of ours.
    """
    misspelt = _misspelt(environ)
    try:
        settings = read_settings(ApiSettings, **{name: value for name, value in overrides.items() if value is not None})
    except SettingsError as error:
        raise SettingsError("\n".join([str(error), *misspelt])) from error
    if misspelt:
        raise SettingsError("\n".join(["The settings cannot be used:", *misspelt]))
    return settings


def _misspelt(environ: Mapping[str, str]) -> list[str]:
    known = [name.upper() for name in ApiSettings.model_fields]
    given = (name.removeprefix(PREFIX) for name in sorted(environ) if name.startswith(PREFIX))
    return [f"  {PREFIX}{name} is unknown; did you mean {PREFIX}{like}?" for name, like in _look_alikes(given, known)]


def _look_alikes(names: Iterable[str], known: list[str]) -> Iterable[tuple[str, str]]:
    for name in names:
        alike = difflib.get_close_matches(name, known, n=1, cutoff=LIKENESS)
        if name not in known and alike:
            yield name, alike[0]
