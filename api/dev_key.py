"""The development key: on a first start nobody has a key yet, so one is made for the tenant ``dev`` and told once."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from api.keys import KeyRing, NewKey
from jobs.folders import make_private
from jobs.synced_files import sync_file

TENANT = "dev"
FILE_NAME = "dev-key"
EARLIER_SCOPES = ("jobs:read", "jobs:write", "uploads:write")  # all that there were in the first versions


def ensure_dev_key(keys: KeyRing, data_dir: Path) -> NewKey | None:
    """Make the key, and its file ``data_dir/dev-key`` (mode 0600), unless there is any key already.

    Returns the key to the one process that made it, None to all others. The file comes first and is the truth: a crash
    between file and Redis, and a Redis that lost its data, end with the file's key in Redis, not with a second key.
    """
    path = data_dir.expanduser() / FILE_NAME
    if keys.has_any():
        return None
    if keys.were_erased():
        path.unlink(missing_ok=True)  # its tenant wanted it gone: what opens this installation next is a fresh one
    key = _key_of(path)
    if keys.add_first(key, TENANT):
        return key
    if not keys.has(key.id):  # another machine, with a data folder of its own, was first: this key opens nothing
        path.unlink(missing_ok=True)
    return None


def widen_dev_key(keys: KeyRing, data_dir: Path) -> bool:
    """Give the file's key the scopes that came since it was made, unless it was narrowed; True where that was done."""
    key = _read(data_dir.expanduser() / FILE_NAME)
    return key is not None and keys.widen(key, EARLIER_SCOPES)


def replace_dev_key(key_id: str, data_dir: Path, successor: NewKey | None = None) -> None:
    """The key of that id was revoked, or has a successor: if it is the file's, it must not come back from there.

    Of a Redis that lost its data the file is the truth. OSError where the file cannot be changed.
    """
    path = data_dir.expanduser() / FILE_NAME
    key = _read(path)
    if key is None or key.id != key_id:
        return
    if successor is None:
        path.unlink(missing_ok=True)
        return
    partial = _partial_of(path)
    _write_new(partial, successor.text + "\n")
    partial.replace(path)


def dev_key_id(data_dir: Path) -> str | None:
    """The id of the file's key; None where there is none."""
    key = _read(data_dir.expanduser() / FILE_NAME)
    return None if key is None else key.id


def _read(path: Path) -> NewKey | None:
    try:
        return NewKey.parse(path.read_text(encoding="ascii", errors="replace").strip())
    except OSError:  # there is none, or it is not ours to read
        return None


def _key_of(path: Path) -> NewKey:
    """The key in the file; where there is none, a fresh one is written there whole or not at all."""
    make_private(path.parent)
    text = NewKey.draw().text + "\n"
    partial = _partial_of(path)
    _write_new(partial, text)
    try:
        with suppress(FileExistsError):
            _put_in_place(partial, path, text)
            sync_file(path, path.parent)
    finally:
        partial.unlink()
    key = NewKey.parse(path.read_text(encoding="ascii", errors="replace").strip())
    if key is None:
        raise ValueError(f"{path} holds no API key (psk_<id>.<secret>); remove it, and a fresh one is made")
    return key


def _partial_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def _put_in_place(partial: Path, path: Path, text: str) -> None:
    """Unlike a rename, never replaces what another process has just put there: FileExistsError."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links, on which the file cannot appear whole at once
        _write_new(path, text)


def _write_new(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())  # before Redis is told: a loss of power must not leave a key that nobody has
