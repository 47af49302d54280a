"""The settings of the job record: read once from ``PACKSHOT_*`` by a process' entry point, passed on as an argument."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.errors import SettingsError
from jobs.sentinel import is_sentinel, read_sentinel_url

PREFIX = "PACKSHOT_"

Durability = Literal["fast", "everysec", "always"]
"""What is waited for before an answer: nothing; the disk, for photos and results; the disk, for the record too."""

S = TypeVar("S", bound=BaseSettings)

# What to write instead, where a value has the wrong form: an example says more than the form's expression.
_REDIS = "redis://localhost:6379/0, rediss:// with TLS, redis+sentinel://host:26379/master/0 by way of sentinels"
_QUEUE = "packshot, or other letters, digits and _ . - , 64 at most"
_BROKER = "amqps://user:password@host:5671/vhost, or sqs://; nothing for Redis"
_TRACES = "http://collector:4318, or file:///tmp/spans.jsonl; nothing for no traces"


def default_data_dir() -> Path:
    """``$XDG_DATA_HOME/packshot``, or ``~/.local/share/packshot``, its ``~`` as it is."""
    return _XdgSettings().xdg_data_home / "packshot"


class _XdgSettings(BaseSettings):
    model_config = SettingsConfigDict(env_ignore_empty=True)

    xdg_data_home: Path = Path("~/.local/share")


class DurabilitySettings(BaseSettings):
    """What the embedded Redis has to know too, which is no part of what API and worker agree on."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True)

    durability: Durability = "everysec"


class JobsSettings(DurabilitySettings):
    """What API and worker agree on. Frozen; build it with ``read_settings`` for readable mistakes."""

    data_dir: Path = Field(default_factory=default_data_dir, validate_default=True)
    # not unix://, which Celery does not know
    redis_url: Annotated[str, Field(pattern=r"^rediss?(\+sentinel)?://", examples=[_REDIS])]
    blob_url: str = ""
    wait_replicas: Annotated[int, Field(ge=0, le=10)] = 0
    lease_ms: Annotated[int, Field(ge=100)] = 30_000
    heartbeat_ms: Annotated[int, Field(ge=20, validate_default=True)] = 10_000
    max_attempts: Annotated[int, Field(ge=1, le=100)] = 3
    storage_patience_s: Annotated[float, Field(ge=1, le=604_800)] = 3600.0
    retention_s: Annotated[int, Field(ge=1)] = 86_400
    max_retention_s: Annotated[int, Field(ge=60, le=315_360_000)] = 2_592_000
    audit_days: Annotated[int, Field(ge=0, le=3650)] = 90
    audit_entries: Annotated[int, Field(ge=100, le=1_000_000)] = 20_000
    max_pending: Annotated[int, Field(ge=1)] = 20_000
    max_active_per_tenant: Annotated[int, Field(ge=1)] = 10_000
    max_wait_s: Annotated[int, Field(ge=0)] = 600
    max_open_batches: Annotated[int, Field(ge=1)] = 20
    max_kept_batches: Annotated[int, Field(ge=1)] = 200
    batch_window: Annotated[int, Field(ge=1, le=1000)] = 64
    max_photo_megapixels: Annotated[float, Field(gt=0, le=1000)] = 64
    max_upload_mb: Annotated[float, Field(gt=0, le=4096)] = 64
    max_output_megapixels: Annotated[float, Field(gt=0, le=4000)] = 260
    fetch_urls: bool = False
    webhooks_private: bool = False
    link_ttl_s: Annotated[int, Field(ge=60, le=86_400)] = 900
    presets_dir: Path | None = None
    metrics_host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    hint_queue: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", examples=[_QUEUE])] = "packshot"
    hint_broker: Annotated[str, Field(pattern=r"^((amqps?|sqs|memory)://\S*)?$", examples=[_BROKER])] = ""
    traces_endpoint: Annotated[
        str, Field(pattern=r"^(https?://[^\s/?#]+[^\s]*|file:///[^\s]+)?$", examples=[_TRACES])
    ] = ""
    traces_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    traces_from_clients: bool = True

    @field_validator("data_dir", "presets_dir")
    @classmethod
    def _has_a_home(cls, folder: Path | None, read: ValidationInfo) -> Path | None:
        try:
            return folder and folder.expanduser()
        except RuntimeError as error:
            name = f"{PREFIX}{read.field_name}".upper()
            raise ValueError(f"there is no such home folder; set {name} to a folder of its own") from error

    @field_validator("redis_url")
    @classmethod
    def _names_its_sentinels(cls, redis_url: str) -> str:
        if is_sentinel(redis_url):
            read_sentinel_url(redis_url)
        return redis_url

    @field_validator("heartbeat_ms")
    @classmethod
    def _beats_before_the_lease_is_over(cls, heartbeat_ms: int, read: ValidationInfo) -> int:
        lease_ms = read.data.get("lease_ms", heartbeat_ms * 2)
        if heartbeat_ms * 2 > lease_ms:
            raise ValueError(f"at most half of lease_ms, which is {lease_ms}, so that one lost beat loses no lease")
        return heartbeat_ms

    @property
    def longest_retention_s(self) -> int:
        """The longest that a tenant may let its own be kept: never less than what is kept without its word."""
        return max(self.max_retention_s, self.retention_s)

    @property
    def synced_blobs(self) -> bool:
        """Whether a local folder's photos and results lie on the disk before the record names them."""
        return self.durability != "fast"

    @property
    def resolved_blob_url(self) -> str:
        """``blob_url``, or the folder ``blobs`` under ``data_dir`` as a file URL."""
        return self.blob_url or (self.data_dir.expanduser().absolute() / "blobs").as_uri()


