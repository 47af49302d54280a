"""Holds the record against the blobs: does every result and every photo that it names lie there whole?

For who restored a backup, or runs at the level ``fast`` and lost power. At the other levels nothing is ever found.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

from jobs.blobs import BlobStore
from jobs.states import State
from jobs.store import JobStore
from jobs.store.base import PREFIX


@dataclass(frozen=True)
class Broken:
    """A job that succeeded, or an upload (by its SHA-256), whose blob is not there or not of its size."""

    kind: Literal["job", "upload"]
    tenant: str
    name: str
    path: str
    why: str


def find_broken(store: JobStore, blobs: BlobStore) -> Iterator[Broken]:
    """Everything that is broken; each job once. May run beside a working installation: what ends meanwhile is left.

    Raises BlobError, and Redis' own faults.
    """
    for key in store.redis.scan_iter(f"{PREFIX}job:*", count=500, _type="hash"):
        tenant, state, outputs = store.redis.hmget(key, ["tenant", "state", "outputs"])
        if state == State.SUCCEEDED.value:
            for output in json.loads(outputs or "[]"):
                why = _what_is_off(blobs, output["path"], output["bytes"])
                if why and store.redis.exists(key):  # else it was erased while we looked
                    yield Broken("job", str(tenant), str(key).removeprefix(f"{PREFIX}job:"), output["path"], why)
                    break
    for key in store.redis.scan_iter(f"{PREFIX}upload:*", count=500, _type="hash"):
        told = cast("str | None", store.redis.hget(key, "record"))
        upload = json.loads(told) if told else None
        if upload and (why := _what_is_off(blobs, upload["path"], upload["size"])) and store.redis.exists(key):
            tenant, sha256 = str(key).removeprefix(f"{PREFIX}upload:").split(":")
            yield Broken("upload", tenant, sha256, upload["path"], why)


def erase_broken(store: JobStore, blobs: BlobStore, broken: Broken) -> None:
    """Make it as if it had never been: a job's idempotency key makes it anew, an upload's bytes are stored again.

    Jobs that still need such an upload fail, and say so.
    """
    if broken.kind == "upload":
        store.drop_upload(broken.tenant, broken.name, broken.path)
        return
    for path in store.delete(broken.tenant, broken.name):
        (blobs.delete_prefix if path.endswith("/") else blobs.delete)(path)
        store.collected([path])


def _what_is_off(blobs: BlobStore, path: str, size: int) -> str:
    found = blobs.size(path)
    if found is None:
        return "is not there"
    return "" if found == size else f"has {found} bytes of {size}"
