"""Cutting out in two looks: at the whole photo in a small frame, then, where the product is small in it, at that part.

Knows no network: it is told how to look and how to sharpen.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from engine.images import Floats, Image
from engine.pixels import matte as mattes
from engine.pixels.parts import Mask, expected_overlap, product_share, tidy

Look = Callable[[Image], Floats]
"""Tells of a uint8 photo [H,W,3] how much of it is the product: a small frame's matte [h,w] in 0..1."""
Sharpen = Callable[[Image], Image]
"""Redraws, of uint8 [h,w,4], a photo and its coarse matte, the matte: uint8 [h,w] or [h,w,1]."""

_FAINT = 0.1  # a strap thinner than the frame's pixels shows as little
_MARGIN = 0.15  # of the product's height or width: the second look sees so much of what is around it
_LEAST_MARGIN = 0.03  # of the photo's
_LEAST_CONFIDENCE = 0.94  # below it lie three of four bad cutouts, and one of 30 good ones (docs/models.md)
_WORTH_ANOTHER_LOOK = 0.85  # of the photo's height or width; a part that is larger in both shows nothing new


@dataclass(frozen=True)
class Closeup:
    """The part of a photo that holds the product."""

    rows: slice  # of the photo
    columns: slice
    small: Image  # the part at its working size, uint8 [h,w,3]
    matte: Floats  # [h,w] in 0..1
    share: float  # how much of the photo the first look took for the product
    confidence: float  # the overlap with the true product, 0 to 1, that the network itself expects

    @property
    def doubtful(self) -> bool:
        """Whether a person should look at the cutout before it is used."""
        return self.confidence < _LEAST_CONFIDENCE

    def alpha(self, image: Image) -> Image:
        """Return the alpha of the photo `image`, uint8 [H,W]: clear beyond the part."""
        alpha = np.zeros(image.shape[:2], np.uint8)
        alpha[self.rows, self.columns] = mattes.full_alpha(image[self.rows, self.columns], self.small, self.matte)
        return alpha


def find_product(image: Image, look: Look, sharpen: Sharpen, least_share: float = 0.0) -> Closeup:
    """Return the product of a uint8 [H,W,3] photo of any size.

    A `share` under `least_share` says that there is none: then nothing is looked at again, and the matte is empty.
    The second look only counts if it is of the same product: if it sees none, or one that goes on beyond the part that
    it was shown, the first look stands, for the whole photo; with the second's `confidence`, as that is a bad sign.
    """
    first = look(image)
    coarse = _tidied(first, image)
    share, confidence = product_share(coarse), expected_overlap(first)
    whole = slice(0, image.shape[0]), slice(0, image.shape[1])
    if share < least_share:
        nothing = np.zeros((1, 1), np.float32)
        return Closeup(*whole, np.zeros((1, 1, 3), np.uint8), nothing, share, confidence)
    place = _surroundings(coarse > _FAINT, image.shape[:2])
    if place is not None:
        part = np.ascontiguousarray(image[place])
        second = look(part)
        confidence = expected_overlap(second)
        joined = np.asarray((second + _part_of(first, image.shape[:2], *place)) / 2, np.float32)
        closeup = Closeup(*place, *_drawn(part, _tidied(joined, part), sharpen), share, confidence)
        if _within(closeup, image.shape[:2]):
            return closeup
    return Closeup(*whole, *_drawn(image, coarse, sharpen), share, confidence)


def glance(image: Image, look: Look) -> Floats:
    """Return about where the product is, by the first look alone: the frame's matte, tidied, float32 [h,w] in 0..1."""
    return _tidied(look(image), image)


def _tidied(matte: Floats, image: Image) -> Floats:
    return tidy(matte, mattes.shrink(image, matte.shape[1], matte.shape[0]))


def _surroundings(product: Mask, size: tuple[int, int]) -> tuple[slice, slice] | None:
    """The (rows, columns) of a photo of `size` that hold the product seen in its frame, and some of what is around it.

    None where no product is seen, or little else.
    """
    spans = []
    for axis, length in enumerate(size):
        taken = np.flatnonzero(product.any(axis=1 - axis)) / product.shape[axis]
        if not len(taken):
            return None
        first, last = float(taken[0]), float(taken[-1]) + 1 / product.shape[axis]
        margin = max(_LEAST_MARGIN, _MARGIN * (last - first))
        spans.append(slice(max(0, int((first - margin) * length)), min(length, int((last + margin) * length) + 1)))
    if all(span.stop - span.start > _WORTH_ANOTHER_LOOK * length for span, length in zip(spans, size, strict=True)):
        return None
    return spans[0], spans[1]


def _within(closeup: Closeup, size: tuple[int, int]) -> bool:
    """Whether there is a product that ends inside the part, or where the photo of `size` ends."""
    product, rows, columns = closeup.matte > 0.5, closeup.rows, closeup.columns
    inner = (
        (rows.start > 0, product[0]),
        (rows.stop < size[0], product[-1]),
        (columns.start > 0, product[:, 0]),
        (columns.stop < size[1], product[:, -1]),
    )
    return bool(product.any()) and not any(cut and line.any() for cut, line in inner)


def _part_of(frame: Floats, size: tuple[int, int], rows: slice, columns: slice) -> Floats:
    """Return what the frame of a photo of `size` shows of a part of it, stretched to the frame's shape."""
    height, width = frame.shape
    scales = ((columns.stop - columns.start) / size[1], (rows.stop - rows.start) / size[0])
    starts = (columns.start / size[1] * width, rows.start / size[0] * height)
    (across, left), (down, top) = ((s, start + s / 2 - 0.5) for s, start in zip(scales, starts, strict=True))
    affine = np.array([[across, 0, left], [0, down, top]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(frame, affine, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(part, np.float32)


def _drawn(part: Image, frame: Floats, sharpen: Sharpen) -> tuple[Image, Floats]:
    """Return a part at its working size, and its matte there: the frame's, its edges drawn anew."""
    small = mattes.shrink(part, *mattes.working_size(part.shape[1], part.shape[0], max(frame.shape)))
    coarse = mattes.enlarge(frame, small.shape[1], small.shape[0])
    band = mattes.doubtful_band(coarse, max(frame.shape))
    fine = coarse
    if band.any():
        place = mattes.around(band)
        asked = np.dstack((small, np.asarray(np.rint(coarse * 255), np.uint8)))[place]
        fine = coarse.copy()
        redrawn = sharpen(np.ascontiguousarray(asked)).astype(np.float32) / 255
        fine[place] = redrawn.reshape(redrawn.shape[:2])
    return small, mattes.settle(coarse, fine, band)
