"""Which file of a folder a name from an address leads to."""

from collections.abc import Container
from pathlib import Path

from werkzeug.security import safe_join


def static_file(folder: Path, name: str, suffixes: Container[str]) -> Path | None:
    """The file of that name; None for any other kind, for names that would climb out, and for what no file is called.

    Of names that a disk cannot have (too long, or with a zero byte) it is the system that complains.
    """
    joined = safe_join(str(folder), name)
    path = Path(joined) if joined else folder
    try:
        return path if path.suffix in suffixes and path.is_file() else None
    except (OSError, ValueError):
        return None
