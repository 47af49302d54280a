"""Texture for a filled hole: patches of the picture itself, laid so that they agree with their neighbours and a guide.

Exemplar-based filling in three known steps. The coarsest level is filled patch by patch, along strong edges first
(Criminisi et al. 2004, "Region Filling and Object Removal by Exemplar-Based Inpainting"; the priority is simplified to
confidence times nearby gradient). There and on every finer level patches are then matched and averaged in turns (Wexler
et al. 2007, "Space-Time Completion of Video"), the matches of one level handed down to the next and bettered by their
neighbours' (Barnes et al. 2009, "PatchMatch"; fixed steps stand in for its random search, so that equal pictures give
equal results). Ours: a guide, the network's fill, takes part in every comparison, so that colours cannot run away.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats, Image
from engine.pixels.halving import halve, halve_hole

RADIUS = 3
SIDE = 2 * RADIUS + 1
GUIDANCE = 0.4  # how much the guide's mean counts, against the patch's own pixels
MOST_SOURCES = 3000  # compared with every patch of the coarsest level
MOST_BETTERED = 60_000  # patches of a level; with more, matches are handed down as they are

_CHUNK = 4096
_NEIGHBOURS = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])

Hole = NDArray[np.bool_]
Points = NDArray[np.intp]  # [N,2]: row, column of patch centres


@dataclass(frozen=True)
class _Level:
    """One scale: the guide [H,W,3], its mean around every pixel, where patches may come from, and what is filled."""

    guide: Floats
    means: Floats
    sound: Hole  # centres of patches that lie in the picture and touch no hole
    target: Hole

    @classmethod
    def of(cls, guide: Floats, hole: Hole, target: Hole) -> "_Level":
        touched = cv2.dilate(hole.astype(np.uint8), np.ones((SIDE, SIDE), np.uint8)) > 0
        means = cv2.blur(guide, (SIDE, SIDE)) * np.float32(SIDE * GUIDANCE**0.5)
        return cls(guide, means, _within(~touched), target)

    def centres(self, step: int) -> Points:
        """The patches that overlap the target, on a lattice of `step` pixels."""
        touched = cv2.dilate(self.target.astype(np.uint8), np.ones((SIDE, SIDE), np.uint8)) > 0
        lattice = np.zeros_like(touched)
        lattice[RADIUS::step, RADIUS::step] = True
        lattice[-RADIUS - 1, RADIUS::step] = lattice[RADIUS::step, -RADIUS - 1] = True
        return np.argwhere(_within(touched & lattice))


def lay_texture(guide: Image, hole: Hole, target: Hole | None = None) -> Image:
    """Return `guide` uint8 [H,W,3] with patches from outside `hole` [H,W] laid over `target`, a part of it (else all).

    The guide holds the picture, and a smooth fill inside the hole; outside the target it comes back as it is. Without
    any whole patch to take (a picture under 7 × 7 pixels, or a hole that leaves none) it is returned unchanged.
    """
    target = hole if target is None else target
    levels = _levels(guide, hole, target)
    if not levels[-1].sound.any() or not target.any():
        return guide
    picture, centres, matches = _coarsest(levels[-1])
    for level in reversed(levels[:-1]):
        picture, centres, matches = _finer(level, centres, matches)
    laid = np.floor(np.clip(picture, 0, 255) + 0.5).astype(np.uint8)
    return np.where(target[..., None], laid, guide)


def _levels(guide: Image, hole: Hole, target: Hole) -> list[_Level]:
    """Halve until the target is at most 20 pixels thick, as long as the picture keeps 32 pixels and a sound patch."""
    levels = [_Level.of(guide.astype(np.float32), hole, target)]
    while cv2.distanceTransform(target.astype(np.uint8), cv2.DIST_L2, 3).max() > 5 and min(hole.shape) >= 64:
        hole, target = halve_hole(hole), halve_hole(target)
        coarser = _Level.of(halve(levels[-1].guide), hole, target)
        if not coarser.sound.any():
            break
        levels.append(coarser)
    return levels


def _coarsest(level: _Level) -> tuple[Floats, Points, Points]:
    sources = np.argwhere(level.sound)
    sources = sources[:: max(1, -(-len(sources) // MOST_SOURCES))]
    picture = _lay_greedily(level, sources)
    centres = level.centres(2)
    matches = centres
    for _ in range(2):
        matches, errors = _match(level, picture, centres, sources)
        picture = _average(level, picture, centres, matches, errors)
    return picture, centres, matches


def _finer(level: _Level, centres: Points, matches: Points) -> tuple[Floats, Points, Points]:
    finer = level.centres(2)
    nearest = _nearest(centres, (level.target.shape[0] // 2 + 1, level.target.shape[1] // 2 + 1))
    own = nearest[finer[:, 0] // 2, finer[:, 1] // 2]
    matches = _to_sound(level, finer + 2 * (matches[own] - centres[own]))
    picture = _average(level, level.guide, finer, matches, np.zeros(len(finer), np.float32))
    for _ in range(2 if len(finer) <= MOST_BETTERED else 0):
        matches, errors = _better(level, picture, finer, matches)
        picture = _average(level, picture, finer, matches, errors)
    return picture, finer, matches


def _lay_greedily(level: _Level, sources: Points) -> Floats:
    """Fill the target patch by patch; each patch is the source that fits what is known of it and the guide best."""
    picture, todo = level.guide.copy(), level.target.copy()
    confidence, edges = (~todo).astype(np.float32), _edges(picture, todo)
    patches, means = _patches(picture, sources), level.means[sources[:, 0], sources[:, 1]]
    squares = patches**2
    pixels = np.argwhere(todo)
    while len(pixels):
        y, x = _most_urgent(pixels, confidence, edges)
        window, missing = _window(y, x), todo[_window(y, x)].copy()
        known = np.repeat(~missing.reshape(-1), 3).astype(np.float32)
        wanted = np.float32(-2) * known * picture[window].reshape(-1)
        # not BLAS: a product this small costs its threads more to share than to compute
        errors = np.einsum("ij,j->i", squares, known) + np.einsum("ij,j->i", patches, wanted)
        errors *= 3 / max(1.0, known.sum())
        errors += ((means - level.means[y, x]) ** 2).sum(axis=1) / SIDE**2
        source = _window(*sources[errors.argmin()])
        picture[window][missing], edges[window][missing] = picture[source][missing], edges[source][missing]
        confidence[window][missing] = 0.95 * confidence[window].mean()
        todo[window] = False
        pixels = pixels[todo[pixels[:, 0], pixels[:, 1]]]
    return picture


def _window(y: int, x: int) -> tuple[slice, slice]:
    return slice(y - RADIUS, y + RADIUS + 1), slice(x - RADIUS, x + RADIUS + 1)


def _edges(picture: Floats, todo: Hole) -> Floats:
    """How strong the strongest slope within two pixels is, outside what is left to do; about 0..255."""
    grey = picture.mean(axis=2)
    slope = np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)) + np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    slope[cv2.dilate(todo.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = 0
    return np.asarray(cv2.dilate(slope, np.ones((5, 5), np.uint8)) / 8)


def _most_urgent(pixels: Points, confidence: Floats, edges: Floats) -> tuple[int, int]:
    """The centre of a patch that holds one of the `pixels`, is best known, and nearest to a strong edge."""
    centres = np.clip(pixels, RADIUS, np.subtract(edges.shape, RADIUS + 1))
    urgency = cv2.blur(confidence, (SIDE, SIDE)) * (edges + 2.0)
    y, x = centres[urgency[centres[:, 0], centres[:, 1]].argmax()]
    return int(y), int(x)


def _match(level: _Level, picture: Floats, centres: Points, sources: Points) -> tuple[Points, Floats]:
    """Every patch's best source of all, and the squared error."""
    wanted = _features(level, picture, sources)
    lengths = (wanted**2).sum(axis=1)
    best, errors = [], []
    for start in range(0, len(centres), _CHUNK // 4):
        given = _features(level, picture, centres[start : start + _CHUNK // 4])
        distances = lengths - 2 * given @ wanted.T
        best.append(distances.argmin(axis=1))
        errors.append(distances.min(axis=1) + (given**2).sum(axis=1))
    return sources[np.concatenate(best)], np.maximum(np.concatenate(errors), 0)


def _better(level: _Level, picture: Floats, centres: Points, matches: Points) -> tuple[Points, Floats]:
    """Try for every patch what its neighbours' matches suggest, and a step of a pixel; keep what fits best."""
    lookup = np.full(level.target.shape, -1, np.intp)
    lookup[centres[:, 0], centres[:, 1]] = np.arange(len(centres))
    matches = matches.copy()
    errors = np.empty(len(centres), np.float32)
    for start in range(0, len(centres), _CHUNK):
        part = slice(start, start + _CHUNK)
        given, mine = _features(level, picture, centres[part]), matches[part]
        errors[part] = ((given - _features(level, picture, mine)) ** 2).sum(axis=1)
        for tried in _candidates(level, centres[part], matches, mine, lookup):
            changed = np.flatnonzero((tried != mine).any(axis=1))
            error = ((given[changed] - _features(level, picture, tried[changed])) ** 2).sum(axis=1)
            kept = changed[error < errors[part][changed]]
            errors[part][kept] = error[error < errors[part][changed]]
            mine[kept] = tried[kept]
    return matches, errors


def _candidates(level: _Level, centres: Points, matches: Points, mine: Points, lookup: Points) -> Iterator[Points]:
    limit = np.subtract(level.target.shape, 1)
    for step in _NEIGHBOURS:
        beside = np.clip(centres + 2 * step, 0, limit)
        neighbour = lookup[beside[:, 0], beside[:, 1]]
        tried = matches[neighbour] - 2 * step
        yield _or_else(level, np.where(neighbour[:, None] >= 0, tried, mine), mine)
    for step in _NEIGHBOURS:
        yield _or_else(level, mine + step, mine)


def _average(level: _Level, picture: Floats, centres: Points, matches: Points, errors: Floats) -> Floats:
    """The matched sources laid over the target, averaged where they overlap; good matches and middles weigh more."""
    weights = np.exp(-errors / (2 * float(np.median(errors)) + 1e-3)).astype(np.float32) + np.float32(1e-4)
    width = picture.shape[1]
    flat = picture.reshape(-1, 3)
    total, share = np.zeros_like(flat), np.zeros(len(flat), np.float32)
    for dy in range(-RADIUS, RADIUS + 1):
        for dx in range(-RADIUS, RADIUS + 1):
            shift = dy * width + dx
            weight = np.exp(-(dy * dy + dx * dx) / 4.0).astype(np.float32) * weights
            to = centres[:, 0] * width + centres[:, 1] + shift  # all different: nothing is lost in the sums below
            total[to] += weight[:, None] * flat[matches[:, 0] * width + matches[:, 1] + shift]
            share[to] += weight
    laid = level.target.reshape(-1) & (share > 0)
    result = flat.copy()
    result[laid] = total[laid] / share[laid, None]
    return result.reshape(picture.shape)


def _features(level: _Level, picture: Floats, points: Points) -> Floats:
    """What is compared of patches: their pixels and the guide's mean, float32 [N,3·SIDE² + 3]."""
    return np.concatenate([_patches(picture, points), level.means[points[:, 0], points[:, 1]]], axis=1)


def _patches(picture: Floats, points: Points) -> Floats:
    height, width = picture.shape[:2]
    views = np.lib.stride_tricks.sliding_window_view(picture.reshape(height, width * 3), (SIDE, SIDE * 3))
    return views[points[:, 0] - RADIUS, 3 * (points[:, 1] - RADIUS)].reshape(len(points), 3 * SIDE**2)


def _to_sound(level: _Level, points: Points) -> Points:
    """The points themselves where they are sound, else the nearest sound ones."""
    points = np.clip(points, 0, np.subtract(level.sound.shape, 1))
    sound = np.argwhere(level.sound)
    nearest = _nearest(sound, level.sound.shape)
    return sound[nearest[points[:, 0], points[:, 1]]]


def _or_else(level: _Level, tried: Points, otherwise: Points) -> Points:
    clipped = np.clip(tried, 0, np.subtract(level.sound.shape, 1))
    sound = level.sound[clipped[:, 0], clipped[:, 1]]
    return np.where(sound[:, None], clipped, otherwise)


def _nearest(points: Points, shape: tuple[int, ...]) -> Points:
    """For every pixel of `shape` the index of the nearest of the `points`."""
    away = np.ones(shape, np.uint8)
    away[points[:, 0], points[:, 1]] = 0
    _, labels = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    index = np.zeros(int(labels.max()) + 1, np.intp)
    index[labels[points[:, 0], points[:, 1]]] = np.arange(len(points))
    return np.asarray(index[labels])


def _within(mask: Hole) -> Hole:
    """The mask without the rim where a patch would leave the picture."""
    inside = np.zeros_like(mask)
    inside[RADIUS:-RADIUS, RADIUS:-RADIUS] = mask[RADIUS:-RADIUS, RADIUS:-RADIUS]
    return inside
