"""What a dye makes of a cloth's colours: light into light, softly bounded, and the dye's own curve under that light."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.images import Floats
from engine.pixels.lab import linear_of_lab

LIGHTEST, DARKEST = 95.5, 5.0
"""L* of the lightest and darkest cloth that is made: what is lighter or darker needs room for its folds."""

STEPS = 1601
_ENDS = 0.5, 99.5
_LEAST_CHROMA = 0.45  # of the dye's own, in the brightest highlights
_LEAST_ROOM = 3.0  # L* for highlights
_CONTRAST = 0.5
_FLATTEST, _STEEPEST = 0.45, 2.0
_FILLED = 0.85  # of the room, by the usual folds or highlights, if that leaves them enough
_LEAST_OF_CONTRAST = 0.5
_STRAIGHT = 0.6  # of the room
_BRIGHTEST = 1.25  # chroma under strong light, by the dye's own
_SHEEN = 0.25  # of the chroma gives way to the light's own colour in the brightest light
_HALVINGS = 16
_ROUNDING = 1e-4


class Lightness(NamedTuple):
    """A cloth's L*: its own, and that of its folds and of its highlights, but for a few pixels."""

    own: float
    darkest: float
    lightest: float


@dataclass(frozen=True)
class Tones:
    """From a cloth of some `source` to one of `target`, Lab [3]; `curve` is its a* and b* at L* of 0 to 100.

    `ends` is the L* that folds and highlights stay within: in brighter light than that a dye would be no more seen.
    """

    source: Lightness
    target: Floats
    curve: Floats  # [STEPS,2]
    ends: tuple[float, float]

    @cached_property
    def contrast(self) -> float:
        """By how much steps of L* grow.

        Scaling linear light by one factor scales L* + 16 by another, (target + 16) / (source + 16): black cloth would
        show no folds, and white one made of black would be all folds and noise. In photos of both, folds differ less:
        a dark cloth's are seen by its sheen, which no dye changes. So half the way there, as a power.
        """
        ratio = (float(self.target[0]) + 16) / (self.source.own + 16)
        return float(np.clip(ratio**_CONTRAST, _FLATTEST, _STEEPEST))

    def lightness(self, light: Floats) -> Floats:
        """The L* [h,w] that the cloth's becomes: bent towards black and white only where the room ends."""
        own, target = np.float32(self.source.own), float(self.target[0])
        up = self._fitted(light - own, self.source.lightest - self.source.own, self.ends[1] - target)
        down = self._fitted(own - light, self.source.own - self.source.darkest, target - self.ends[0])
        return np.asarray(target + up - down, np.float32)

    def _fitted(self, away: Floats, usual: float, room: float) -> Floats:
        """Steps away from the cloth's own L*, of which `usual` are common, as steps that end within `room`."""
        slope = min(self.contrast, max(_LEAST_OF_CONTRAST * self.contrast, _FILLED * room / max(usual, 1.0)))
        steps = np.maximum(away, 0) * np.float32(slope)
        straight, bent = _STRAIGHT * room, (1 - _STRAIGHT) * room
        beyond = -bent * np.expm1(-np.maximum(steps - straight, 0) / bent)
        return np.asarray(np.minimum(steps, straight) + beyond, np.float32)

    def chroma(self, lightness: Floats) -> Floats:
        """The dye's a* and b* at L* [h,w]: [h,w,2]."""
        return self.curve[steps_of(lightness)]


def steps_of(lightness: Floats) -> NDArray[np.intp]:
    """Where L* of any shape stands in a table of `STEPS` from 0 to 100; what is beyond, at its ends."""
    return np.asarray(np.clip(np.rint(lightness * ((STEPS - 1) / 100)), 0, STEPS - 1), np.intp)


def tones_for(source: Lightness, target: Floats) -> Tones:
    """The tones of a dye of Lab [3] `target` on a cloth of such lightness."""
    dye = target.copy()
    dye[0] = np.clip(dye[0], DARKEST, LIGHTEST)
    dye = within_gamut(dye[None])[0]
    lightness = np.linspace(0, 100, STEPS, dtype=np.float32)
    light = np.minimum((lightness + 16) / (dye[0] + 16), _BRIGHTEST)
    sheen = np.clip((lightness - dye[0]) / (100 - dye[0]), 0, 1)
    wanted = dye[None, 1:] * (light * (1 - _SHEEN * sheen))[:, None]
    shades = np.concatenate([lightness[:, None], wanted], axis=1).astype(np.float32)
    curve = within_gamut(shades)[:, 1:]
    colored = np.hypot(curve[:, 0], curve[:, 1]) >= _LEAST_CHROMA * np.hypot(dye[1], dye[2])
    top = float(np.clip(lightness[colored].max(), dye[0] + _LEAST_ROOM, _ENDS[1]))
    return Tones(source, dye, curve, (_ENDS[0], top))


def within_gamut(lab: Floats) -> Floats:
    """Return Lab [n,3] with chroma lowered, lightness and hue kept, until sRGB has the colour."""
    low, high = np.zeros(len(lab), np.float32), np.ones(len(lab), np.float32)
    low[_is_shown(lab)] = 1
    for _ in range(_HALVINGS):
        middle = np.asarray((low + high) / 2, np.float32)
        shown = _is_shown(_with_chroma(lab, middle))
        low = np.where(shown, middle, low).astype(np.float32)
        high = np.where(shown, high, middle).astype(np.float32)
    return _with_chroma(lab, low)


def _with_chroma(lab: Floats, share: Floats) -> Floats:
    return np.asarray(lab * np.stack([np.ones_like(share), share, share], axis=-1), np.float32)


def _is_shown(lab: Floats) -> NDArray[np.bool_]:
    linear = linear_of_lab(lab[None])[0]
    return np.asarray(((linear >= -_ROUNDING) & (linear <= 1 + _ROUNDING)).all(axis=-1))
