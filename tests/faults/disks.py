"""Small disks of their own, that fill up: memory file systems mounted over a folder."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.faults.installation import Installation

FILLER = "filler"


class CannotMount(Exception):  # noqa: N818  (the name says what happened)
    """This fault needs the right to mount."""


def mount(place: Installation, folder: Path, size_kib: int) -> None:
    """Put an empty disk of that size over a folder, until the installation ends. Raises CannotMount."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "packshot-faults", str(folder)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        raise CannotMount(
            f"mount: {told.stderr.strip()}. Run it as root, or under `unshare --user --map-root-user --mount`"
        )
    place.at_end.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=False)


def free_kib(folder: Path) -> int:
    """How much room is left there."""
    told = os.statvfs(folder)
    return told.f_bavail * told.f_frsize // 1024


@contextmanager
def filled(folder: Path, leaving_kib: int = 0) -> Iterator[None]:
    """Leave so little room there until the block ends."""
    filler = folder / FILLER
    try:
        with filler.open("wb", buffering=0) as file, suppress(OSError):  # others may write at the same time
            while (left := free_kib(folder) - leaving_kib) > 0:
                file.write(bytes(1024 * min(left, 64)))
        yield
    finally:
        filler.unlink(missing_ok=True)


def files(folder: Path) -> set[Path]:
    """Every file below it, but the filler, and the mark that workers set now and then (`worker/landmarks.py`)."""
    found = {path for path in folder.rglob("*") if path.is_file() and path.name != FILLER}
    return {path for path in found if path.parent != folder / "marks"}
