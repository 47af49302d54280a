"""Two pictures of one product brought into one frame, so that pixel meets pixel: the product's box in the photo.

Its scale is the coarser one of the two pictures', and its longer side at most `LARGEST_PX`: what a shop's visitor sees.
Whatever is shrunk is averaged over its area first, so that neither picture's fine grain is taken for a difference:
from three times the frame's fineness on over whole blocks of pixels and then over the rest, which is several times as
fast. And first of all it is cut to the box, so that a photo of 48 megapixels costs little more than a small one.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Image

LARGEST_PX = 512
SMALLEST_PX = 8
PHOTO_PX = 1024
"""Of the whole photo's longer side: a small product is compared no finer than it would be in a photo of this size."""
_MARGIN = 0.06  # of the box' longer side: what was added around the product is looked for there
_COVERED = 250  # of 255: a pixel that is not mixed with what lies beyond a picture
_STILL = 1e-7  # a motion of less, in px or as a share, moves no pixel: cubics are looked up by 32nds of one
_BLOCKS = (8, 4, 2)
_SPARE = 1.5  # times as fine as the frame is what was averaged over blocks, at least
_HALF = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
"""From OpenCV's coordinates, which have the centres of pixels at whole numbers, to ours."""

Matrix = NDArray[np.float64]
Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Seen:
    """What is compared: `rgb` uint8 [H,W,3], and where the product is, `matte` uint8 [H,W] or None if not known."""

    rgb: Image
    matte: Image | None = None


@dataclass(frozen=True)
class CommonFrame:
    """Photo and picture at one scale, [h,w]. `covered` is where the picture shows anything of the photo's frame.

    `to_picture` leads from the frame's continuous pixel coordinates to the picture's; `picture_matte` is None where
    nobody knows the product's outline in the picture.
    """

    photo: Image
    picture: Image
    photo_matte: Plane
    picture_matte: Plane | None
    covered: Mask
    to_picture: Matrix
    picture_size: tuple[int, int]
    of_photo: Callable[[Image], Image]
    """What the frame shows of an image that lies on the photo pixel by pixel, uint8 [H,W] or [H,W,3]."""


def common_frame(photo: Seen, picture: Seen, origin: Matrix) -> CommonFrame | None:
    """Bring both into the frame; `origin` is the homography from the photo's pixels to the picture's, [3,3].

    A photo without a matte is taken whole. None where less than 8 pixels across would be left to compare.
    """
    box, scale = _framed(photo, origin)
    if not np.isfinite(scale) or min(round(length * scale) for length in box[2:]) < SMALLEST_PX:
        return None
    part = _Part.of(box, scale)
    size, to_picture = part.size, origin @ part.from_shown()
    matte = np.full(size[::-1], 255, np.uint8) if photo.matte is None else part.shown(photo.matte)
    seen, covered = seen_by(picture.rgb, to_picture, size)
    return CommonFrame(
        photo=part.shown(photo.rgb),
        picture=seen,
        photo_matte=unit(matte),
        picture_matte=None if picture.matte is None else unit(_seen(picture.matte, to_picture, size)),
        covered=covered,
        to_picture=to_picture,
        picture_size=(picture.rgb.shape[1], picture.rgb.shape[0]),
        of_photo=part.shown,
    )


def finer_than_frame(photo: Seen, origin: Matrix) -> float:
    """How many pixels of the picture lie on one of the frame's at least, each way; 0 where the horizon crosses it."""
    (x, y, width, height), scale = _framed(photo, origin)
    moved = origin @ np.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])
    return least_scale(moved, (width, height)) / scale if scale > 0 else 0.0


def seen_by(image: Image, to_image: Matrix, size: tuple[int, int]) -> tuple[Image, Mask]:
    """What a frame of `size` (width, height) sees of an image, [H,W] or [H,W,3], and where that is not beyond it.

    `to_image` leads from the frame's pixels to the image's.
    """
    seen = _Warp.of(to_image, size, (image.shape[1], image.shape[0]))
    return seen.apply(image), seen.covered() > _COVERED


def place_in_picture(to_picture: Matrix, box: tuple[int, int, int, int], size: tuple[int, int]) -> list[int]:
    """The box [x, y, width, height] in the picture's pixels around what is a box in the frame; within its `size`."""
    x, y, width, height = box
    corners = np.array([(x, y, 1), (x + width, y, 1), (x, y + height, 1), (x + width, y + height, 1)], float)
    moved = corners @ to_picture.T
    points = moved[:, :2] / moved[:, 2:]
    low = np.clip(np.floor(points.min(axis=0)), 0, size).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)), 0, size).astype(int)
    return [int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])]


def least_scale(origin: Matrix, size: tuple[int, ...]) -> float:
    """How many pixels of the picture one of the photo's becomes at least, at the corners and in the middle of a photo
    of `size` (width, height); 0 where its horizon crosses the photo.
    """
    width, height = size
    places = ((0, 0), (width, 0), (0, height), (width, height), (width / 2, height / 2))
    depths = [float(origin[2] @ (x, y, 1.0)) for x, y in places]
    if not min(depths) * max(depths) > 0:  # the horizon crosses the photo
        return 0.0
    return min(_scale_at(origin, x, y) for x, y in places)


def whole_blocks(finer: float) -> int:
    """Of how many pixels a side the blocks may be over which an image so many times as fine as its frame is averaged
    first: 8, 4, 2 or 1.
    """
    return next((times for times in _BLOCKS if times * _SPARE <= finer), 1)


