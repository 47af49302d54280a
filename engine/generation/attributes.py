"""What one product picture shows, or is asked to show, in words and numbers. Knows no text and no picture."""

from __future__ import annotations

from dataclasses import dataclass

from engine.generation.color_names import Srgb, checked_srgb

PATTERNS = ("plain", "striped", "checked", "printed")

_ROUNDING = 0.005  # shares are written with three decimals, each rounded by itself


@dataclass(frozen=True)
class Color:
    """A colour of a product: its plain name, its exact sRGB value (0..255 each), and the product's share of it (0..1).

    The name says which of `COLORS` the value belongs to; the value may be a shade of it. Raises ValueError for a value
    or share out of range.
    """

    name: str
    srgb: Srgb
    share: float

    def __post_init__(self) -> None:
        checked_srgb(self.srgb)
        if not 0 <= self.share <= 1:
            raise ValueError(f"the share of {self.name!r} must be of 0..1, got {self.share!r}")


@dataclass(frozen=True)
class Attributes:
    """What is known of a product; None and () where nothing is.

    ``category`` is the name that the data or the generator has for it; ``colors`` has the main colour first;
    ``pattern`` is one of `PATTERNS`; ``aspect`` is the height of the product's box over its width. Raises ValueError
    for another pattern, an aspect that is not positive, or shares that sum to more than 1.
    """

    category: str | None = None
    colors: tuple[Color, ...] = ()
    pattern: str | None = None
    aspect: float | None = None

    def __post_init__(self) -> None:
        if self.pattern is not None and self.pattern not in PATTERNS:
            raise ValueError(f"a pattern is one of {', '.join(PATTERNS)}, got {self.pattern!r}")
        if self.aspect is not None and not self.aspect > 0:
            raise ValueError(f"an aspect (height over width) must be positive, got {self.aspect!r}")
        total = sum(color.share for color in self.colors)
        if total > 1 + _ROUNDING:
            raise ValueError(f"the shares of a product's colours must sum to at most 1, got {total:.4f}")
