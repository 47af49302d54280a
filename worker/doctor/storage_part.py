"""Where pictures lie: can they be written and read again, and is there room?"""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from jobs.blobs import BlobStore
from jobs.cloud_stores import HASTY_S
from jobs.errors import BlobError
from jobs.synced_files import file_system
from worker.doctor.findings import Finding

_LEAST_FREE_BYTES = 2_000_000_000
_IN_MEMORY = frozenset({"tmpfs", "ramfs"})


def look_at_storage(blob_url: str, *, synced: bool = True) -> Iterator[Finding]:
    """Writes, reads and deletes a small blob; of a local folder, which is not made for that, also the room left.

    ``synced``: whether blobs are waited for until the disk has them.
    """
    shown = blob_url.partition("?")[0]
    local = Path(url2pathname(urlsplit(blob_url).path)) if blob_url.startswith("file:") else None
    if local is not None and not local.exists():
        yield Finding("storage", "ok", f"{shown}: is not there yet; the first picture would make it")
        return
    try:
        store = BlobStore.from_url(blob_url, patience_s=HASTY_S)
        path = f"doctor/{secrets.token_hex(8)}"
        store.put(path, b"packshot")
        came_back = store.get(path) == b"packshot"
        store.delete(path)
    except BlobError as error:
        keys = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, and its AWS_REGION or AWS_ENDPOINT_URL"
        remedy = f"a folder must be writable by this user; S3 needs its bucket, {keys}"
        yield Finding("storage", "fault", str(error), remedy)
        return
    if not came_back:
        yield Finding("storage", "fault", f"{shown} gives back other bytes than were written")
        return
    yield Finding("storage", "ok", f"{shown}: written, read and deleted")
    if local is not None:
        yield _survival(local, synced)
        yield _room(local, "disk")


def look_at_folder(folder: Path) -> Iterator[Finding]:
    """The data folder's disk: Redis' append-only file and the logs grow there."""
    nearest = next(one for one in (folder, *folder.parents) if one.exists())
    yield _room(nearest, "data folder")


def _survival(folder: Path, synced: bool) -> Finding:
    kind = file_system(folder)
    if kind in _IN_MEMORY:
        remedy = "set PACKSHOT_BLOB_URL, or PACKSHOT_DATA_DIR, to a folder on a disk"
        return Finding("storage durability", "warning", f"{folder} is in memory ({kind}): a restart empties it", remedy)
    if not synced:
        text = "a loss of power takes photos and results of the last half minute, though the record names them"
        return Finding("storage durability", "warning", text, "PACKSHOT_DURABILITY=everysec, the default, or always")
    return Finding("storage durability", "ok", "photos and results lie on the disk before the record names them")


def _room(folder: Path, part: str) -> Finding:
    usage = shutil.disk_usage(folder)
    text = f"{folder}: {usage.free / 1e9:.1f} of {usage.total / 1e9:.0f} GB free"
    if usage.free < _LEAST_FREE_BYTES:
        remedy = "make room, or shorten PACKSHOT_RETENTION_S: on a full disk jobs wait, and at last fail with `storage`"
        return Finding(part, "warning", text, remedy)
    return Finding(part, "ok", text)
