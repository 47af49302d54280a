"""What of a product has one colour: its body under more light and less, and not its prints, logos and trims.

A cloth's pixels lie on a curve in Lab: light scales its linear RGB (Shafer, "Using color to separate reflection
components", 1985, body reflection alone), which scales L* + 16, a* and b* alike; what else bends the curve, coloured
shade and sheen, is measured. How far a pixel lies beside it, and how far along, says whether it belongs to the body.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.images import Floats
from engine.pixels.recoloring_tones import STEPS, Lightness, steps_of

_PIXELS = 2048
_NEAR = 6.0
_LIGHT_WEIGHT = 0.3
_BINS = 12
_FEWEST = 30
_TOLERANCE = 6.0, 8.0
_BEYOND = 1.9  # of the tolerance: where membership ends
_SHADE, _SHINE = (0.05, 0.13), (4.0, 9.0)
_CLOSE_SHADE, _CLOSE_SHINE = (0.25, 0.45), (2.0, 3.0)
_CLOSE_TOLERANCE = 8.0
_DEVIATIONS = 3.0
_MOST_BEND, _MOST_BEND_OF_CHROMA = 3.0, 0.15
_ROUNDS = 3
_CHROMATIC = 4.0, 12.0  # chroma: from what is grey to what has a hue
_MORE_CHROMA = 0.4
_CHROMA_WEIGHT = 0.03

Ramp = tuple[float, float]


@dataclass(frozen=True)
class Body:
    """A cloth's colour under all its light.

    `lightness` float32 [n] rising, and `chroma` float32 [n,2], its a* and b* there; `lab` is what represents it, the
    median of the lighter half of its pixels; `tolerance` is how far beside the curve it scatters, about in ΔE94.
    `shade` and `shine`: in what light, by its own, it begins and ends, each from nothing to all of it.
    """

    lab: Floats
    lightness: Floats
    chroma: Floats
    tolerance: float
    shade: Ramp = _SHADE
    shine: Ramp = _SHINE

    @property
    def range(self) -> Lightness:
        """Its own L*, and that of the darkest and the lightest of its bins."""
        own = float(self.lab[0])
        return Lightness(own, min(own, float(self.lightness[0])), max(own, float(self.lightness[-1])))

    def chroma_at(self, lightness: Floats) -> Floats:
        """The curve's a* and b* at any L*: [..., 2]."""
        return self._table[steps_of(lightness)]

    @cached_property
    def _table(self) -> Floats:
        lightness = np.linspace(0, 100, STEPS)
        ends = np.clip(lightness, self.lightness[0], self.lightness[-1])
        scale = (lightness + 16) / (ends + 16)
        planes = [np.interp(ends, self.lightness, self.chroma[:, axis]) * scale for axis in (0, 1)]
        return np.stack(planes, axis=-1).astype(np.float32)

    def membership(self, lab: Floats) -> Floats:
        """How much each pixel of Lab [...,3] is of the body, by its colour alone: float32 [...] in 0..1."""
        beside = self.distance(lab)
        light = ((lab[..., 0] + 16) / (self.lab[0] + 16)) ** 3
        near = 1 - _ramp(beside, self.tolerance, _BEYOND * self.tolerance)
        return np.asarray(near * _ramp(light, *self.shade) * (1 - _ramp(light, *self.shine)), np.float32)

    def distance(self, lab: Floats) -> Floats:
        """How far beside the curve in a* and b*, chroma weighing as in ΔE94.

        More chroma than the curve has, of its hue, counts less: bright sun and deep shade on a strong dye bring it.
        """
        curve = self.chroma_at(lab[..., 0])
        first, second = curve[..., 0], curve[..., 1]
        strength = np.maximum(np.hypot(first, second), np.float32(1e-3))
        off = lab[..., 1:] - curve
        along = (off[..., 0] * first + off[..., 1] * second) / strength
        across = (off[..., 0] * second - off[..., 1] * first) / strength
        counted = np.where(along > 0, 1 - (1 - _MORE_CHROMA) * _ramp(strength, *_CHROMATIC), 1)
        return np.asarray(np.hypot(along * counted, across) / (1 + _CHROMA_WEIGHT * strength), np.float32)

    def tolerating(self, own: Floats) -> "Body":
        """The same with the tolerance that its own pixels, Lab [n,3], ask for by how far they scatter."""
        deviation = 1.4826 * float(np.median(self.distance(own)))  # as of a normal distribution
        return replace(self, tolerance=float(np.clip(_DEVIATIONS * deviation, *_TOLERANCE)))

    def represented_by(self, own: Floats) -> "Body":
        """The same with the colour that represents its own pixels, Lab [n,3] of n >= 1."""
        return replace(self, lab=_lit(own))


