"""What all headers have in common: what is told of them, two ways of refusing one, and a bound on their parts."""

from dataclasses import dataclass
from typing import IO

from jobs.problems import ProblemError

MOST_PARTS = 4096
"""Segments, chunks or boxes before the pixels; 64 MB of full JPEG segments are a thousand."""


@dataclass(frozen=True)
class Header:
    """Pixels as stored, before any EXIF turn; `animated` where the file holds several frames that are shown in turn."""

    width: int
    height: int
    animated: bool = False


def unreadable(why: str) -> ProblemError:
    """For what begins like a photo and is none: unsupported-image."""
    return ProblemError("unsupported-image", f"the header cannot be read: {why}")


def damaged(why: str) -> ProblemError:
    """For a photo that is broken, or made to do harm: image-corrupt."""
    return ProblemError("image-corrupt", f"the image is damaged: {why}")


def too_many(parts: str) -> ProblemError:
    """For a file of so many parts that nobody means them."""
    return damaged(f"more than {MOST_PARTS} {parts} before the pixels")


def read_exactly(file: IO[bytes], count: int) -> bytes:
    """The next `count` bytes. Raises ProblemError unsupported-image where the file ends before them."""
    data = file.read(count)
    if len(data) < count:
        raise unreadable("the file ends within it")
    return data
