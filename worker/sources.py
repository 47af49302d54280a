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
_MARGIN_PX = 24  # of ground that is enlarged with a product


@dataclass(frozen=True)
class Source:
    """One picture with its context. Lifting and enlarging ask the engine; each is done once, whoever asks."""

    picture: Picture
    context: OperationContext
    _doubts: list[str] = field(default_factory=list)
    _larger: dict[tuple[str, int], tuple[Pixels, Pixels]] = field(default_factory=dict)

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
        rows, columns = self._around_product()
        colors, matte = self._enlarged("product", factor, lifted.colors[rows, columns], lifted.matte[rows, columns])
        return np.dstack((colors, matte)), _left_to_do(placement, factor, (columns.start, rows.start))

    def whole_for(self, placement: Placement) -> tuple[Pixels, Placement]:
        """The whole opaque picture, RGB [H,W,3], as `product_for` has the product."""
        factor = factor_for(placement.scale)
        if factor == 1:
            return self.picture.rgb, placement
        colors, _ = self._enlarged("whole", factor, self.picture.rgb, self.picture.rgb[..., 0])
        return colors, _left_to_do(placement, factor, (0, 0))

    def _around_product(self) -> tuple[slice, slice]:
        box, (height, width) = self.bounds, self.lifted.matte.shape
        rows = slice(max(0, int(box.top) - _MARGIN_PX), min(height, int(box.bottom) + 1 + _MARGIN_PX))
        return rows, slice(max(0, int(box.left) - _MARGIN_PX), min(width, int(box.right) + 1 + _MARGIN_PX))

    def _enlarged(self, what: str, factor: int, colors: Pixels, matte: Pixels) -> tuple[Pixels, Pixels]:
        if (what, factor) not in self._larger:
            large = cast(Pixels, self.context.ask(f"upscale-x{factor}", np.ascontiguousarray(colors)))
            size = large.shape[1], large.shape[0]
            self._larger[what, factor] = large, resize(np.ascontiguousarray(matte), *size)
        return self._larger[what, factor]


def factor_for(scale: float) -> int:
    """By which factor the networks enlarge for a placement of that scale; 1 where they are not asked."""
    if scale <= ENOUGH:
        return 1
    return 2 if scale <= _TWICE else 4


def _left_to_do(placement: Placement, factor: int, start: tuple[int, int]) -> Placement:
    """The placement of a part, from `start` (x, y) on, that is `factor` times as large."""
    (x, y), old = start, placement.product
    left, top, right, bottom = (old.left - x, old.top - y, old.right - x, old.bottom - y)
    moved = Bounds(left * factor, top * factor, right * factor, bottom * factor, old.cut)
    across, down = placement.across + x * placement.scale, placement.down + y * placement.scale
    return Placement(placement.scale / factor, across, down, placement.width, placement.height, moved)
