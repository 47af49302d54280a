"""The picture that travels through a job's operations. Knows no file format and no job."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Picture:
    """Upright sRGB pixels: `rgb` uint8 [H, W, 3], C-contiguous, and `alpha` uint8 [H, W] or None where all is opaque.

    RGB is straight, not multiplied by alpha. The arrays are never written to: operations make new ones.
    """

    rgb: Pixels
    alpha: Pixels | None = None

    def __post_init__(self) -> None:
        assert self.rgb.dtype == np.uint8, self.rgb.dtype
        assert self.rgb.shape == (*self.rgb.shape[:2], 3), self.rgb.shape
        assert self.rgb.flags.c_contiguous
        assert self.alpha is None or self.alpha.shape == self.rgb.shape[:2], self.alpha.shape

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.rgb.shape[0])

    def with_rgb(self, rgb: Pixels) -> "Picture":
        """The same alpha under other colours of the same size."""
        return replace(self, rgb=rgb)

    def rgba(self) -> Pixels:
        """RGB where all is opaque, else RGBA: uint8 [H, W, 3 or 4]."""
        return self.rgb if self.alpha is None else np.dstack((self.rgb, self.alpha))

    @classmethod
    def from_pixels(cls, pixels: Pixels) -> "Picture":
        """Take uint8 [H, W, 3 or 4] apart again; the inverse of `rgba`."""
        if pixels.shape[2] == 3:
            return cls(np.ascontiguousarray(pixels))
        return cls(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]))