def densest_color(lab: Floats) -> Floats:
    """Return of Lab pixels [n,3] the one that most others are like: lightness counts little, as light changes it."""
    some = lab[:: max(1, len(lab) // _PIXELS)] * np.array([_LIGHT_WEIGHT, 1, 1], np.float32)
    squares = (some**2).sum(axis=1)
    apart = squares[:, None] + squares[None] - 2 * (some @ some.T)
    crowd = np.exp(apart / np.float32(-2 * _NEAR**2)).sum(axis=1)
    scaled = some[int(crowd.argmax())]
    return np.asarray(scaled / np.array([_LIGHT_WEIGHT, 1, 1], np.float32))


def close_to(seed: Floats, tolerance: float | None) -> Body:
    """A body that has the colour `seed`, Lab [3], and not much more: to pick a part by it."""
    return Body(seed, seed[:1], seed[None, 1:], tolerance or _CLOSE_TOLERANCE, _CLOSE_SHADE, _CLOSE_SHINE)


def fit_body(lab: Floats, seed: Floats) -> Body:
    """Fit the body's curve to the pixels, Lab [n,3], that are like `seed`, Lab [3]."""
    body = Body(seed, seed[:1], seed[None, 1:], _TOLERANCE[1])
    for _ in range(_ROUNDS):
        own = lab[body.membership(lab) > 0.5]
        if len(own) < _FEWEST:
            return body
        body = _fitted(own)
    return body


def _fitted(own: Floats) -> Body:
    """The curve through the medians of a* and b* in bins of as many pixels each."""
    order = own[np.argsort(own[:, 0], kind="stable")]
    bins = np.array_split(order, min(_BINS, max(1, len(order) // _FEWEST)))
    lightness = np.array([np.median(each[:, 0]) for each in bins], np.float32)
    chroma = np.array([np.median(each[:, 1:], axis=0) for each in bins], np.float32)
    lightness = lightness + np.arange(len(bins), dtype=np.float32) * 1e-3  # strictly rising, for interpolation
    padded = np.pad(chroma, ((1, 1), (0, 0)), mode="edge")
    smooth = ((padded[:-2] + 2 * chroma + padded[2:]) / 4).astype(np.float32)
    lab = _lit(own)
    return Body(lab, lightness, _near_shades(smooth, lightness, lab), _TOLERANCE[0]).tolerating(own)


def _lit(own: Floats) -> Floats:
    """The median of the lighter half: folds only darken."""
    lighter = own[own[:, 0] >= np.median(own[:, 0])]
    return np.asarray(np.median(lighter, axis=0), np.float32)


def _near_shades(chroma: Floats, lightness: Floats, lab: Floats) -> Floats:
    """A measured curve kept near the one that plain shading makes: a print of one lightness must not bend it."""
    shades = lab[None, 1:] * ((lightness + 16) / (lab[0] + 16))[:, None]
    bend = chroma - shades
    most = _MOST_BEND + _MOST_BEND_OF_CHROMA * np.linalg.norm(shades, axis=1, keepdims=True)
    allowed = np.minimum(1, most / np.maximum(np.linalg.norm(bend, axis=1, keepdims=True), 1e-3))
    return np.asarray(shades + bend * allowed, np.float32)


def _ramp(value: Floats, nothing: float, everything: float) -> Floats:
    share = np.clip((value - nothing) / (everything - nothing), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)
