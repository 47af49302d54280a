"""Which paths are blobs'. A store may hold other files: a file browser's, or what a killed copier left half copied."""

import re

_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")  # no "..", nothing hidden, no "#" (obstore's staging)
_HALF = re.compile(r"#[1-9]\Z")


def is_path(path: str) -> bool:
    """True when a blob may lie there: plain segments, no "..", no empty ones, no hidden names, no odd characters."""
    return all(_SEGMENT.fullmatch(segment) for segment in path.split("/"))


def check_path(path: str) -> None:
    """Refuse (ValueError) what `is_path` does not hold for."""
    if not is_path(path):
        raise ValueError(f"a blob path is segments of letters, digits, '.', '_' and '-'; got {path!r}")


def blob_in(file: str) -> str | None:
    """The path of the blob that a file is, or is a half of; None when it is no blob's.

    obstore (0.12.1) writes ``<name>#<number>`` at first, and counts from 1 up to a number that is free.
    """
    path = _HALF.sub("", file)
    return path if is_path(path) else None
