"""Guarded decoding: a child process per photo, its limits, and what its death means. Knows no job and no engine.

The child is forked from a fork server that holds Pillow and nothing else, so a start costs milliseconds and the device
process never runs a decoder. Photo and pixels travel through unlinked memory files: nothing is pickled, and the
returned arrays are views of the child's own pages.
"""

import json
import mmap
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

from jobs.photos import PhotoInfo, PhotoLimits
from jobs.problems import ProblemError
from worker.decoder_child import DecodedFacts, DecodeLimits
from worker.decoder_children import Children
from worker.errors import DecoderLost, WorkerError
from worker.picture import Picture, Pixels

_ADDRESS_BASE_BYTES = 512 << 20  # codecs' threads and tables, whatever the photo's size
_ADDRESS_BYTES_PER_PIXEL = 32  # the photo, its conversions and a progressive JPEG's coefficients, all at once
_PRELOADED = [
    "worker.deaf_to_ctrl_c",
    "worker.decoder_child",
    "pillow_heif",  # an extra: the fork server passes over what is not installed
]
_COPIES_OF_FILE = 4  # what we read, Pillow's own, libavif's or libheif's, and one that grows while it is read
_CPU_BASE_S = 4.0
_CPU_S_PER_PIXEL = 0.5e-6  # five times what pure noise takes as a HEIC or an AVIF, 0.09 s a megapixel
_MESSAGE_BYTES = 64 << 10
_ONE_PIXEL_PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0:~\x9bU"
    b"\0\0\0\nIDATx\x9cch\0\0\0\x82\0\x81w\xcdr\xb6\0\0\0\0IEND\xaeB`\x82"
)
_TUNABLES, _HUGE_PAGES = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"
_WALL_FACTOR = 4  # a photo that needs too much work meets its processor time first, also on a busy machine
_SERVER_GONE = 255  # what multiprocessing tells of a child whose fork server died before it (popen_forkserver)
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


@dataclass(frozen=True)
class Decoded:
    """Upright sRGB pixels and what the photo was."""

    picture: Picture
    facts: DecodedFacts


class Decoder:
    """Decodes photos, each in a child process. Thread-safe; as many children at once as threads that call it.

    A child gets processor time by its photo's size, `timeout_s` at most, and four times that on the clock. So many
    `spares` wait for the next photos, which then need not wait for their children.

    A program of one's own that uses it needs the usual `if __name__ == "__main__"`: children import its main module
    again, and pay for what that imports (`python -m worker` is spared that, as the `__main__` of a package).
    """

    def __init__(self, limits: PhotoLimits, timeout_s: float, spares: int = 0) -> None:
        self._limits = limits
        self._timeout_s = timeout_s
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_PRELOADED)
        self._children = Children(self._context, spares)

    def start(self) -> None:
        """Start the fork server and decode one pixel; raises WorkerError when a child cannot do even that."""
        with _asking_for_huge_pages():
            forkserver.ensure_running()
        try:
            self.decode(_ONE_PIXEL_PNG, 1)
        except ProblemError as error:
            raise WorkerError(f"the decoding child cannot decode a one-pixel PNG: {error.problem.detail}") from error

    def close(self) -> None:
        """Let the children go that wait for a photo."""
        self._children.close()

    def decode(self, photo: bytes, pixels: int) -> Decoded:
        """Decode `photo`, whose header promised `pixels`, into upright sRGB uint8.

        Raises ProblemError (image-corrupt and its kin) for what the photo is to blame for, DecoderLost where the child
        was killed from outside or had too little of the processor.
        """
        with _memory_file(photo) as source, _memory_file(b"") as target:
            message = self._run_child((source, target), self._allowed(photo, pixels))
            facts = DecodedFacts(**message["facts"])
            return Decoded(_read_planes(target, facts, self._limits), facts)

    def inspect(self, photo: bytes) -> PhotoInfo:
        """What `photo` is by its header, which is as little to be trusted as the rest. Raises what `decode` does."""
        with _memory_file(photo) as source:
            message = self._run_child((source,), self._allowed(photo, 0))
            return PhotoInfo(**message["photo"])

    def _allowed(self, photo: bytes, pixels: int) -> DecodeLimits:
        pixels = min(pixels, self._limits.max_pixels)
        cpu_s = min(self._timeout_s, _CPU_BASE_S + _CPU_S_PER_PIXEL * pixels)
        files_bytes = _COPIES_OF_FILE * len(photo)
        return DecodeLimits(self._limits, _ADDRESS_BASE_BYTES + files_bytes + _ADDRESS_BYTES_PER_PIXEL * pixels, cpu_s)

    def _run_child(self, files: Sequence[int], limits: DecodeLimits) -> dict[str, Any]:
        """The message of a child that decodes the first file into the second, or without one reads its header.

        Raises the problem that it tells.
        """
        wall_s = limits.cpu_s * _WALL_FACTOR
        child = self._children.hand_over(files, limits)
        message = _receive(child.reader, wall_s)
        exit_code = self._children.end(child, kill=message is None)
        if message is None:
            raise DecoderLost(f"decoding took longer than the {wall_s:g} s allowed")
        if not message:
            raise _death(exit_code)
        return _told(json.loads(message))


