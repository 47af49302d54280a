"""A disk that loses its power: an ext4 file system in a file, which at an instant keeps only what had reached it.

The instant is ext4's own "going down" call, made for testing this: from then on nothing more is written, neither what
lies in memory nor the journal's open transaction, and the next mount replays the journal as after a crash. The loop
device below writes to its file directly, so that no cache of ours stands in for the disk. What a disk loses of its own
cache is not imitated: a disk that lies about a flush loses more. Needs root.
"""

import fcntl
import os
import secrets
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN: _IOR('X', 125, __u32)
_NO_LOG_FLUSH = 2
_SIZE = 512 << 20
_PATIENCE_S = 20.0


class NoPowerCut(Exception):  # noqa: N818
    """This machine, or this user, cannot do that; the message says what failed."""


class Disk:
    """One such disk, mounted at ``root``. Not thread-safe but for ``cut``."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "disk"
        self._image = folder / "disk.img"
        self._device = ""
        self._top = -1

    def make(self) -> None:
        """An empty file system, mounted. Raises NoPowerCut."""
        self.root.mkdir(parents=True)
        with self._image.open("wb") as image:
            image.truncate(_SIZE)
        _run("mkfs.ext4", "-q", "-F", str(self._image))
        self._mount()

    def cut(self) -> None:
        """Now. Whoever goes on writing gets an input/output error."""
        fcntl.ioctl(self._top, _SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))

    def power_on(self) -> None:
        """Mount what is left. Nobody may have a file of it open any more; raises NoPowerCut where somebody has."""
        self.remove()
        self._mount()

    def remove(self) -> None:
        """Unmount it, and let its device go."""
        if self._top >= 0:
            os.close(self._top)
            self._top = -1
            _until_free(self.root)
        if self._device:
            _run("losetup", "--detach", self._device)
            self._device = ""

    def _mount(self) -> None:
        self._device = _run("losetup", "--find", "--show", "--direct-io=on", str(self._image))
        _run("mount", "-t", "ext4", self._device, str(self.root))
        self._top = os.open(self.root, os.O_RDONLY)


@contextmanager
def disk(folder: Path) -> Iterator[Disk]:
    """A disk until the block ends, seen to lose what it should. Raises NoPowerCut where that cannot be had."""
    made = Disk(folder)
    try:
        made.make()
        _prove(made)
        yield made
    finally:
        made.remove()


def _prove(made: Disk) -> None:
    """Of files that were synced all must outlive a cut, and of others none: else the figures would say nothing."""
    text = secrets.token_bytes(4000)
    for number in range(10):
        (made.root / f"lazy-{number}").write_bytes(text)
    for number in range(10):
        (made.root / f"synced-{number}").write_bytes(text)
        _sync(made.root / f"synced-{number}")
    for number in range(10):
        (made.root / f"late-{number}").write_bytes(text)
    made.cut()
    made.power_on()
    whole = sorted(path.name for path in made.root.glob("*-*") if path.read_bytes() == text)
    if whole != [f"synced-{number}" for number in range(10)]:
        raise NoPowerCut(f"a cut kept {whole}, where it should keep what was synced and nothing else")


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _until_free(root: Path) -> None:
    """Unmount; who was killed lets go of its files a moment later."""
    give_up_at = time.monotonic() + _PATIENCE_S
    while True:
        try:
            _run("umount", str(root))
        except NoPowerCut:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.1)
        else:
            return


def _run(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise NoPowerCut(f"there is no {command[0]}") from error
    except subprocess.CalledProcessError as error:
        raise NoPowerCut(f"{' '.join(command)}: {error.stderr.strip()}") from error
    return done.stdout.strip()
