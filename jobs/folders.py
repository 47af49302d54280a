"""Folders that hold photos and secrets."""

from pathlib import Path


def make_private(folder: Path) -> None:
    """Make a folder, and what is missing above it, for their owner alone; what is there stays as it is.

    Raises OSError where that cannot be done.
    """
    if folder.is_dir():
        return
    make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