def unit(codes: Image) -> Plane:
    """Code values of any shape in 0..1."""
    return np.asarray(codes, np.float32) / np.float32(255)


def _framed(photo: Seen, origin: Matrix) -> tuple[tuple[int, int, int, int], float]:
    """The product's box [x, y, width, height] in the photo, and how many of the frame's pixels one of it becomes."""
    x, y, width, height = box = _product_box(photo)
    most = min(1.0, LARGEST_PX / max(width, height), PHOTO_PX / max(photo.rgb.shape[:2]))
    return box, min(most, _scale_at(origin, x + width / 2, y + height / 2))


def _product_box(photo: Seen) -> tuple[int, int, int, int]:
    """The product's box in the photo and a margin; the whole photo where no product is known or none is there."""
    height, width = photo.rgb.shape[:2]
    if photo.matte is None:
        return 0, 0, width, height
    rows, columns = (np.flatnonzero(photo.matte.max(axis=axis) > 127) for axis in (1, 0))
    if not len(rows):
        return 0, 0, width, height
    spans = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    margin = round(_MARGIN * max(spans[2] - spans[0], spans[3] - spans[1])) + 1
    left, top = max(0, spans[0] - margin), max(0, spans[1] - margin)
    return left, top, min(width, spans[2] + margin) - left, min(height, spans[3] + margin) - top


def _scale_at(origin: Matrix, x: float, y: float) -> float:
    """How many of the picture's pixels one of the photo's becomes in each direction there: the smaller singular value.

    Of the homography's derivative, which for (u, v, w) = origin (x, y, 1) is ((u', v') - (u, v) w' / w) / w.
    """
    u, v, w = origin @ (x, y, 1.0)
    jacobian = (origin[:2, :2] - np.outer((u, v), origin[2, :2]) / w) / w
    return float(np.linalg.svd(jacobian, compute_uv=False)[-1])


def _shrunk(image: Image, size: tuple[int, int]) -> Image:
    if image.shape[1::-1] == size:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _seen(image: Image, to_image: Matrix, size: tuple[int, int]) -> Image:
    return _Warp.of(to_image, size, (image.shape[1], image.shape[0])).apply(image)


@dataclass(frozen=True)
class _Part:
    """The box [x, y, width, height] of an image, shown in (width, height) `size` by its area's means.

    It is averaged over blocks of `whole` pixels first, of which its sides are multiples: the last of them may lie
    beyond the image by less than one, where its border is repeated.
    """

    box: tuple[int, int, int, int]
    whole: int
    size: tuple[int, int]

    @classmethod
    def of(cls, box: tuple[int, int, int, int], scale: float) -> "_Part":
        whole = whole_blocks(1 / scale)
        width, height = (-(-length // whole) * whole for length in box[2:])
        return cls((*box[:2], width, height), whole, (max(1, round(width * scale)), max(1, round(height * scale))))

    def from_shown(self) -> Matrix:
        """The way from what is shown to the image."""
        x, y, width, height = self.box
        return np.array([[width / self.size[0], 0, x], [0, height / self.size[1], y], [0, 0, 1]])

    def shown(self, image: Image) -> Image:
        """What it shows of an image, uint8 [H,W] or [H,W,3]; perhaps a view of it."""
        x, y, width, height = self.box
        part = image[y : y + height, x : x + width]
        beyond = height - part.shape[0], width - part.shape[1]
        if any(beyond):
            part = cv2.copyMakeBorder(part, 0, beyond[0], 0, beyond[1], cv2.BORDER_REPLICATE)
        return _shrunk(_shrunk(part, (width // self.whole, height // self.whole)), self.size)


@dataclass(frozen=True)
class _Warp:
    """How a frame of `size` (width, height) sees an image: by what `part` shows of it, moved by cubics.

    `part` is None where it sees nothing. `to_small` leads from the frame to what is shown.
    """

    size: tuple[int, int]
    part: _Part | None
    to_small: Matrix

    @classmethod
    def of(cls, to_image: Matrix, size: tuple[int, int], image_size: tuple[int, int]) -> "_Warp":
        x, y, across, down = place_in_picture(to_image, (-2, -2, size[0] + 4, size[1] + 4), image_size)
        if across < 1 or down < 1:
            return cls(size, None, np.eye(3))
        part = _Part.of((x, y, across, down), 1 / max(1.0, _scale_at(to_image, size[0] / 2, size[1] / 2)))
        return cls(size, part, np.linalg.inv(part.from_shown()) @ to_image)

    def apply(self, image: Image) -> Image:
        """What the frame sees of an image, [H,W] or [H,W,3]; 0 beyond it."""
        if self.part is None:
            return np.zeros((self.size[1], self.size[0], *image.shape[2:]), np.uint8)
        return self._moved(self.part.shown(image))

    def covered(self) -> Image:
        """What it sees of an image that is 255 all over: such a one needs not be shrunk."""
        if self.part is None:
            return np.zeros(self.size[::-1], np.uint8)
        return self._moved(np.full(self.part.size[::-1], 255, np.uint8))

    def _moved(self, small: Image) -> Image:
        matrix = np.linalg.inv(_HALF) @ self.to_small @ _HALF
        if small.shape[1::-1] == self.size and np.abs(matrix - np.eye(3)).max() < _STILL:
            return np.ascontiguousarray(small)
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        moved = cv2.warpPerspective(small, matrix, self.size, flags=flags, borderMode=cv2.BORDER_CONSTANT)
        return np.asarray(moved, np.uint8)
