"""Ways among latents along which one measured quantity changes and others do not. Knows no picture and no network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.images import Floats

LEAST_EXPLAINED = 0.1
"""Of a quantity's variance: where latents tell less of it, a step along its slope is mostly noise."""
_NEARLY_ALIKE = 0.05  # the least singular value of two ways at 4 degrees

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Directions:
    """How quantities follow from latents, as far as that is linear."""

    names: tuple[str, ...]
    slopes: Doubles  # [Q,L]: by how many of its deviations a quantity grows along each place of a latent
    deviations: Doubles  # [Q], each in its quantity's own unit
    explained: Doubles  # [Q]: the share of a quantity's variance that its slope explains, adjusted; 0 or less is none

    @property
    def found(self) -> tuple[str, ...]:
        """The quantities that latents say enough of to be moved along."""
        return tuple(name for name, share in zip(self.names, self.explained, strict=True) if share >= LEAST_EXPLAINED)

    def moved(self, latents: Floats, steps: Mapping[str, float]) -> Floats:
        """Return latents [...,L] moved so that quantities grow by so many of their deviations, the others found by 0.

        Of all such moves it is the shortest. Raises ValueError for a quantity that was not found.
        """
        found = self.found
        strange = [name for name in steps if name not in found]
        if strange:
            said = f"found are {', '.join(found) or 'none'}"
            raise ValueError(f"no direction is known for {', '.join(map(repr, strange))}; {said}")
        slopes = self.slopes[[self.names.index(name) for name in found]]
        wanted = np.array([steps.get(name, 0.0) for name in found])
        return np.asarray(latents + wanted @ np.linalg.pinv(slopes).T, np.float32)


def find_directions(latents: Floats, measured: Mapping[str, NDArray[np.floating]]) -> Directions:
    """Return the directions of quantities [n] that were measured on the pictures of latents [n,L], by least squares.

    Some hundred pictures more than L are needed for a good one; their conditions may differ, which counts as noise.
    Raises ValueError for n <= L + 1, for measures that are not [n] finite numbers, for a quantity that is the same in
    all pictures, and for found ones that latents cannot tell apart.
    """
    count, length = latents.shape
    if count <= length + 1:
        raise ValueError(f"more than {length + 1} pictures are needed for latents of {length} values, got {count}")
    values = np.stack([_checked(name, each, count) for name, each in measured.items()], axis=1)
    deviations = values.std(axis=0)
    standard = (values - values.mean(axis=0)) / deviations
    centred = np.asarray(latents, np.float64) - latents.mean(axis=0, dtype=np.float64)
    slopes, *_ = np.linalg.lstsq(centred, standard, rcond=None)
    left = ((standard - centred @ slopes) ** 2).mean(axis=0)
    explained = 1 - left * (count - 1) / (count - length - 1)
    directions = Directions(tuple(measured), slopes.T, deviations, explained)
    _require_apart(directions)
    return directions


def _checked(name: str, values: NDArray[np.floating], count: int) -> Doubles:
    exact = np.asarray(values, np.float64)
    if exact.shape != (count,) or not np.isfinite(exact).all():
        raise ValueError(f"{name} is {count} finite numbers, got {values!r}")
    if np.ptp(exact) <= 1e-9 * np.abs(exact).max():
        raise ValueError(f"{name} is {exact[0]:g} in every picture: it has no direction")
    return exact


def _require_apart(directions: Directions) -> None:
    """Refuse quantities found of which one is told by the others: it cannot grow while they stay."""
    found = directions.found
    ways = directions.slopes[[directions.names.index(name) for name in found]]
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    if np.linalg.matrix_rank(ways, tol=_NEARLY_ALIKE) < len(found):
        raise ValueError(f"latents do not tell {', '.join(found)} apart; measure fewer of them")
