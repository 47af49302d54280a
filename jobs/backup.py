"""Backs up a running installation, and brings a backup back.

``python -m jobs.backup save DIR`` copies first Redis' record, as it is at one moment, then the blobs. In that order:
a blob is stored before the record names it, so what the record names is there by the time that blobs are copied, but
for what was erased in between. ``restore DIR --data NEW`` makes a data folder of it for `packshot up`, and ``check``
holds record and blobs against each other and erases (``--erase``) what was erased then.
"""

import argparse
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import redis

from jobs.blobs import BlobStore
from jobs.connection import connect
from jobs.consistency import erase_broken, find_broken
from jobs.errors import BackupError, BlobError, SettingsError
from jobs.folders import make_private
from jobs.settings import JobsSettings, read_settings
from jobs.store import JobStore

RECORD = "record.rdb"
BLOBS = "blobs"
KEY = "dev-key"

_PATIENCE_S = 600.0
_POLL_S = 0.05
_STAGING = "#"  # in the name of what obstore has not finished


def save(client: redis.Redis, data_dir: Path, blobs: Path | None, to: Path) -> int:
    """Copy everything into the new folder ``to``; returns how many blobs. ``blobs``: their folder, None for S3.

    Raises BackupError, OSError, and Redis' own faults.
    """
    if to.exists() and any(to.iterdir()):
        raise BackupError(f"{to} is not empty; a backup takes a folder of its own")
    make_private(to)
    _save_record(client, to / RECORD)
    with suppress(FileNotFoundError):
        shutil.copy2(data_dir / KEY, to / KEY)
    return _copy_tree(blobs, to / BLOBS) if blobs is not None else 0


def restore(source: Path, data_dir: Path) -> int:
    """Make the data folder ``data_dir`` of a backup; returns how many blobs it has.

    Raises BackupError where there is a record or blobs already, or no backup under ``source``; OSError.
    """
    if not (source / RECORD).is_file():
        raise BackupError(f"{source} holds no backup: there is no {RECORD}")
    for part in ("redis", BLOBS):
        if (data_dir / part).exists():
            raise BackupError(f"{data_dir / part} is there already; restore into a folder of its own")
    make_private(data_dir / "redis")
    # Redis loads an append-only file that is nothing but a snapshot; a snapshot beside none it would pass over.
    shutil.copyfile(source / RECORD, data_dir / "redis" / "appendonly.aof")
    (data_dir / "redis" / "appendonly.aof").chmod(0o600)
    with suppress(FileNotFoundError):
        shutil.copy2(source / KEY, data_dir / KEY)
    return _copy_tree(source / BLOBS, data_dir / BLOBS)


def check(store: JobStore, blobs: BlobStore, *, erase: bool, say: Callable[[str], None] = print) -> int:
    """Say what the record names and is not whole; returns how many that are. ``erase``: make it as if never there."""
    count = 0
    for broken in find_broken(store, blobs):
        count += 1
        say(f"{broken.kind} {broken.name} of {broken.tenant}: {broken.path} {broken.why}")
        if erase:
            erase_broken(store, blobs, broken)
    return count


def main() -> None:
    """The command; exit code 1 where something is wrong, or ``check`` found something and was not to erase it."""
    parser = argparse.ArgumentParser(prog="python -m jobs.backup", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("save", help="copy a running installation").add_argument("folder", type=Path)
    bring = actions.add_parser("restore", help="make a data folder of a backup, with nothing running on it")
    bring.add_argument("folder", type=Path)
    bring.add_argument("--data", type=Path, required=True)
    actions.add_parser("check", help="hold record and blobs together").add_argument("--erase", action="store_true")
    asked = parser.parse_args()
    try:
        sys.exit(_act(asked))
    except (BackupError, BlobError, SettingsError, OSError, redis.RedisError) as error:
        sys.exit(f"packshot: {error}")


def _act(asked: argparse.Namespace) -> int:
    if asked.action == "restore":
        print(f"{restore(asked.folder, asked.data)} blobs restored; `packshot up --data {asked.data}` runs it")
        return 0
    settings = read_settings(JobsSettings)
    with closing(connect(settings.redis_url)) as client:
        if asked.action == "save":
            blobs = BlobStore.from_url(settings.resolved_blob_url).folder
            print(f"record and {save(client, settings.data_dir, blobs, asked.folder)} blobs saved in {asked.folder}")
            return 0
        found = check(JobStore(client, settings), BlobStore.from_url(settings.resolved_blob_url), erase=asked.erase)
    print(f"{found} {'erased' if asked.erase else 'broken'}")
    return int(bool(found) and not asked.erase)


def _save_record(client: redis.Redis, to: Path) -> None:
    """A snapshot of now, taken by Redis in the background and then moved here.

    Of a Redis that takes snapshots of its own it is copied: there the next one takes its place. Elsewhere it would lie
    beside the journal for good, with all that is erased after this.
    """
    _until_idle(client)
    started = int(client.time()[0])
    client.bgsave()
    _until_idle(client, since_s=started)
    snapshot = Path(str(client.config_get("dir")["dir"])) / str(client.config_get("dbfilename")["dbfilename"])
    if not snapshot.is_file():
        raise BackupError(
            f"Redis keeps its files elsewhere ({snapshot} is not on this machine): "
            f"save the record with `redis-cli --rdb {to}`, and copy the blobs after that"
        )
    shutil.copyfile(snapshot, to)
    to.chmod(0o600)
    if not client.config_get("save").get("save"):
        snapshot.unlink(missing_ok=True)


def _until_idle(client: redis.Redis, since_s: int = 0) -> None:
    """Wait for a snapshot that runs, or for one that is not older than ``since_s`` on Redis' clock."""
    give_up_at = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up_at:
        told = client.info("persistence")
        if not told["rdb_bgsave_in_progress"]:
            if told["rdb_last_bgsave_status"] != "ok" and since_s:
                raise BackupError("Redis could not write its snapshot; its log says why")
            if told["rdb_last_save_time"] >= since_s:
                return
        time.sleep(_POLL_S)
    raise BackupError(f"Redis took no snapshot within {_PATIENCE_S:g} s")


def _copy_tree(source: Path, to: Path) -> int:
    """Copy what is there, but for what is erased meanwhile or only half written; returns how many files."""
    make_private(to)
    count = 0
    for path in source.rglob("*"):
        if path.is_file() and _STAGING not in path.name:
            target = to / path.relative_to(source)
            make_private(target.parent)
            with suppress(FileNotFoundError):
                shutil.copy2(path, target)
                count += 1
    return count


if __name__ == "__main__":
    main()
