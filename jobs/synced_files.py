"""Brings a file, and the folders that lead to it, onto the disk itself: what a loss of power must not take away.

A write that is not asked for so lies in the machine's memory for up to half a minute; on ext4 the name is then there
before the bytes, so that a loss of power leaves a file of 0 bytes under its right name.
"""

import errno
import os
from pathlib import Path

NAMES_COME_ALONG = frozenset({"ext4", "xfs"})
"""Their log keeps names in the order in which they were made, so a file's sync brings its name and folders along.

Syncing the folders too would wait for whatever others change there: with four writers it doubled what a sync takes.
"""

_CANNOT = frozenset({errno.EINVAL, errno.ENOTSUP})  # a file system that has no such thing for folders


def file_system(folder: Path) -> str:
    """The type of what ``folder`` lies on, such as ext4; "" where this system does not tell."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    above = {str(one) for one in (folder.resolve(), *folder.resolve().parents)}
    found = [(len(place), number, kind) for number, (place, kind) in enumerate(mounts) if place in above]
    return max(found, default=(0, 0, ""))[2]


def sync_file(path: Path, root: Path, *, folders: bool = True) -> None:
    """Wait until the disk holds ``path``, with ``folders`` also every folder from there up to ``root``.

    A file that somebody deleted meanwhile needs nothing more. Raises OSError where the disk did not take it: the bytes
    may be gone then, whatever a reader still sees.
    """
    try:
        _sync(path)
    except FileNotFoundError:
        return
    for folder in path.parents if folders else ():
        if folder.is_relative_to(root):
            _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    try:
        _sync(folder)
    except FileNotFoundError:
        return  # deleted with all that was in it
    except OSError as error:
        if error.errno not in _CANNOT:
            raise


def _sync(path: Path) -> None:
    number = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
