"""The picture that travels through a job's operations. Knows no file format and no job."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Motion = NDArray[np.float64]
"""A homography [3, 3] between pixel coordinates (x, y, 1); the centre of row i, column j is (j + 0.5, i + 0.5)."""


@dataclass(frozen=True)
class Picture:
    """Upright sRGB pixels: `rgb` uint8 [H, W, 3], C-contiguous, and `alpha` uint8 [H, W] or None where all is opaque.

    RGB is straight, not multiplied by alpha. `matte`, uint8 [H, W], says where the product is, without its shadow; None
    while nobody has looked. `origin` leads from the job's photo, as it was decoded, to this picture; None for pictures
    that were made from nothing. The arrays are never written to: operations make new ones.
    """

    rgb: Pixels
    alpha: Pixels | None = None
    matte: Pixels | None = None
    origin: Motion | None = None

    def __post_init__(self) -> None:
        assert self.rgb.dtype == np.uint8, self.rgb.dtype
        assert self.rgb.shape == (*self.rgb.shape[:2], 3), self.rgb.shape
        assert self.rgb.flags.c_contiguous
        assert self.alpha is None or self.alpha.shape == self.rgb.shape[:2], self.alpha.shape
        assert self.matte is None or self.matte.shape == self.rgb.shape[:2], self.matte.shape

    @property
    def width(self) -> int:
        """Width in pixels."""
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        """Height in pixels."""
        return int(self.rgb.shape[0])

    def with_rgb(self, rgb: Pixels) -> "Picture":
        """The same alpha, matte and origin under other colours of the same size."""
        return replace(self, rgb=rgb)

    def moved(self, change: Callable[[Pixels], Pixels], motion: Motion) -> "Picture":
        """The picture after `change`, which maps uint8 [H, W, C] to [h, w, C] as `motion` says.

        It is applied to RGB or RGBA, and to the matte as [H, W, 1], of which new ground must come out 0.
        """
        moved = Picture.from_pixels(change(self.rgba()))
        matte = None if self.matte is None else np.ascontiguousarray(change(self.matte[..., None])[..., 0])
        return replace(moved, matte=matte, origin=None if self.origin is None else motion @ self.origin)

    def rgba(self) -> Pixels:
        """RGB where all is opaque, else RGBA: uint8 [H, W, 3 or 4]."""
        return self.rgb if self.alpha is None else np.dstack((self.rgb, self.alpha))

    @classmethod
    def from_pixels(cls, pixels: Pixels) -> "Picture":
        """Take uint8 [H, W, 3 or 4] apart again; the inverse of `rgba`."""
        if pixels.shape[2] == 3:
            return cls(np.ascontiguousarray(pixels))
        return cls(np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3]))
