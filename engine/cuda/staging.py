"""Pictures to the device and back, through two chunks of pinned memory each way: one is filled while one is copied.

So pinned memory is bounded (4 × CHUNK_BYTES for both ways) however large a picture is. Device thread only.
"""

from collections.abc import Iterator
from typing import NamedTuple

from engine.cuda.driver import Cuda
from engine.cuda.handles import Event, PinnedBuffer, Stream
from engine.images import Image

CHUNK_BYTES = 8 << 20
_PITCH_STEP = 16


class Plane(NamedTuple):
    """Where a picture lies on the device; rows are `pitch_bytes` apart."""

    address: int
    pitch_bytes: int


class Chunk(NamedTuple):
    """Pinned memory, and the mark behind the last copy that used it."""

    memory: PinnedBuffer
    copied: Event


class _Piece(NamedTuple):
    """Lines `start` .. `stop` of a picture: as many as a chunk holds."""

    start: int
    stop: int
    chunk: Chunk


def pitch_of(image: Image) -> int:
    """Bytes from one row to the next on the device: aligned, but for rows that are longer than a chunk."""
    row: int = image.shape[1] * image.shape[2]
    padded = -(-row // _PITCH_STEP) * _PITCH_STEP
    return padded if padded <= CHUNK_BYTES else row


class Staging:
    """Copies in one direction, on a stream of its own."""

    def __init__(self, cuda: Cuda, stream: Stream) -> None:
        self._cuda = cuda
        self._stream = stream
        self._chunks = [Chunk(cuda.pinned(CHUNK_BYTES), cuda.event()) for _ in range(2)]

    def upload(self, image: Image, plane: Plane) -> None:
        """Enqueue a uint8 [H,W,C] image. When this returns it was read, but is not yet on the device."""
        lines, pitch = _lines(image, plane)
        for start, stop, chunk in self._pieces(lines, pitch):
            self._cuda.wait(chunk.copied)
            part = chunk.memory.array[: (stop - start) * pitch]
            part.reshape(-1, pitch)[:, : lines.shape[1]] = lines[start:stop]
            self._cuda.upload(plane.address + start * pitch, part, self._stream)
            self._cuda.record(chunk.copied, self._stream)

    def download(self, plane: Plane, image: Image) -> None:
        """Fill a uint8 [H,W,C] image; waits until it is done. What wrote the plane must be done already."""
        lines, pitch = _lines(image, plane)
        under_way: _Piece | None = None
        for piece in self._pieces(lines, pitch):
            part = piece.chunk.memory.array[: (piece.stop - piece.start) * pitch]
            self._cuda.download(part, plane.address + piece.start * pitch, self._stream)
            self._cuda.record(piece.chunk.copied, self._stream)
            self._finish(under_way, lines, pitch)
            under_way = piece
        self._finish(under_way, lines, pitch)

    def _finish(self, piece: _Piece | None, lines: Image, pitch: int) -> None:
        if piece is not None:
            self._cuda.wait(piece.chunk.copied)
            part = piece.chunk.memory.array[: (piece.stop - piece.start) * pitch]
            lines[piece.start : piece.stop] = part.reshape(-1, pitch)[:, : lines.shape[1]]

    def _pieces(self, lines: Image, pitch: int) -> Iterator[_Piece]:
        step = CHUNK_BYTES // pitch
        for number, start in enumerate(range(0, len(lines), step)):
            yield _Piece(start, min(start + step, len(lines)), self._chunks[number % 2])


def _lines(image: Image, plane: Plane) -> tuple[Image, int]:
    """The image as lines of bytes (a view), and the bytes from one to the next: its rows, or, where they are not
    padded, single bytes, so that a row longer than a chunk is cut too.
    """
    assert image.flags.c_contiguous, image.strides
    row = image.shape[1] * image.shape[2]
    return (image.reshape(-1, 1), 1) if plane.pitch_bytes == row else (image.reshape(-1, row), plane.pitch_bytes)
