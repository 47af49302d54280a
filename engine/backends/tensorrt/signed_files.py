"""Files that only this machine can have written: each with a manifest that names its purpose and its SHA-256, signed.

A plan is native code, and a timing cache steers what code is made. Both are used only when the manifest beside them
bears an HMAC under a secret that lies in the folder, readable by its owner alone: whoever may write files there, or
hands over a folder of ready-made plans, can waste them but not have them run. The secret counts together with the
machine's id where the system has one (containers have none), so that a copied folder is no use elsewhere.
"""

import errno
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.errors import BackendUnavailable

_SECRET = "secret"  # noqa: S105  (the file's name)  # nosec B105
_MACHINE_ID = Path("/etc/machine-id")


class Refused(Exception):  # noqa: N818  (never leaves the package)
    """A file is there but must not be used; the message says why."""


class SignedFolder:
    """A folder of signed files. Any thread; several processes may share it."""

    def __init__(self, folder: Path, machine_id: Path = _MACHINE_ID) -> None:
        """Make the folder and its secret if need be. Raises BackendUnavailable when that cannot be done safely."""
        self.folder = folder
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            secret = _read_secret(folder / _SECRET)
            identity = machine_id.read_bytes().strip() if machine_id.is_file() else b""
        except OSError as error:
            raise BackendUnavailable(f"the folder for plans cannot be used: {error}") from error
        self._key = hmac.digest(secret, identity, "sha256")

    def read(self, name: str, purpose: Mapping[str, Any]) -> bytes | None:
        """Return the file's bytes, or None when there is none. Raises Refused for any that `write` did not make.

        What is checked is what is returned: the file is read once.
        """
        try:
            data = (self.folder / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Refused(f"it cannot be read: {error}") from error
        signed = self._read_manifest(name)
        if signed["purpose"] != dict(purpose):
            raise Refused(f"it was made for something else: {_difference(signed['purpose'], purpose)}")
        digest = hashlib.sha256(data).hexdigest()
        if digest != signed["sha256"]:
            raise Refused(f"its manifest promises SHA-256 {signed['sha256']}; received {digest}")
        return data

    def write(self, name: str, data: bytes, purpose: Mapping[str, Any]) -> None:
        """Put the file and its manifest in place, each at once or not at all; hold the name's lock.

        Drafts that a killed process left of this file are removed. Raises BackendUnavailable when the disk is full.
        """
        for stale in self.folder.glob(f".{name}.*"):
            stale.unlink(missing_ok=True)
        signed = {"purpose": dict(purpose), "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        manifest = json.dumps({"signed": signed, "hmac": self._sign(signed)}, indent=2, sort_keys=True)
        try:
            _replace(self.folder / name, data)  # first: a manifest without its file would promise what is not there
            _replace(self.folder / _manifest_of(name), manifest.encode())
        except OSError as error:
            raise BackendUnavailable(_describe_write_error(error, self.folder / name, len(data))) from error

    @contextmanager
    def lock(self, name: str, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold the name's lock; `on_wait` is called once if another process or thread has it.

        The kernel drops the lock with its holder, so none is ever stale; the empty file stays and means nothing.
        Raises BackendUnavailable where the folder cannot be locked.
        """
        path = self.folder / f"{name}.lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise BackendUnavailable(f"{path}: cannot be made: {error}") from error
        try:
            _lock(descriptor, path, on_wait)
            yield
        finally:
            os.close(descriptor)

    def _read_manifest(self, name: str) -> dict[str, Any]:
        try:
            manifest = json.loads((self.folder / _manifest_of(name)).read_bytes())
            signed, signature = dict(manifest["signed"]), manifest["hmac"].encode()
            dict(signed["purpose"])
        except FileNotFoundError:
            raise Refused("it has no manifest") from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise Refused(f"its manifest cannot be read: {error!r}") from error
        if not hmac.compare_digest(self._sign(signed).encode(), signature):
            raise Refused("its manifest does not bear this machine's signature")
        return signed

    def _sign(self, signed: Mapping[str, Any]) -> str:
        text = json.dumps(signed, sort_keys=True, separators=(",", ":"))
        return hmac.new(self._key, text.encode(), "sha256").hexdigest()


def _lock(descriptor: int, path: Path, on_wait: Callable[[], None] | None) -> None:
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if on_wait is not None:
                on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        raise BackendUnavailable(f"{path}: cannot be locked: {error}") from error


def _manifest_of(name: str) -> str:
    return f"{name}.json"


def _read_secret(path: Path) -> bytes:
    if not path.exists():
        _create_secret(path)
    _require_own(path, path.lstat())
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
        _require_own(path, os.fstat(file.fileno()))  # of what is read: another may have been put there since
        secret = file.read()
    if len(secret) < 32:
        raise BackendUnavailable(f"{path}: the secret has at least 32 bytes; received {len(secret)}. Remove it")
    return secret


def _require_own(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid() or facts.st_mode & 0o077:
        raise BackendUnavailable(
            f"{path}: the secret that plans are signed with is a file of mode 0600 owned by user {os.geteuid()}; "
            f"received mode {stat.filemode(facts.st_mode)} of user {facts.st_uid}. Remove it: plans are then built anew"
        )


def _create_secret(path: Path) -> None:
    """Make the secret whole or not at all: of two processes that try, the first wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_through(draft, secrets.token_bytes(32))
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was quicker; its secret is the one
    finally:
        draft.unlink(missing_ok=True)


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        _write_through(draft, data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # so that the new name, too, outlives a power cut
    finally:
        os.close(folder)


def _write_through(path: Path, data: bytes) -> None:
    """Write a new file of mode 0600 down to the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _describe_write_error(error: OSError, path: Path, size: int) -> str:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return f"{path}: cannot be written: {error}"
    system = os.statvfs(path.parent)
    free = system.f_bavail * system.f_frsize
    return f"{path}: no room for {size:,} bytes ({free:,} free): {error.strerror}. See PACKSHOT_PLANS_DIR"


def _difference(received: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    names = sorted(name for name in {*received, *wanted} if received.get(name) != wanted.get(name))
    return "; ".join(f"{name} {received.get(name)!r}, wanted {wanted.get(name)!r}" for name in names)