def read_settings(kind: type[S], **overrides: Any) -> S:
    """Build ``kind`` from the environment, ``overrides`` first; raises SettingsError naming every mistake at once."""
    try:
        return kind(**overrides)
    except ValidationError as error:
        prefix = str(kind.model_config.get("env_prefix", ""))
        found = error.errors(include_url=False, include_context=False)
        lines = [_mistake(prefix, item, _form(kind, item)) for item in found]
        raise SettingsError("The settings cannot be used:\n" + "\n".join(lines)) from error


_PLAIN = {"int_parsing": "a whole number", "float_parsing": "a number", "bool_parsing": "true or false"}


def _form(kind: type[BaseSettings], item: Mapping[str, Any]) -> str:
    """What to write where a value's form is wrong; empty for other mistakes, which pydantic tells well."""
    if item["type"] in _PLAIN:
        return _PLAIN[item["type"]]
    field = kind.model_fields.get(str(item["loc"][0])) if item["loc"] else None
    return str(field.examples[0]) if item["type"] == "string_pattern_mismatch" and field and field.examples else ""


def _mistake(prefix: str, item: Mapping[str, Any], form: str) -> str:
    name = prefix + "_".join(str(step) for step in item["loc"]).upper()
    if item["type"] == "missing":
        hint = f": write {_REDIS}. Beside a running `packshot up` it is in redis/url of the data folder"
        return f"  {name} is not set, but needed{hint if name == 'PACKSHOT_REDIS_URL' else ''}"
    told = f"write {form}" if form else item["msg"].removeprefix("Value error, ")
    return f"  {name}={without_secrets(str(item.get('input')))!r}: {told}"


def without_secrets(address: str) -> str:
    """The address as it may be told: all that stands before its last @ may be a password, and a query a signature.

    Also of one that is wrongly written, which is when it is told.
    """
    before, at, behind = address.rpartition("@")
    scheme = re.match(r"[a-z0-9+]{1,10}:(//)?", before)
    told = f"{scheme[0] if scheme else ''}***@{behind}" if at else address
    shown, mark, _ = told.partition("?")
    return f"{shown}?***" if mark else shown
