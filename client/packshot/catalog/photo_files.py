"""What can be told of photos before they are sent: whether they can be read, look like photos, and their SHA-256."""

import hashlib
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from packshot.photos import shown

AT_ONCE = 4
_HEAD_BYTES = 64
_BRANDS = frozenset({b"avif", b"avis", b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def photo_ids(paths: Iterable[Path], on_read: Callable[[int], object]) -> dict[Path, str | Exception]:
    """Each file's upload id, or what is wrong with it; `on_read` hears of their number, on any thread."""
    read = 0
    lock = threading.Lock()

    def look(path: Path) -> tuple[Path, str | Exception]:
        nonlocal read
        try:
            found: str | Exception = photo_id(path)
        except (OSError, ValueError) as error:
            found = error
        with lock:
            read += 1
            on_read(read)
        return path, found

    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="look")
    try:
        return dict(pool.map(look, dict.fromkeys(paths)))
    finally:
        pool.shutdown(cancel_futures=True)  # also at Ctrl-C, with thousands of photos left


def photo_id(path: Path) -> str:
    """`sha256:…` of a file. Raises ValueError for what is no photo by its first bytes, OSError."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        if not head:
            raise ValueError(f"{shown(path)} is empty")
        if not looks_like_photo(head):
            raise ValueError(f"{shown(path)} is not a photo: expected JPEG, PNG, WebP, AVIF or HEIC")
        file.seek(0)
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def why_unreadable(error: Exception) -> str:
    """What is told of a file that cannot be sent."""
    if isinstance(error, OSError):
        return f"{shown(error.filename or '')} cannot be read: {error.strerror}"
    return str(error)


def looks_like_photo(head: bytes) -> bool:
    """Whether a file that begins so is of a format that the server takes."""
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return True
    brands = {head[at : at + 4] for at in (8, *range(16, len(head), 4))}
    return head[4:8] == b"ftyp" and bool(brands & _BRANDS)
