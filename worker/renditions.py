"""Files for sales channels, of a finished picture: framed, enlarged where it must be, encoded under a limit, checked.

A channel that wants a pure ground gets the product lifted off its own; one that takes any keeps it. What several
channels need of one picture, its product and its enlargements, is found once.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.pixels.resampling import resample
from jobs.presets import Preset
from jobs.presets.fields import WrittenFormat
from worker.channel_frames import Framed, framed
from worker.channels import Encode, Making, best_encoding, check_file
from worker.operations.finding import on_white
from worker.picture import Picture
from worker.results import File
from worker.sources import Source


@dataclass(frozen=True)
class Wanted:
    """One channel's rendition of one of a job's pictures: `number` counts from 1, None where there is only one."""

    name: str
    preset: Preset
    number: int | None = None

    @property
    def stem(self) -> str:
        """What its files are called, but for the ending."""
        return self.name if self.number is None else f"{self.name}-{self.number}"


def render(source: Source, wanted: Wanted, encode: Encode) -> Iterator[File]:
    """Make the files of one rendition, one by one, each with its facts for the manifest: quality, bytes, checks.

    Raises ProblemError no-product-found where the channel wants a pure ground and no product is to be seen, and the
    engine's errors.
    """
    if wanted.preset.made.widths is not None:
        yield from _of_widths(source, wanted, encode)
    else:
        yield _file(framed(source, wanted.preset), wanted, encode, wanted.preset.made.format)


def srcset(files: list[File], sizes: str) -> str:
    """An HTML <picture> that offers files of several widths, the best format first, and the last for all else."""
    formats = list(dict.fromkeys(file.encoded.format for file in files))
    lines = ["<picture>"]
    for format_name in formats[:-1]:
        lines.append(f'  <source type="image/{format_name}" srcset="{_offers(files, format_name)}" sizes="{sizes}">')
    fallback = [file for file in files if file.encoded.format == formats[-1]]
    largest = fallback[-1]
    size = f'width="{largest.picture.width}" height="{largest.picture.height}"'
    offers = f'srcset="{_offers(files, formats[-1])}" sizes="{sizes}"'
    lines += [f'  <img src="{largest.name}" {offers} {size} alt="">', "</picture>"]
    return "\n".join(lines)


def _offers(files: list[File], format_name: str) -> str:
    chosen = [file for file in files if file.encoded.format == format_name]
    return ", ".join(f"{file.name} {file.picture.width}w" for file in chosen)


def _of_widths(source: Source, wanted: Wanted, encode: Encode) -> Iterator[File]:
    widths = wanted.preset.made.widths
    assert widths is not None
    picture = source.picture
    if picture.alpha is not None:
        picture = Picture(on_white(picture), None, source.known_matte, picture.origin)
    fitting = widths.of(picture.width)
    narrowed = {width: Framed(_narrowed(picture, width), width / picture.width, "own") for width in fitting}
    for format_name in widths.formats:
        for width, small in narrowed.items():
            source.context.still_wanted()
            yield _file(small, wanted, encode, format_name, f"-{width}")


def _narrowed(picture: Picture, width: int) -> Picture:
    """The same at another width, its aspect kept; never wider."""
    height = max(1, round(picture.height * width / picture.width))
    if (width, height) == (picture.width, picture.height):
        return picture
    scale = np.diag([width / picture.width, height / picture.height, 1.0])
    return picture.moved(lambda pixels: resample(pixels, width, height), scale)


def _file(made: Framed, wanted: Wanted, encode: Encode, format_name: WrittenFormat, suffix: str = "") -> File:
    preset = wanted.preset
    quality = preset.made.quality_of(format_name)
    found = best_encoding(made.picture, format_name, quality, preset.rules.max_bytes, encode)
    enlarged = _enlarged(made)
    checks = check_file(found.encoded, made.picture.matte, preset, Making(enlarged, made.outline))
    facts = {
        **({} if found.quality is None else {"quality": found.quality}),
        "enlarged": round(enlarged, 3),
        "ground": made.ground,
        "checks": checks.to_json(),
    }
    name = f"{wanted.stem}{suffix}.{found.encoded.extension}"
    return File(found.encoded, made.picture, wanted.name, name, facts)


def _enlarged(made: Framed) -> float:
    """How many times as large as in the job's photo the file shows things, in its middle; 1 where it is smaller."""
    origin, picture = made.picture.origin, made.picture
    if origin is None:
        return made.enlarged
    back = np.linalg.inv(origin)
    u, v, w = back @ (picture.width / 2, picture.height / 2, 1.0)
    derivative = (back[:2, :2] - np.outer((u, v), back[2, :2]) / w) / w
    return max(1.0, float(1 / np.sqrt(abs(np.linalg.det(derivative)))))
