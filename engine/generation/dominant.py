"""The few colours that a product is said to have, out of all that its pixels have.

k-means in CIE Lab over the opaque pixels, then clusters are joined until what is left differs as shops' words do. Light
and shade on one cloth differ in lightness far more than in hue, so lightness counts half, and on a plain product what
has the main colour's hue in less light, or in more, is the main colour. A colour's value is that of the lighter half of
its pixels: folds only darken, and a shop calls a shirt in dim light white.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.generation.attributes import Color
from engine.generation.color_names import Srgb, nearest_color
from engine.images import Image
from engine.pixels.srgb import decode_srgb, encode_srgb
from engine.quality.metrics import delta_e2000, srgb_to_lab

CLUSTERS = 8
MOST_COLORS = 4
LEAST_SHARE = 0.06
NEAR = 9.0
"""ΔE2000, lightness halved, under which two clusters are one colour."""
LEAST_LIGHT, MOST_LIGHT = 0.4, 2.0
"""How much light, by the main colour's, falls on what is still taken for its shade."""
SAME_HUE = 9.0
"""ΔE2000 between a shade as it should be and as it is."""
_DARK = 1e-6
_PIXELS = 2048
_ROUNDS = 12

Lab = NDArray[np.float64]


@dataclass(frozen=True)
class _Cluster:
    """Pixels of about one colour."""

    pixels: Image  # [N,3]
    lab: Lab  # [N,3]

    @property
    def middle(self) -> Lab:
        return np.asarray(self.lab.mean(axis=0))

    @property
    def value(self) -> Srgb:
        lit = self.pixels[self.lab[:, 0] >= np.median(self.lab[:, 0])]
        red, green, blue = (int(channel) for channel in np.rint(lit.mean(axis=0)))
        return red, green, blue

    def with_all(self, other: _Cluster) -> _Cluster:
        return _Cluster(np.concatenate([self.pixels, other.pixels]), np.concatenate([self.lab, other.lab]))


def dominant_colors(pixels: Image, plain: bool) -> tuple[Color, ...]:
    """Return the colours of a product's opaque pixels, uint8 [N,3] of N >= 1, by falling share.

    `plain`: whether the product has no pattern. Shares are of all pixels; colours under `LEAST_SHARE` are left out.
    """
    some = pixels[:: max(1, len(pixels) // _PIXELS)]
    clusters = _joined(_clusters(some))
    named = _by_name(_without_shades(clusters) if plain else clusters)
    shares = {name: len(cluster.pixels) / len(some) for name, cluster in named.items()}
    seen = sorted((name for name in named if shares[name] >= LEAST_SHARE), key=lambda name: -shares[name])
    return tuple(Color(name, named[name].value, round(shares[name], 3)) for name in seen[:MOST_COLORS])


def _clusters(pixels: Image) -> list[_Cluster]:
    """Lloyd's k-means; the first centres are each the pixel farthest from those before, so nothing is random."""
    lab = srgb_to_lab(pixels)
    centres = [np.median(lab, axis=0)]
    away = np.full(len(lab), np.inf)
    while len(centres) < CLUSTERS:
        away = np.minimum(away, ((lab - centres[-1]) ** 2).sum(axis=1))
        centres.append(lab[int(away.argmax())])
    points = np.array(centres)
    owner = _nearest(lab, points)
    for _ in range(_ROUNDS - 1):
        sizes = np.bincount(owner, minlength=CLUSTERS)[:, None]
        sums = np.stack([np.bincount(owner, channel, CLUSTERS) for channel in lab.T], axis=1)
        points = np.where(sizes > 0, sums / np.maximum(sizes, 1), points)
        before, owner = owner, _nearest(lab, points)
        if np.array_equal(owner, before):
            break
    return [_Cluster(pixels[owner == k], lab[owner == k]) for k in np.unique(owner)]


def _nearest(lab: Lab, points: Lab) -> NDArray[np.intp]:
    """Which point [k,3] is nearest to each pixel [n,3], [n]."""
    planes = [(lab[:, channel, None] - points[None, :, channel]) ** 2 for channel in range(3)]
    return np.asarray((planes[0] + planes[1] + planes[2]).argmin(axis=1))


def _joined(clusters: list[_Cluster]) -> list[_Cluster]:
    """Join the two nearest clusters until none are nearer than `NEAR`; the largest comes first."""
    left = list(clusters)
    while len(left) > 1:
        pairs = [(i, k) for i in range(len(left)) for k in range(i)]
        middles = np.array([cluster.middle for cluster in left])
        distances = _distances(middles[[i for i, _ in pairs]], middles[[k for _, k in pairs]])
        nearest = int(distances.argmin())
        if distances[nearest] >= NEAR:
            break
        i, k = pairs[nearest]
        left[k] = left[k].with_all(left.pop(i))
    return sorted(left, key=lambda cluster: -len(cluster.pixels))


def _distances(first: Lab, second: Lab) -> NDArray[np.float64]:
    """ΔE2000 of two lists of Lab values [n,3], the differences in lightness halved, [n]."""
    middle = (first[:, :1] + second[:, :1]) / 2
    halved = [np.concatenate([middle + (lab[:, :1] - middle) / 2, lab[:, 1:]], axis=1) for lab in (first, second)]
    return np.asarray(delta_e2000(halved[0], halved[1]), np.float64)


def _without_shades(clusters: list[_Cluster]) -> list[_Cluster]:
    """Join the main colour's shades to it."""
    main = whole = clusters[0]
    kept = []
    for cluster in clusters[1:]:
        if _is_shade(cluster, main):
            whole = whole.with_all(cluster)
        else:
            kept.append(cluster)
    return [whole, *kept]


def _is_shade(cluster: _Cluster, main: _Cluster) -> bool:
    """Whether it is the main colour under other light, which scales the three linear channels alike."""
    light, main_light = (decode_srgb(np.asarray(each.pixels.mean(axis=0) / 255)) for each in (cluster, main))
    scale = float(light @ main_light) / max(float(main_light @ main_light), _DARK)
    if not LEAST_LIGHT <= scale <= MOST_LIGHT:
        return False
    shaded = srgb_to_lab(encode_srgb(np.clip(scale * main_light, 0, 1)))
    return float(delta_e2000(shaded, cluster.middle)) < SAME_HUE


def _by_name(clusters: list[_Cluster]) -> dict[str, _Cluster]:
    """The clusters by the names of their colours; those of one name are one."""
    named: dict[str, _Cluster] = {}
    for cluster in clusters:
        name = nearest_color(cluster.value).name
        named[name] = named[name].with_all(cluster) if name in named else cluster
    return named
