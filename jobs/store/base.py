"""What all faces of the store share: the connection, the settings, and how a script is called."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import redis
from redis.commands.core import Script

from jobs.audit import Note
from jobs.changes import ChangeListener
from jobs.names import KEY_PREFIX
from jobs.presets import Preset, digests_of, rules_of
from jobs.settings import JobsSettings
from jobs.spec import JobSpec
from jobs.spec.parsing import work_hash
from jobs.tokens import TENANT

PREFIX = KEY_PREFIX
READING_SCRIPTS = frozenset({"view", "standings", "view_batch", "oldest_pending", "seek_created", "foresee", "gauge"})
LOOKING_SCRIPTS = frozenset({"view", "standings", "follow"})  # tell where jobs stand
SMALL_SCRIPTS = (
    frozenset(  # neither make nor end a job; Redis keeps every script whole, so they carry only what they need
        {
            *("heartbeat", "progress", "sweep_garbage", "sweep_uploads", "announce"),
            *("announce_upload", "put_upload", "touch_upload", "drop_upload", "doubt_upload", "erase_upload"),
            *("admit", "put_key", "change_key", "link_secrets"),
            *("put_upload_token", "revoke_upload_token", "take_upload"),
            *("decide", "oldest_pending", "strike_dead", "seek_created", "gauge", "recount", "recount_jobs"),
            *("note", "sweep_audit", "sweep_journal"),
            *("set_retention", "begin_erasure", "claim_erasure", "note_erasure", "erase_keys", "forget_keys"),
            *("begin_tidying", "tidy", "wish_models", "doubt_result"),
        }
    )
)
WEBHOOK_SCRIPTS = frozenset(  # neither make nor end a job, and know endpoints
    {
        *("add_webhook", "change_webhook", "remove_webhook", "rotate_webhook", "test_webhook"),
        *("redeliver", "claim_delivery", "end_delivery"),
    }
)
ADDING_SCRIPTS = frozenset(
    {
        *("add_webhook", "change_webhook", "rotate_webhook", "test_webhook", "redeliver"),
        *("submit", "announce_upload", "put_upload", "touch_upload", "claim", "progress"),
        *("open_batch", "fill_batch", "commit_batch", "retry_batch", "feed_batches"),
        *("decide", "requeue_dead", "put_key", "put_upload_token", "link_secrets"),
        *("note", "set_retention", "begin_erasure"),
    }
)
AUDITED_SCRIPTS = frozenset(
    {"note", "sweep_audit", "submit", "sweep_records", "note_erasure"}
)  # write into the audit log


_NONE: Mapping[str, Preset] = MappingProxyType({})


class RecordBase:
    """A connection and the scripts; the faces of the store build on it."""

    def __init__(self, redis: redis.Redis, settings: JobsSettings, presets: Mapping[str, Preset] = _NONE) -> None:
        self.redis = redis
        self.settings = settings
        self._digests = digests_of(presets)
        self.changes = ChangeListener(redis)

    @property
    def silence_ms(self) -> int:
        """How long nobody may have swept until that means that Redis was away."""
        return self.settings.lease_ms // 2

    def close(self) -> None:
        """Stop the subscriber thread, if one was started. The connection stays the caller's."""
        self.changes.close()

    def work_hash(self, spec: JobSpec, tenant: str) -> str:
        """``jobs.spec.parsing.work_hash`` under this release's and its channels' rules."""
        return work_hash(spec, tenant, rules_of(spec, self._digests))

    def audit_arguments(self, note: Note | None) -> dict[str, Any] | None:
        """A note as scripts take it; None where there is none, or no log is kept."""
        if note is None or self.settings.audit_days == 0:
            return None
        return note.arguments(self.settings.audit_days, self.settings.audit_entries)

    def run_script(self, name: str, /, **arguments: Any) -> Any:
        """Run ``lua/<name>.lua`` with named arguments (None is left out); all keys are built inside the script."""
        return call_script(self.redis, name, **arguments)


def call_script(redis: redis.Redis, name: str, /, **arguments: Any) -> Any:
    """As ``RecordBase.run_script``, for who has no store; arguments are JSON values."""
    present = {key: value for key, value in arguments.items() if value is not None}
    # EVALSHA first, EVAL on NOSCRIPT: redis-py's Script object does that, and survives SCRIPT FLUSH.
    return _script(name)(args=[json.dumps(present)], client=redis)


@cache
def _script(name: str) -> Script:
    """The script with its SHA-1, which need not be taken anew at each call; it belongs to no connection."""
    return Script(None, script_text(name).encode())  # type: ignore[arg-type]  # the client comes with each call


@cache
def script_text(name: str) -> str:
    """The script with what comes before it: what all share, and, if it writes, what a full memory means to it."""
    guard = "refuse_when_full" if name in ADDING_SCRIPTS else "allow_when_full"
    shared: tuple[str, ...] = ("prelude", "quotas", "webhooks", "batches", "ending")
    if name in SMALL_SCRIPTS:
        shared = ("prelude", "quotas")
    elif name in WEBHOOK_SCRIPTS:
        shared = ("prelude", "webhooks")
    if name in LOOKING_SCRIPTS:
        shared = ("prelude", "standing")
    elif name == "foresee":
        shared = ("prelude", "quotas", "webhooks", "batches", "standing", "patience")
    elif name == "submit":
        shared = (*shared, "patience")
    if name in AUDITED_SCRIPTS:
        shared = ("prelude", "audit", *shared[1:])
    parts = (*shared, name) if name in READING_SCRIPTS else (*shared, guard, name)
    folder = files("jobs") / "lua"
    return "\n".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in parts)


def job_key(job_id: str) -> str:
    """The key of a job's record."""
    return f"{PREFIX}job:{job_id}"


def check_tenant(tenant: str) -> None:
    """Tenants are parts of keys and blob paths: anything but letters, digits, - and _ is refused (ValueError)."""
    if not TENANT.fullmatch(tenant):
        raise ValueError(f"a tenant is 1 to 64 letters, digits, '-' or '_'; got {tenant!r}")


def pack(document: Mapping[str, Any]) -> str:
    """JSON without spaces, for a field of the record."""
    return json.dumps(document, separators=(",", ":"))
