"""Where a picture's tiles lie: a grid of cores that meet without overlap. Integer arithmetic only, nothing stored."""

from dataclasses import dataclass
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle of a source image, in whole pixels."""

    y: int
    x: int
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class TileGrid:
    """The cores of a height × width picture, row by row; those of the last row and column are cut at its border."""

    height: int
    width: int
    core_px: int

    @property
    def columns(self) -> int:
        """Cores in a row."""
        return -(-self.width // self.core_px)

    def __len__(self) -> int:
        return -(-self.height // self.core_px) * self.columns

    def __getitem__(self, index: int) -> Box:
        if not 0 <= index < len(self):
            raise IndexError(f"the grid has {len(self)} cores; received {index}")
        row, column = divmod(index, self.columns)
        y, x = row * self.core_px, column * self.core_px
        return Box(y, x, min(self.core_px, self.height - y), min(self.core_px, self.width - x))
