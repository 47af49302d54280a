"""The photos of the comparison: sizes as among a shop's merchants, from 0.2 to 12 megapixels, drawn from a seed.

They are the sample photos, turned, cropped and scaled (or, of a folder of real ones, those as they are), so that no two
are alike and nothing needs to be fetched.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from benchmarks.photos import SAMPLES

_QUALITY = 90
_KINDS = ((0.45, 0.2, 0.6), (0.35, 0.6, 2.0), (0.15, 2.0, 5.0), (0.05, 8.0, 12.0))
"""Of each kind: its share, and megapixels from and to, log-uniform: marketplaces' pictures, those that
phones share, phones' own, cameras'. The shares are an assumption."""
_SHAPES = (1.0, 4 / 3, 3 / 2, 16 / 9)


@dataclass(frozen=True)
class Photo:
    """A JPEG file and its size in pixels."""

    data: bytes
    width: int
    height: int

    @property
    def megapixels(self) -> float:
        """Its size."""
        return self.width * self.height / 1e6


def mixed_photos(count: int, seed: int, folder: Path | None = None) -> list[Photo]:
    """So many photos of mixed sizes, every kind in its share, in an order drawn from the seed.

    `folder`: real photos instead, taken as they are, also from folders in it, and again from the first where they are
    too few. Raises ValueError for one without photos.
    """
    draw = random.Random(seed)
    if folder is not None:
        return _real_photos(count, folder, draw)
    sizes = [_size(kind, draw) for kind in _kinds(count)]
    draw.shuffle(sizes)
    samples = sorted(SAMPLES.glob("*.jpg"))
    return [_scaled(samples[place % len(samples)], megapixels, draw) for place, megapixels in enumerate(sizes)]


def photo_of(megapixels: float, seed: int = 0) -> Photo:
    """One photo of that size."""
    return _scaled(sorted(SAMPLES.glob("*.jpg"))[seed % 8], megapixels, random.Random(seed))


def broken_photo() -> bytes:
    """A JPEG whose header is whole and whose pixels are not: only who decodes it finds out."""
    whole = photo_of(0.2, 3).data
    start = whole.index(b"\xff\xda")
    return whole[: start + 500]


def _kinds(count: int) -> Iterator[tuple[float, float]]:
    """The range of each photo's megapixels, every kind as often as its share says, rounded by what is left over."""
    owed = [0.0] * len(_KINDS)
    for _ in range(count):
        owed = [value + share for value, (share, _, _) in zip(owed, _KINDS, strict=True)]
        most = owed.index(max(owed))
        owed[most] -= 1
        yield _KINDS[most][1:]


def _size(kind: tuple[float, float], draw: random.Random) -> float:
    low, high = kind
    return float(low * (high / low) ** draw.random())


def _scaled(path: Path, megapixels: float, draw: random.Random) -> Photo:
    shape = draw.choice(_SHAPES)
    short = round((megapixels * 1e6 / shape) ** 0.5)
    size = (short, round(short * shape)) if draw.random() < 0.7 else (round(short * shape), short)
    with Image.open(path) as opened:
        photo = ImageOps.exif_transpose(opened).convert("RGB")
    picture = ImageOps.fit(photo, size, Image.Resampling.BICUBIC, centering=(draw.random(), draw.random()))
    file = BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY)
    return Photo(file.getvalue(), *size)


def _real_photos(count: int, folder: Path, draw: random.Random) -> list[Photo]:
    paths: Sequence[Path] = sorted(folder.rglob("*.jpg"))
    if not paths:
        raise ValueError(f"a folder with .jpg files is needed; {folder} has none")
    chosen = [paths[place % len(paths)] for place in range(count)]
    draw.shuffle(chosen)
    return [_read(path) for path in chosen]


def _read(path: Path) -> Photo:
    data = path.read_bytes()
    with Image.open(BytesIO(data)) as opened:
        return Photo(data, *opened.size)
