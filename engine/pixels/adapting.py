"""A product's light and colour brought near a scene's, within limits. Knows no matte and no place: one curve a channel.

The scene's light is estimated from the scene alone, as the product's photo is taken for neutrally lit: its colour by
Shades of Grey (Finlayson, Trezzi, Shades of Gray and Colour Constancy, CIC 2004), a Minkowski mean with p = 6 in linear
light; its strength by the mean of log luminance. The product's linear channels are multiplied by that, as light does
it, after both were bounded: no brighter or darker than `MOST_STOPS`, no channel changed against the others by more than
`MOST_TINT`. Gains above 1 bend towards white, so that nothing is clipped that was not.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Image
from engine.pixels.matte import fitted_size, shrink
from engine.pixels.srgb import decode_srgb, encode_srgb

MOST_STOPS = (-0.6, 0.3)
"""The strongest change of exposure at `adapt` 1: darker, brighter."""
MOST_TINT = 0.14
"""The strongest change of one channel against luminance at `adapt` 1: by this share of it."""

_USUAL_LIGHT = 0.28  # mean luminance of a scene that asks for no change of exposure
_FOLLOWED = 0.45  # share of a scene's difference from it, in stops, that the product follows
_TINT_FOLLOWED = 0.6  # share of the estimated tint: part of it is the scene's own paint, not its light
_MINKOWSKI = 6
_SIDE_PX = 256
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
_BLACK = 0.002


@dataclass(frozen=True)
class SceneLight:
    """What is done to a product's linear R, G and B: gains that already hold the exposure."""

    gains: tuple[float, float, float]
    stops: float


def scene_light(scene: Image, adapt: float) -> SceneLight:
    """Return the change that brings a neutrally lit product near the light of a scene uint8 [H,W,3].

    `adapt` 0..1 takes so much of it: 0 changes nothing. Raises ValueError for another.
    """
    if not 0.0 <= adapt <= 1.0:
        raise ValueError(f"adapt is 0..1; received {adapt}")
    small = shrink(scene, *fitted_size(scene.shape[1], scene.shape[0], _SIDE_PX))
    light = decode_srgb(np.arange(256) / 255)[small].reshape(-1, 3)
    level = float(np.exp(np.log(light @ _LUMINANCE + _BLACK).mean()))
    stops = float(np.clip(_FOLLOWED * math.log2(level / _USUAL_LIGHT), *MOST_STOPS)) * adapt
    color = np.mean(light**_MINKOWSKI, axis=0) ** (1 / _MINKOWSKI) + _BLACK
    tint = (color / (color @ _LUMINANCE)) ** _TINT_FOLLOWED
    apart = tint / (tint @ _LUMINANCE) - 1
    tint = 1 + apart * min(1.0, MOST_TINT / max(float(np.abs(apart).max()), MOST_TINT)) * adapt
    red, green, blue = (float(gain) for gain in tint * 2.0**stops)
    return SceneLight((red, green, blue), stops)


def adapted(colors: Image, light: SceneLight) -> Image:
    """Apply a scene's light to uint8 [H,W,3]; gains of 1 keep every byte."""
    if light.gains == (1.0, 1.0, 1.0):
        return colors
    table = np.stack([_curve(gain) for gain in light.gains], axis=1).reshape(1, 256, 3)
    return np.asarray(cv2.LUT(colors, table), np.uint8)


def _curve(gain: float) -> NDArray[np.uint8]:
    linear = decode_srgb(np.arange(256) / 255)
    lit = gain * linear if gain <= 1 else gain * linear / (1 + (gain - 1) * linear)
    return np.asarray(np.rint(encode_srgb(lit) * 255), np.uint8)
