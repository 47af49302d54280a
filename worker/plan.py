"""A job's way in numbers, before any of it is gone: how large its pictures become, how many, and what that weighs."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from jobs.presets import Preset
from jobs.problems import ProblemError
from jobs.spec import JobSpec
from jobs.spec.enlarging import check_made
from worker.encoding import check_side, choose_format
from worker.operations import MAKERS, registered, sizes_after
from worker.operations.registry import Size
from worker.picture import Picture
from worker.sources import MARGIN_PX

NO_PICTURE: Size = (0, 0)
"""What a wish begins with."""

_DECODE_COST = 0.1
_ENCODE_COST = 0.2
_FRAMING_COST = 0.4
_MOST_FACTOR = 4
_RESTING = 0.25  # of the memory that a picture in work takes, what one takes that waits for its turn, or its successor


@dataclass(frozen=True)
class Extent:
    """How large each picture is at one point of a job's way, in pixels, and how many there are."""

    width: int
    height: int
    count: int

    @property
    def total_px(self) -> int:
        """The pixels of all of them."""
        return self.width * self.height * self.count

    def held_px(self, most_px: int) -> int:
        """As many pixels of one picture in work as take the memory of these; of `most_px` at most each."""
        return round(min(self.width * self.height, most_px) * (1 + (self.count - 1) * _RESTING))


@dataclass(frozen=True)
class Plan:
    """What a spec asks, the extent at its start and after each operation, and the channels of its renditions."""

    spec: JobSpec
    extents: tuple[Extent, ...]
    channels: Mapping[str, Preset]

    @classmethod
    def of(cls, spec: JobSpec, size: Size, presets: Mapping[str, Preset] = MappingProxyType({})) -> "Plan":
        """The plan of a job whose photo has that (width, height); `NO_PICTURE` for a wish.

        `presets` holds its channels. Raises ProblemError invalid-parameter for what a picture of that size cannot take.
        """
        sizes = [size, *sizes_after(spec.operations, size)]
        counts = _counts(spec.operations)
        extents = tuple(Extent(*each, count) for each, count in zip(sizes, counts, strict=True))
        return cls(spec, extents, {name: presets[name] for name in spec.renditions})

    def held_px(self, most_px: int) -> int:
        """What the pictures of this job take at most, see `Extent.held_px`."""
        extents = (*self.extents, *_in_the_making(self.spec.operations))
        last, most = self.extents[-1], max(extent.held_px(most_px) for extent in extents)
        framed = framing_px(self.channels.values(), (last.width, last.height))
        return max(most, last.held_px(most_px) + framed)

    def check(self, allowed_megapixels: float, *, alpha: bool) -> None:
        """Refuse work whose results, or the pictures on the way to them, would be too large together.

        Raises ProblemError output-dimensions.
        """
        for params, extent in zip(self.spec.operations, self.extents[1:], strict=True):
            check_made(params.op, (extent.width, extent.height), extent.count, allowed_megapixels)
        for name, preset in self.channels.items():
            _check_frame(name, preset, allowed_megapixels)
        if self.spec.written is not None:
            check_side(choose_format(self.spec.written, alpha=alpha), self.extents[-1].width, self.extents[-1].height)

    def stages(self) -> list[tuple[str, float]]:
        """The job's stages in order, and what each weighs: decode, the operations, encode with all renditions."""
        pixels = [extent.total_px for extent in self.extents]
        stages = [("decode", _DECODE_COST * pixels[0])]
        for index, params in enumerate(self.spec.operations):
            stages.append((params.op, registered(params.op).cost * max(pixels[index : index + 2])))
        last = self.extents[-1]
        framed = sum(framing_px([preset], (last.width, last.height)) for preset in self.channels.values())
        return [*stages, ("encode", _ENCODE_COST * pixels[-1] + _FRAMING_COST * framed * last.count)]


def most_held_px(spec: JobSpec, size: Size, presets: Mapping[str, Preset], allowed_px: int) -> int:
    """What the pictures on a job's way take at most, as far as headers tell: the photo may turn by its EXIF.

    `allowed_px` is the most that a picture may have; what is larger is refused once it is there.
    """
    held_px = [min(size[0] * size[1], allowed_px)]
    for start in (size, size[::-1]):
        with suppress(ProblemError):  # raised again, and told, for the size that it really is
            held_px.append(Plan.of(spec, start, presets).held_px(allowed_px))
    return max(held_px)


def check_next(params: Any, picture: Picture, count: int, allowed_megapixels: float) -> None:
    """Refuse what an operation would make of `count` such pictures, if it is too large, as `Plan.check` does.

    A plan knows of some operations, such as a crop to the product, only the most that they may leave; what follows may
    then make more of it than was planned: the width asked for, of a picture that turned out tall. So every operation is
    checked again when the pictures are there. Raises ProblemError output-dimensions, and what `Plan.of` raises.
    """
    after = registered(params.op).size_after(params, (picture.width, picture.height))
    check_made(params.op, after, params.copies * count, allowed_megapixels)


def framing_px(presets: Iterable[Preset], size: Size) -> int:
    """The pixels of what is held while renditions are made of a picture of that (width, height), beside that picture.

    They are made one after the other, but the enlarged product of one is kept for the next, and so is the whole picture
    (`Source`).
    """
    framed = list(presets)
    files = [_frame_px(preset, size) for preset in framed]
    products = [_enlarged_px(preset, size) for preset in framed if preset.made.ground != "own"]
    wholes = [_enlarged_px(preset, size) for preset in framed if preset.made.ground == "own"]
    return sum(max(px, default=0) for px in (files, products, wholes))


def _frame_px(preset: Preset, size: Size) -> int:
    frame = preset.made.frame
    return size[0] * size[1] if frame is None else frame.width * frame.height


def _enlarged_px(preset: Preset, size: Size) -> int:
    """What the networks enlarge for a frame, by 2 or 4, is at most twice as long as what the frame shows of it.

    For the rest is shrunk by 0.55 at most; with a margin around it.
    """
    frame = preset.made.frame
    if frame is None:
        return 0
    margin = 2 * MARGIN_PX * _MOST_FACTOR
    most = (2 * frame.width + margin) * (2 * frame.height + margin)
    return min(_MOST_FACTOR**2 * size[0] * size[1], most)


def _check_frame(name: str, preset: Preset, allowed_megapixels: float) -> None:
    """Raise ProblemError output-dimensions for a frame larger than anything is allowed to become."""
    frame = preset.made.frame
    if frame is not None and frame.width * frame.height > allowed_megapixels * 1e6:
        size = f"{frame.width} × {frame.height}, {frame.width * frame.height / 1e6:.1f} megapixels"
        detail = f"the rendition {name} would be {size}; allowed: {allowed_megapixels:g}"
        raise ProblemError("output-dimensions", detail, width=frame.width, height=frame.height)


def _in_the_making(operations: Sequence[Any]) -> list[Extent]:
    """What makers hold while they work."""
    makers = [(MAKERS[params.op], params) for params in operations if params.op in MAKERS]
    sides = [(maker.held_side_px(params.size_px), params.count) for maker, params in makers]
    return [Extent(side, side, count) for side, count in sides]


def _counts(operations: Sequence[Any]) -> list[int]:
    """How many pictures there are at the start and after each operation."""
    counts = [1]
    for params in operations:
        counts.append(params.copies * counts[-1])
    return counts
