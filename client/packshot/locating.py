"""Where the server is: what the caller says, then the environment, then the stack that runs on this machine."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packshot.errors import AddressMalformed, DataFolderUnknown, KeyMalformed, ServerNotFound

STACK_FILE = "stack.json"
KEY_FILE = "dev-key"
_WEB_ADDRESS = re.compile(r"https?://[^/\s:@]+(:\d{1,5})?(/\S*)?$|https?://\[[0-9a-fA-F:.]+\](:\d{1,5})?(/\S*)?$")


@dataclass(frozen=True)
class Server:
    """A server and the key for it. `named`: somebody asked for this one, so no other may take its place.

    `key_told`: the key was given, and not found in the data folder.
    """

    url: str
    api_key: str | None = field(repr=False, default=None)
    named: bool = True
    key_told: bool = False


def locate(
    base_url: str | None = None,
    api_key: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
) -> Server:
    """Arguments, then PACKSHOT_URL and PACKSHOT_API_KEY, then the running stack's own files.

    Raises ServerNotFound, AddressMalformed for what is no address, and KeyMalformed for a key that no header can hold.
    """
    environ = os.environ if environ is None else environ
    told = (base_url or environ.get("PACKSHOT_URL") or "").rstrip("/")
    if told and not _WEB_ADDRESS.match(told):
        raise AddressMalformed(f"a server's address is http://HOST:PORT or https://HOST; got {told!r}")
    key = (api_key or environ.get("PACKSHOT_API_KEY") or "").strip() or None
    if key is not None and not re.fullmatch(r"[!-~]+", key):
        raise KeyMalformed("the API key holds characters that no key has; expected psk_<id>.<secret>")
    try:
        folder = data_folder(environ)
    except DataFolderUnknown as error:
        if not told:
            raise ServerNotFound(f"no server named (PACKSHOT_URL is not set), and {error}") from error
        return Server(told, key, key_told=key is not None)
    local = running_stack(folder)
    if not told and local is None:
        raise ServerNotFound(
            f"no server named and none running on {folder}: start one with `packshot up`, or set PACKSHOT_URL"
        )
    if local is not None and told in ("", local):
        own = development_key(folder)
        return Server(local, key or own, named=bool(told), key_told=key not in (None, own))
    return Server(told, key, key_told=key is not None)  # the development key is for the local stack alone


def data_folder(environ: Mapping[str, str]) -> Path:
    """PACKSHOT_DATA_DIR, else `packshot` in the user's data folder: where a stack of this user keeps everything.

    Raises DataFolderUnknown where there is no home folder to find it in.
    """
    if told := environ.get("PACKSHOT_DATA_DIR"):
        return expanded(Path(told))
    return expanded(Path(environ.get("XDG_DATA_HOME") or "~/.local/share")) / "packshot"


def expanded(path: Path) -> Path:
    """The path with its ~ replaced. Raises DataFolderUnknown where that home folder is not known."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise DataFolderUnknown(
            f"there is no home folder for the ~ of {path}: set PACKSHOT_DATA_DIR to a folder without one"
        ) from error


def running_stack(folder: Path) -> str | None:
    """The URL of the stack that runs on `folder`; None if there is none or its process is gone (a stale file)."""
    try:
        told = json.loads((folder / STACK_FILE).read_text(encoding="utf-8"))
        url, pid = str(told["url"]), int(told["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return url.rstrip("/") if _lives(pid) else None


def development_key(folder: Path) -> str | None:
    """The key that the API made for this data folder on its first start, if it did and we may read it."""
    try:
        return (folder / KEY_FILE).read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def _lives(pid: int) -> bool:
    if os.name == "nt":  # signal 0 would end the process there; the server does not run on Windows anyway
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
