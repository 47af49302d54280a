"""What a change of light can explain of the difference between a photo and a picture of one product.

The fit has few numbers and is smooth in colour and in place, so that no print and no seam can be explained by it: each
channel of the picture is a polynomial of the photo's three (squares included, as exposure and contrast bend curves)
whose gain may change slowly across the frame (a quadratic in x and y, as shadows that were lifted do). A polynomial
regression of colours as in Hong, Luo and Rhodes, "A study of digital camera colorimetric characterization" (2001),
fitted by iteratively reweighted least squares with Huber's weights, so that what does not belong to the light, such as
a logo that was painted over, does not pull at it. A light can only turn all colours alike: how much it does is told
apart, as a falsified hue of a product of one colour looks like a light too.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.pixels.quantiles import median

Floats = NDArray[np.float32]

_SAMPLES = 8_000
_ROUNDS = 5
_TUNING = 1.345  # Huber's constant: 95 % efficient where all is noise
_RIDGE = 1e-3  # of the sample's size: what the photo does not tell is left as it was
_LEAST_SPREAD = 1.0 / 255
_DARK = 4.0 / 255


@dataclass(frozen=True)
class LightFit:
    """The fitted light: `weights` [features, 3], what is added to the photo's colours."""

    weights: NDArray[np.float64]

    def apply(self, image: Floats) -> Floats:
        """An image [h,w,3] in 0..1, its places from -1 to 1 across and down, as the light makes it.

        As `_features` say, but by planes: a pixel's thirteen numbers are never written down.
        """
        weights = self.weights.astype(np.float32)
        lit = cv2.transform(image, np.hstack([np.eye(3, dtype=np.float32) + weights[1:4].T, weights[:1].T]))
        lit += cv2.transform(image * image, weights[4:7].T.copy())
        bright = cv2.transform(image, np.full((1, 3), 1 / 3, np.float32))
        curve = bright * bright
        across, down = (np.linspace(-1, 1, length, dtype=np.float32) for length in (image.shape[1], image.shape[0]))
        for channel, (cube, x, y, xx, yy, xy) in enumerate(weights[7:].T):
            gain = curve * cube
            gain += across * (x + xx * across)
            gain += (down * (y + yy * down))[:, None]
            gain += (down * xy)[:, None] * across
            gain *= bright
            lit[..., channel] += gain
        return np.asarray(np.clip(lit, 0.0, 1.0, out=lit), np.float32)


def fit_light(before: Floats, after: Floats, core: NDArray[np.bool_]) -> LightFit:
    """Fit the light between two images [h,w,3] in 0..1 within `core` [h,w], by about 8,000 of its pixels."""
    some = np.flatnonzero(core)
    some = some[:: max(1, len(some) // _SAMPLES)]
    first, second = (np.ascontiguousarray(image.reshape(-1, 3).take(some, axis=0).T) for image in (before, after))
    features = _features(first, *_places(some, core.shape)).astype(np.float64)
    wanted = (second - first).astype(np.float64)
    ridge = _RIDGE * len(some) * np.eye(len(features))
    errors = (second - first * _gains(first, second)).astype(np.float64)
    weights: NDArray[np.float64] = np.zeros((len(features), 3))
    for _ in range(_ROUNDS):
        trusted = features * _trust(errors)
        weights = np.asarray(np.linalg.solve(trusted @ features.T + ridge, trusted @ wanted.T), np.float64)
        errors = wanted - weights.T @ features
    return LightFit(weights)


def _places(pixels: NDArray[np.intp], shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Pixels of an image of that shape, by their numbers [N]: from -1 to 1 across, and down."""
    down, across = (np.linspace(-1, 1, length, dtype=np.float32) for length in shape)
    rows, columns = np.divmod(pixels, shape[1])
    return across[columns], down[rows]


def _gains(before: Floats, after: Floats) -> Floats:
    """The middle gain of each channel, [3,1]: a first guess, from which a small print of another colour stands out.

    A fit to all pixels alike would bend to it: few colours lie near a print's, and so nothing would speak against it.
    """
    return np.asarray([[median(gains)] for gains in (after + _DARK) / (before + _DARK)], np.float32)


def _trust(errors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Huber's weights [N] of errors [3,N]."""
    sizes = np.sqrt(np.square(errors).sum(axis=0))
    spread = max(1.4826 * median(sizes), _LEAST_SPREAD)
    return np.asarray(np.minimum(1.0, _TUNING * spread / np.maximum(sizes, 1e-9)), np.float64)


def _features(colors: Floats, x: Floats, y: Floats) -> Floats:
    """[13,N]: a constant, the channels, their squares, the brightness' cube, and the brightness times the place."""
    bright = colors.mean(axis=0)
    light = (bright**3, *(bright * place for place in (x, y, x * x, y * y, x * y)))
    return np.concatenate([np.ones_like(x)[None], colors, colors * colors, np.stack(light)])