@contextmanager
def _asking_for_huge_pages() -> Iterator[None]:
    """A program that starts meanwhile asks for pages of 2 MiB where it takes much memory, unless the environment has it
    otherwise. The C library reads that once, so it stays theirs who are forked from it, and never becomes ours.

    A photo of 2 megapixels is decoded into 8 MB that nobody has touched: thousands of small pages take 8 ms more.
    """
    if _TUNABLES in os.environ:
        yield
        return
    os.environ[_TUNABLES] = _HUGE_PAGES
    try:
        yield
    finally:
        del os.environ[_TUNABLES]


def _receive(reader: Connection, timeout_s: float) -> bytes | None:
    """The child's message; b"" if it died without one, None if it has not answered in time."""
    if not reader.poll(timeout_s):
        return None
    try:
        return reader.recv_bytes(_MESSAGE_BYTES)
    except EOFError:
        return b""


def _death(exit_code: int | None) -> Exception:
    """What a child that died without a word says about its photo."""
    if exit_code is not None and -exit_code in _FROM_OUTSIDE:
        return DecoderLost(f"the decoding child was killed by {signal.Signals(-exit_code).name}")
    if exit_code == _SERVER_GONE:
        return DecoderLost("the decoding child's fork server died before it")
    if exit_code == -signal.SIGXCPU:
        return ProblemError("image-corrupt", "decoding used more processor time than is allowed")
    return ProblemError("image-corrupt", f"the decoder crashed on this photo (exit code {exit_code})")


def _told(message: dict[str, Any]) -> dict[str, Any]:
    if "problem" in message:
        raise ProblemError(message["problem"], message["detail"], **message["extra"])
    return message


def _read_planes(target: int, facts: DecodedFacts, limits: PhotoLimits) -> Picture:
    """Map the child's planes as arrays. The child is not trusted: its sizes must agree with the file's."""
    pixels = facts.width * facts.height
    expected = pixels * (4 if facts.alpha else 3)
    written = os.fstat(target).st_size
    if not 0 < pixels <= limits.max_pixels or written != expected:
        raise ProblemError("image-corrupt", f"the decoder wrote {written} bytes where {expected} were announced")
    # private, so that the arrays are ordinary writable memory; the mapping lives as long as they do
    planes: Pixels = np.frombuffer(mmap.mmap(target, expected, flags=mmap.MAP_PRIVATE), np.uint8)
    size = (facts.height, facts.width)
    return Picture(planes[: pixels * 3].reshape(*size, 3), planes[pixels * 3 :].reshape(size) if facts.alpha else None)


@contextmanager
def _memory_file(content: bytes) -> Iterator[int]:
    """An unlinked file in memory (on disk where the system has no memfd) holding `content`, at its beginning."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("packshot-photo")
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
