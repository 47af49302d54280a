"""The headers of untrusted photos, read by hand: size, and whether it moves. No decoder, no native code, no pixels.

The API reads them in its own process, beside everybody's requests, so each reader is bounded: by how many parts it
looks at, not by how long the file is. Pillow's own readers take 25 s and a gigabyte for some files of 60 MB.
"""

from collections.abc import Callable
from typing import IO

from jobs.headers.isobmff import read_avif, read_heic
from jobs.headers.jpeg import read_jpeg
from jobs.headers.parts import Header
from jobs.headers.png import read_png
from jobs.headers.webp import read_webp

READERS: dict[str, Callable[[IO[bytes]], Header]] = {
    "jpeg": read_jpeg,
    "png": read_png,
    "webp": read_webp,
    "avif": read_avif,
    "heic": read_heic,
}
"""By format; each reads a file from its beginning. Raises ProblemError unsupported-image, image-corrupt."""
