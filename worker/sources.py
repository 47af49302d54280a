"""A finished picture that renditions are made of, and what several of them need of it: found once, when first asked."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast

import numpy as np

from engine.pixels.geometry import resize
from engine.pixels.placing import Bounds, Placement, product_bounds
from jobs.problems import ProblemError
from worker.operations.context import OperationContext
from worker.operations.lifting import Lifted, lift
from worker.picture import Picture, Pixels

ENOUGH = 1.3
"""Up to which a picture is enlarged by interpolation alone: the networks would not show."""

_TWICE = 2.2  # up to which factor 2 is enough, and the rest interpolated
MARGIN_PX = 24
"""Of the picture around what of it is enlarged."""

MOST_TIMES_FRAME = 4
"""How many times a frame's pixels a whole picture may have that is enlarged for it, so that other channels share it."""

_Part = tuple[slice, slice]


@dataclass(frozen=True)
class _Larger:
    """The part (rows, columns) of a picture, `factor` times as large: `colors` RGB and, of the product, its `matte`."""

    factor: int
    part: _Part
    colors: Pixels
    matte: Pixels | None


@dataclass(frozen=True)
class Source:
    """One picture with its context. Lifting and enlarging ask the engine; each is done once, whoever asks.

    But of the product, and of the whole picture, only the last enlargement is held.
    """

    picture: Picture
    context: OperationContext
    _doubts: list[str] = field(default_factory=list)
    _larger: dict[str, _Larger] = field(default_factory=dict)

    @property
    def known_matte(self) -> Pixels | None:
        """Where the product is, as far as that is known without asking anybody."""
        if "lifted" in vars(self):
            return self.lifted.matte
        return self.picture.matte if self.picture.matte is not None else self.picture.alpha

    @cached_property
    def lifted(self) -> Lifted:
        """The product by itself. Raises ProblemError no-product-found."""
        return lift(self.picture, replace(self.context, warnings=self._doubts))

    def warn(self) -> None:
        """Say in the context's warnings what is doubtful of the product, once: where it is cut out, a person looks."""
        self.context.warnings += self._doubts
        self._doubts.clear()

    @property
    def outline(self) -> tuple[float, bool] | None:
        """The share of the outline that the networks expect to be right, and their doubt; None where not asked."""
        found = self.lifted.found
        return None if found is None else (found.confidence, found.doubtful)

    @cached_property
    def bounds(self) -> Bounds:
        """The product's. Raises ProblemError no-product-found."""
        try:
            return product_bounds(self.lifted.matte)
        except ValueError as error:
            raise ProblemError("no-product-found", str(error)) from error

    @cached_property
    def seen_bounds(self) -> Bounds | None:
        """As `bounds`, None where no product is found."""
        try:
            return self.bounds
        except ProblemError:
            return None

    @property
    def found_matte(self) -> Pixels | None:
        """The product's matte, None where no product is found."""
        return None if self.seen_bounds is None else self.lifted.matte

    def product_for(self, placement: Placement) -> tuple[Pixels, Placement]:
        """The product, RGBA [H,W,4], large enough for a placement of `lifted`, and the placement that is left to do."""
        lifted = self.lifted
        factor = factor_for(placement.scale)
        if factor == 1:
            return np.dstack((lifted.colors, lifted.matte)), placement
        larger = self._enlarged("product", factor, self._around(self.bounds), lifted.colors, lifted.matte)
        assert larger.matte is not None
        return np.dstack((larger.colors, larger.matte)), _left_to_do(placement, larger)

    def whole_for(self, placement: Placement) -> tuple[Pixels, Placement]:
        """The opaque picture, or what the frame shows of it, RGB [H,W,3], as `product_for` has the product."""
        factor = factor_for(placement.scale)
        if factor == 1:
            return self.picture.rgb, placement
        larger = self._enlarged("whole", factor, self._seen(placement, factor), self.picture.rgb)
        return larger.colors, _left_to_do(placement, larger)

    def _seen(self, placement: Placement, factor: int) -> _Part:
        """What is enlarged of a picture for a frame: all of it, but where that would be far more than the frame."""
        width, height = self.picture.width, self.picture.height
        if factor**2 * width * height <= MOST_TIMES_FRAME * placement.width * placement.height:
            return slice(0, height), slice(0, width)
        left, top = -placement.across / placement.scale, -placement.down / placement.scale
        across, down = placement.width / placement.scale, placement.height / placement.scale
        return self._around(Bounds(left, top, left + across, top + down))

    def _around(self, box: Bounds) -> _Part:
        """The box and a margin, within the picture."""
        rows = slice(max(0, int(box.top) - MARGIN_PX), min(self.picture.height, int(box.bottom) + 1 + MARGIN_PX))
        return rows, slice(max(0, int(box.left) - MARGIN_PX), min(self.picture.width, int(box.right) + 1 + MARGIN_PX))

    def _enlarged(self, what: str, factor: int, part: _Part, colors: Pixels, matte: Pixels | None = None) -> _Larger:
        held = self._larger.pop(what, None)
        if held is None or (held.factor, held.part) != (factor, part):
            held = None  # let go of before the next is made
            large = cast(Pixels, self.context.ask(f"upscale-x{factor}", np.ascontiguousarray(colors[part])))
            size = large.shape[1], large.shape[0]
            covered = None if matte is None else resize(np.ascontiguousarray(matte[part]), *size)
            held = _Larger(factor, part, large, covered)
        self._larger[what] = held
        return held


def factor_for(scale: float) -> int:
    """By which factor the networks enlarge for a placement of that scale; 1 where they are not asked."""
    if scale <= ENOUGH:
        return 1
    return 2 if scale <= _TWICE else 4


def _left_to_do(placement: Placement, larger: _Larger) -> Placement:
    """The placement of a part that has been enlarged."""
    (rows, columns), factor, old = larger.part, larger.factor, placement.product
    x, y = columns.start, rows.start
    left, top, right, bottom = (old.left - x, old.top - y, old.right - x, old.bottom - y)
    moved = Bounds(left * factor, top * factor, right * factor, bottom * factor, old.cut)
    across, down = placement.across + x * placement.scale, placement.down + y * placement.scale
    return Placement(placement.scale / factor, across, down, placement.width, placement.height, moved)
