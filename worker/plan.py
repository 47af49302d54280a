"""A job's way in numbers, before any of it is gone: how large its pictures become, how many, and what that weighs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.problems import ProblemError
from jobs.spec import JobSpec
from worker.encoding import check_side, choose_format
from worker.operations import MAKERS, registered, sizes_after
from worker.operations.registry import Size

NO_PICTURE: Size = (0, 0)
"""What a wish begins with."""

_DECODE_COST = 0.1
_ENCODE_COST = 0.2
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
    """What a spec asks, and the extent at its start and after each operation."""

    spec: JobSpec
    extents: tuple[Extent, ...]

    @classmethod
    def of(cls, spec: JobSpec, size: Size) -> "Plan":
        """The plan of a job whose photo has that (width, height); `NO_PICTURE` for a wish.

        Raises ProblemError invalid-parameter for what a picture of that size cannot take.
        """
        sizes = [size, *sizes_after(spec.operations, size)]
        counts = _counts(spec.operations)
        return cls(spec, tuple(Extent(*each, count) for each, count in zip(sizes, counts, strict=True)))

    def held_px(self, most_px: int) -> int:
        """What the pictures of this job take at most, see `Extent.held_px`."""
        extents = (*self.extents, *_in_the_making(self.spec.operations))
        return max(extent.held_px(most_px) for extent in extents)

    def check(self, allowed_megapixels: float, *, alpha: bool) -> None:
        """Refuse work whose results, or the pictures on the way to them, would be too large together.

        Raises ProblemError output-dimensions.
        """
        for params, extent in zip(self.spec.operations, self.extents[1:], strict=True):
            megapixels = extent.total_px / 1e6
            if megapixels > allowed_megapixels:
                size = f"{extent.width} × {extent.height}, {megapixels:.1f} megapixels"
                made = size if extent.count == 1 else f"{extent.count} pictures of {size} in all"
                detail = f"{params.op} would make {made}; allowed: {allowed_megapixels:g}"
                raise ProblemError("output-dimensions", detail, width=extent.width, height=extent.height)
        if self.spec.written is not None:
            check_side(choose_format(self.spec.written, alpha=alpha), self.extents[-1].width, self.extents[-1].height)

    def stages(self) -> list[tuple[str, float]]:
        """The job's stages in order, and what each weighs: decode, the operations, encode."""
        pixels = [extent.total_px for extent in self.extents]
        stages = [("decode", _DECODE_COST * pixels[0])]
        for index, params in enumerate(self.spec.operations):
            stages.append((params.op, registered(params.op).cost * max(pixels[index : index + 2])))
        return [*stages, ("encode", _ENCODE_COST * pixels[-1])]


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
