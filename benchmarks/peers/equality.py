"""Whether two systems made the same picture of a photo: without that, who is faster means nothing.

At a photo's border the systems may differ: Packshot continues the photo by reflection as far as its network sees, the
peers give the network the bare photo. So pictures are held against each other inside of that; the border is told apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.peers.serving.network import Pixels, decode

BORDER_PX = 40
LEAST_DB = {"fp32": 50.0, "int8": 34.0}
"""The least PSNR inside, by the coarser precision of the two. Both files are JPEG of quality 90."""


@dataclass(frozen=True)
class Likeness:
    """The least PSNR over some photos, inside and with the border; infinite where all values are equal."""

    inside_db: float
    whole_db: float
    same_bytes: int
    photos: int


def likeness(ours: Mapping[int, bytes], theirs: Mapping[int, bytes]) -> Likeness:
    """Hold the pictures of the photos that both made against each other; of none, nothing is alike (-inf)."""
    both = sorted(set(ours) & set(theirs))
    inside, whole = [], []
    for place in both:
        one, other = decode(ours[place]), decode(theirs[place])
        if one.shape != other.shape:
            inside.append(-np.inf)
            whole.append(-np.inf)
            continue
        inner = slice(BORDER_PX, -BORDER_PX)
        inside.append(psnr_db(one[inner, inner], other[inner, inner]))
        whole.append(psnr_db(one, other))
    same = sum(ours[place] == theirs[place] for place in both)
    return Likeness(float(min(inside, default=-np.inf)), float(min(whole, default=-np.inf)), same, len(both))


def psnr_db(one: Pixels, other: Pixels) -> float:
    """Peak signal to noise of two uint8 pictures of one shape, in decibels; infinite of equal ones."""
    error = float(np.mean((one.astype(np.float32) - other.astype(np.float32)) ** 2))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def is_same(found: Likeness, precision: str) -> bool:
    """Whether a comparison with a system of that precision counts."""
    return found.photos > 0 and found.inside_db >= LEAST_DB[precision]
