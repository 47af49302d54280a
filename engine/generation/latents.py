"""Latents: the random half of what a generator is given, and ways from one to another. Knows no network, no condition.

A latent is float32 [LATENT_LENGTH], and where it comes from a seed its values are normal: mean 0, deviation 1.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.images import Floats

LATENT_LENGTH = 64
MOST = 2**64 - 1
"""The largest seed, and the largest number of a picture of one."""

_NORMAL = NormalDist()
_UNUSED_BITS = 12  # of 64: the 52 that are left, and a half, are exact in a float64 and never make 0 or 1
_NEARLY_IN_LINE = 1e-6  # of a sine
_FOR_MIXING = 1 << 64  # a key beyond all seeds: the places do not depend on the values that the same seed draws
_FOR_CHOOSING = 2 << 64  # and another, for choices that are none of latents

Doubles = NDArray[np.float64]


def draw(seed: int, count: int, start: int = 0) -> Floats:
    """Return the latents of the pictures ``start`` to ``start + count - 1`` of a seed, [count,LATENT_LENGTH].

    Each depends on the seed and its own number alone: asking for more of them changes none. The bits are Philox's
    (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011), which counts instead of going on from a state;
    they become normal by the inverse of the distribution, so that no release of NumPy can order them otherwise. In
    float64 another machine's logarithm may differ in the last bit, which rounding to float32 hides but once in 10^8.
    Raises ValueError for a seed or number out of 0..2^64 - 1, or a count under 0.
    """
    _check_seed(seed)
    if count < 0 or start < 0 or start + count - 1 > MOST:
        raise ValueError(f"latents are numbered 0 to 2^64 - 1, got {count!r} from {start!r}")
    rows = [_normal_row(seed, number) for number in range(start, start + count)]
    return np.array(rows, np.float32).reshape(count, LATENT_LENGTH)


def between(first: Floats, second: Floats, share: ArrayLike) -> Floats:
    """Return latents on the arc from ``first`` (share 0) to ``second`` (1), [...,L] each; shapes broadcast.

    The spherical interpolation of Shoemake (1985), between directions; lengths in proportion. A straight way would
    come nearer to 0 than drawn latents ever lie. It is taken all the same from a latent to its opposite or to 0, as no
    arc in particular joins those. Raises ValueError for a share out of 0..1.
    """
    part = _checked_share(share)[..., None]
    (length1, way1), (length2, way2) = _length_and_direction(first), _length_and_direction(second)
    angle = 2 * np.arctan2(_norm(way1 - way2), _norm(way1 + way2))
    in_line = (np.sin(angle) < _NEARLY_IN_LINE) | (length1 == 0) | (length2 == 0)
    sine = np.where(in_line, 1.0, np.sin(angle))
    way = (np.sin((1 - part) * angle) * way1 + np.sin(part * angle) * way2) / sine
    length = (1 - part) * length1 + part * length2
    straight = (1 - part) * first + part * second
    return np.where(in_line, straight, length * way).astype(np.float32)


def mixed(first: Floats, second: Floats, share: float, seed: int) -> Floats:
    """Return ``first`` with a share of its places taken from ``second``, [...,L] each; the seed says which places.

    What is mixed of two drawn latents is as likely as they are. A larger share keeps the places of a smaller one. The
    generator has one latent for all of its levels, not one for each as in StyleGAN's style mixing, so no share is
    only form or only surface; colour and pattern, which the condition holds, are mixed there. Raises ValueError for
    latents of two shapes, a seed out of 0..2^64 - 1, or a share out of 0..1.
    """
    _check_seed(seed)
    if first.shape != second.shape:
        raise ValueError(f"latents to mix are of one shape, got {list(first.shape)} and {list(second.shape)}")
    length = first.shape[-1]
    order = np.argsort(_bits(seed | _FOR_MIXING, 0, length), kind="stable")
    taken = np.zeros(length, bool)
    taken[order[: round(float(_checked_share(share)) * length)]] = True
    return np.where(taken, second, first).astype(np.float32)


def steered(latents: Floats, likes: Floats, strength: float) -> Floats:
    """Return each of ``latents`` [n,L] moved by ``strength`` (0..1) along the arc to the like [m,L] nearest to it.

    Nearest in direction: so several likes share the draws among them, none of which depends on the others. With no
    likes nothing moves. Raises ValueError for a strength out of 0..1, or likes of another length.
    """
    if likes.ndim != 2 or likes.shape[1] != latents.shape[1]:
        raise ValueError(f"likes are [m,{latents.shape[1]}], got {list(likes.shape)}")
    _checked_share(strength)
    if not len(likes):
        return latents.astype(np.float32)
    nearness = _length_and_direction(latents)[1] @ _length_and_direction(likes)[1].T
    return between(latents, likes[nearness.argmax(axis=1)], strength)


def chances(seed: int, number: int, count: int) -> list[float]:
    """Return numbers between 0 and 1 that choose for picture ``number`` of a seed, told nothing by its latent.

    Raises ValueError for a seed or number out of 0..2^64 - 1.
    """
    _check_seed(seed)
    if not 0 <= number <= MOST:
        raise ValueError(f"pictures are numbered 0 to 2^64 - 1, got {number!r}")
    return _shares(seed | _FOR_CHOOSING, number, count)


def _normal_row(seed: int, number: int) -> list[float]:
    return [_NORMAL.inv_cdf(share) for share in _shares(seed, number, LATENT_LENGTH)]


def _shares(key: int, number: int, count: int) -> list[float]:
    """The first values of one stream as numbers between 0 and 1, neither of which they are."""
    shares = ((_bits(key, number, count) >> _UNUSED_BITS) + 0.5) * 2.0 ** (_UNUSED_BITS - 64)
    return [float(share) for share in shares.tolist()]


def _bits(key: int, number: int, count: int) -> NDArray[np.uint64]:
    """The first values, uint64 [count], of one stream of a key of 128 bits; a stream has 2^66 of them."""
    return np.random.Philox(key=key, counter=number << 64).random_raw(count)


def _check_seed(seed: int) -> None:
    if not 0 <= seed <= MOST:
        raise ValueError(f"a seed is 0 to 2^64 - 1, got {seed!r}")


def _checked_share(share: ArrayLike) -> Doubles:
    part = np.asarray(share, np.float64)
    if not ((part >= 0) & (part <= 1)).all():
        raise ValueError(f"a share or strength is 0 to 1, got {share!r}")
    return part


def _length_and_direction(latents: Floats) -> tuple[Doubles, Doubles]:
    length = _norm(np.asarray(latents, np.float64))
    return length, latents / np.where(length > 0, length, 1.0)


def _norm(vectors: Doubles) -> Doubles:
    return np.asarray(np.linalg.norm(vectors, axis=-1, keepdims=True))
