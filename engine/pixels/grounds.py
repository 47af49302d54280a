"""What a product is laid on: one colour, a gradient, a scene cut to the frame, or its own photo's ground, out of focus.

Every ground is uint8 [height,width,3] and opaque. Gradients run on sRGB code values, as in CSS. Blurring is done in
linear light, as a lens does it, so that bright spots stay bright.
"""

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.diffusion import diffuse
from engine.pixels.dithering import dithered
from engine.pixels.enlarging import enlarged_rows, strips
from engine.pixels.matte import fitted_size, shrink
from engine.pixels.resampling import reframed
from engine.pixels.srgb import decode_srgb, encode_srgb

Rgb = tuple[int, int, int]
Size = tuple[int, int]
"""(width, height) in pixels."""

_LEAST_SIGMA, _MOST_SIGMA = 0.004, 0.05  # of the photo's long side
_WORKING_SIGMA_PX = 3.0  # a blur as wide as that shows no pixels of the size it was made at
_SEAM = 0.012  # of the long side: around the product, where its edge and its close shadow mix into the ground
_HOLE = 0.02  # the faintest matte or shadow that is taken out


@dataclass(frozen=True)
class Gradient:
    """From one colour to another. "linear": `angle` in degrees as in CSS, 0 upwards, 90 to the right, 180 downwards.

    Its ends lie where lines square to it meet the corners. "radial": from the middle out to the corners, in circles.
    """

    start: Rgb
    end: Rgb
    shape: Literal["linear", "radial"] = "linear"
    angle: float = 180.0


def solid(size: Size, color: Rgb) -> Image:
    """One colour everywhere."""
    ground = np.empty((size[1], size[0], 3), np.uint8)
    ground[...] = color
    return ground


def gradient(size: Size, colors: Gradient) -> Image:
    """A gradient without bands: codes between two steps are dithered."""
    width, height = size
    ground = np.empty((height, width, 3), np.uint8)
    start, end = (np.asarray(color, np.float32) for color in (colors.start, colors.end))
    x = np.arange(width, dtype=np.float32)[None] + np.float32(0.5 - width / 2)
    for rows in strips(height, width):
        y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + np.float32(0.5 - height / 2)
        share = np.clip(_way(x, y, size, colors), 0, 1)[..., None]
        ground[rows] = dithered(np.asarray(start + share * (end - start), np.float32), rows.start)
    return ground


def covering(scene: Image, size: Size) -> Image:
    """A scene uint8 [H,W,3] scaled to cover the frame, its middle cut out."""
    height, width = scene.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    across, down = (size[0] - width * scale) / 2, (size[1] - height * scale) / 2
    if scale == 1.0:
        across, down = float(round(across)), float(round(down))
    return reframed(scene, (scale, across, down), size)


def out_of_focus(photo: Image, product: Image, amount: float, size: Size) -> Image:
    """The ground of a photo uint8 [H,W,3] without its product, blurred by `amount` 0..1 and cut to the frame.

    `product`, uint8 of any size, is light where the photo shows the product (or its shadow, if that is to go too). Its
    colours are replaced by the ground's around it before anything is blurred, so that no halo bleeds out of it. Raises
    ValueError where nothing but product is left.
    """
    height, width = photo.shape[:2]
    sigma = (_LEAST_SIGMA + (_MOST_SIGMA - _LEAST_SIGMA) * amount) * max(height, width)
    longest = max(64, round(max(height, width) * min(1.0, _WORKING_SIGMA_PX / sigma)))
    small_size = fitted_size(width, height, longest)
    hole = _hole(shrink(product, *small_size))
    if hole.all():
        raise ValueError("the product and its edge cover the whole photo: no ground is left to blur")
    light = decode_srgb(np.arange(256) / 255).astype(np.float32)[shrink(photo, *small_size)]
    light = diffuse(light, hole)
    sigma_px = sigma * small_size[0] / width
    blurred = cv2.GaussianBlur(light, (0, 0), sigma_px, borderType=cv2.BORDER_REFLECT)
    codes = np.asarray(encode_srgb(np.clip(blurred, 0, 1).astype(np.float64)) * 255, np.float32)
    return _enlarged(codes, size)


def _way(x: Floats, y: Floats, size: Size, colors: Gradient) -> Floats:
    """How far along a gradient points lie that are given from the frame's middle: 0 at its start, 1 at its end."""
    if colors.shape == "radial":
        return np.asarray(np.hypot(x, y) / np.float32(math.hypot(*size) / 2), np.float32)
    sine, cosine = math.sin(math.radians(colors.angle)), math.cos(math.radians(colors.angle))
    length = abs(size[0] * sine) + abs(size[1] * cosine)
    return np.asarray((x * np.float32(sine) - y * np.float32(cosine)) / np.float32(length) + np.float32(0.5))


def _hole(product: Image) -> NDArray[np.bool_]:
    reach = max(1, round(_SEAM * max(product.shape)))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(np.asarray(product > _HOLE * 255, np.uint8), disc) > 0)


def _enlarged(codes: Floats, size: Size) -> Image:
    """Float codes [h,w,3] cut to the aspect of the frame and enlarged to it, without bands."""
    height, width = codes.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    part = np.array(
        [[1 / scale, 0, (width - size[0] / scale) / 2], [0, 1 / scale, (height - size[1] / scale) / 2]], np.float64
    )
    # The middle at the working size first, so that what is enlarged in strips has the frame's aspect.
    inner = fitted_size(*size, max(height, width))
    part = part @ np.diag([size[0] / inner[0], size[1] / inner[1], 1.0])
    part[:, 2] += part[:, :2] @ np.array([0.5, 0.5]) - 0.5  # OpenCV's pixel centres are whole numbers
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    middle = np.asarray(cv2.warpAffine(codes, part, inner, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)
    ground = np.empty((size[1], size[0], 3), np.uint8)
    for rows in strips(size[1], size[0]):
        ground[rows] = dithered(enlarged_rows(middle, (size[1], size[0]), rows), rows.start)
    return ground
