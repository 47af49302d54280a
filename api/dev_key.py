"""The development key: on a first start nobody has a key yet, so one is made for the tenant ``dev`` and told once."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from api.keys import KeyRing, NewKey

TENANT = "dev"
FILE_NAME = "dev-key"


def ensure_dev_key(keys: KeyRing, data_dir: Path) -> NewKey | None:
    """Make the key, and its file ``data_dir/dev-key`` (mode 0600), unless there is any key already.

    Returns the key to the one process that made it, None to all others. The file comes first and is the truth: a crash
    between file and Redis, and a Redis that lost its data, end with the file's key in Redis, not with a second key.
    """
    if keys.has_any():
        return None
    path = data_dir.expanduser() / FILE_NAME
    key = _key_of(path)
    if keys.add_first(key, TENANT):
        return key
    if not keys.has(key.id):  # another machine, with a data folder of its own, was first: this key opens nothing
        path.unlink(missing_ok=True)
    return None


def _key_of(path: Path) -> NewKey:
    """The key in the file; where there is none, a fresh one is written there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = NewKey.draw()
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(fresh.text + "\n")
    try:
        with suppress(FileExistsError):
            os.link(partial, path)  # unlike a rename, never replaces what another process has just put there
    finally:
        partial.unlink()
    key = NewKey.parse(path.read_text(encoding="ascii").strip())
    if key is None:
        raise ValueError(f"{path} holds no API key (psk_<id>.<secret>); remove it, and a fresh one is made")
    return key
