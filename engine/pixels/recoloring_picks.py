"""What of a product somebody points at, and what is said where it is not there."""

from dataclasses import dataclass, replace

import numpy as np

from engine.pixels.geometry import Box


class PartNotFoundError(ValueError):
    """What was picked is not there; `field` names it as a spec does, "" where it is the product as a whole."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Pick:
    """What of a product is meant: all, or one of `point` (x, y), `box`, and `color` (Lab), in pixels of the picture.

    `keep_prints`: whether what has clearly another colour than most of it stays. `tolerance` is how far, in ΔE2000,
    the part's colours may be beside `color` or the point's; None is found out.
    """

    point: tuple[int, int] | None = None
    box: Box | None = None
    color: tuple[float, float, float] | None = None
    tolerance: float | None = None
    keep_prints: bool = True

    @property
    def by_color(self) -> bool:
        """Whether a colour says what is meant, be it that of a point."""
        return self.point is not None or self.color is not None

    def scaled(self, across: float, down: float) -> "Pick":
        """The same in a picture that is so much smaller."""
        point = None if self.point is None else (int((self.point[0] + 0.5) / across), int((self.point[1] + 0.5) / down))
        return replace(self, point=point, box=None if self.box is None else _scaled_box(self.box, across, down))


def _scaled_box(box: Box, across: float, down: float) -> Box:
    """The smallest box that holds it; at least one pixel."""
    left, top = int(box.x / across), int(box.y / down)
    right, bottom = int(np.ceil((box.x + box.width) / across)), int(np.ceil((box.y + box.height) / down))
    return Box(left, top, max(1, right - left), max(1, bottom - top))
