"""Light and colour applied at full size: what a frame model predicts as a 3D table and a map of local light."""

from typing import NamedTuple

import numpy as np
from PIL import Image as Pillow
from PIL import ImageFilter

from engine.images import Floats, Image
from engine.pixels.color import STRIP_PX
from engine.pixels.local_light import apply_local_light
from engine.pixels.strips import row_strips

LUT_STEPS = 33
MAP_SIDE = 12
LIGHT_LENGTH = 3 * LUT_STEPS**3 + 3 * MAP_SIDE**2


class Light(NamedTuple):
    """A relighting: `lut` float32 [3,S,S,S] in 0..1, indexed [channel, b, g, r], then `stops` float32 [3,h,w]."""

    lut: Floats
    stops: Floats


def relight(image: Image, answer: Floats, strength: float = 1.0) -> Image:
    """Apply a "light" model's answer to a uint8 [H,W,3] image, with `strength` 0..1 of it.

    Raises ValueError for another length of `answer` than LIGHT_LENGTH, or a strength out of bounds.
    """
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"strength is 0..1; received {strength}")
    light = read_light(np.float32(strength) * answer)
    return apply_local_light(apply_lut3d(image, light.lut), light.stops)


def read_light(answer: Floats) -> Light:
    """Split a "light" model's answer [LIGHT_LENGTH]: what is added to the identity table, and local stops.

    Zeros change nothing. Raises ValueError for another length.
    """
    if answer.shape != (LIGHT_LENGTH,):
        raise ValueError(f"a light's answer has the shape [{LIGHT_LENGTH}]; received {list(answer.shape)}")
    change, stops = np.split(answer, [3 * LUT_STEPS**3])
    lut = identity_lut3d(LUT_STEPS) + change.reshape(3, LUT_STEPS, LUT_STEPS, LUT_STEPS)
    return Light(np.clip(lut, 0.0, 1.0), stops.reshape(3, MAP_SIDE, MAP_SIDE))


def apply_lut3d(image: Image, lut: Floats) -> Image:
    """Map a uint8 [H,W,3] image through `lut`, float32 [3,S,S,S] in 0..1, indexed [channel, b, g, r], S in 2..65.

    Pillow's Color3DLUT does the work in C, in fixed point: within 1/255 of `kernels.lut3d` (tested) and 12 times as
    fast (0.48 MP: 0.033 s against 0.41 s; 48 MP: 2 s, on one core). Strips bound the memory and give the
    interpreter lock back between them, so that heartbeats go out while a large photo is mapped.
    """
    steps = lut.shape[1]
    if lut.shape != (3, steps, steps, steps) or not 2 <= steps <= 65:
        raise ValueError(f"a 3D LUT has shape [3, S, S, S] with S from 2 to 65; received {list(lut.shape)}")
    table = ImageFilter.Color3DLUT(steps, np.moveaxis(lut, 0, -1).ravel())
    result = np.empty_like(image)
    for rows in row_strips(image.shape[0], image.shape[1], STRIP_PX):
        result[rows] = np.asarray(Pillow.fromarray(image[rows]).filter(table))
    return result


def identity_lut3d(steps: int) -> Floats:
    """The table of shape [3, steps, steps, steps] that changes nothing, indexed [channel, b, g, r]."""
    ramp = np.linspace(0.0, 1.0, steps, dtype=np.float32)
    blue, green, red = np.meshgrid(ramp, ramp, ramp, indexing="ij")
    return np.stack([red, green, blue])
