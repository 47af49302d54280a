"""Whether the product of a picture is still the product of the photo: measured inside it, in one common frame.

Knows no job and no network: it is told where the product is. NumPy and OpenCV alone, the same numbers for the same
pixels, and at most a frame of 512 pixels a side beside what it is given.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.images import Floats
from engine.pixels.quantiles import percentile
from engine.quality.common_frame import CommonFrame, Mask, Matrix, Plane, Seen, common_frame, place_in_picture, unit
from engine.quality.light_fit import fit_light
from engine.quality.metrics import delta_e2000, delta_e2000_parts
from engine.quality.product_changes import Asked, Difference, Fidelity, Light, Outline, Region
from engine.quality.texture_kept import lightness_of, texture_between

SEEN_DIFFERENCE = 2.3
"""ΔE2000 from which a difference is noticed."""

_VIEWING_SIGMA = 1.0  # px of the frame: what an eye at a shop's distance averages
_CORE_SHARE = 0.012  # of the frame's longer side, that the core stays away from the outline
_REACH = 4.5  # px of the frame: so far the ground shows in the product's gradients
_PATCH_SHARE = 1 / 14  # of the frame's longer side
_LEAST_COVER = 0.45  # of a patch that must be product
_LEAST_CORE_PX = 64
_LEAST_CORE = 0.05  # of the product
_LIGHT_STEP = 4  # every so many pixels tell how large a light is
_SOLID = 0.9  # of the matte: what counts as the product's inside

Lab = Floats


def compare(photo: Seen, picture: Seen, origin: Matrix, asked: Asked | None = None) -> Fidelity | None:
    """Hold a picture against its photo; `origin` [3,3] leads from the photo's pixels to the picture's.

    None where too little of the product is left in the picture to compare.
    """
    frame = common_frame(photo, picture, origin)
    if frame is None:
        return None
    asked = asked or Asked()
    filled = np.zeros(frame.covered.shape, np.bool_) if asked.filled is None else frame.of_photo(asked.filled) > 127
    product = (frame.photo_matte > 0.5) & frame.covered & ~filled
    core = _core(frame, product)
    if int(core.sum()) < _LEAST_CORE_PX:
        return None
    return _measure(_Pair.of(frame, asked, product, core), filled)


@dataclass(frozen=True)
class _Pair:
    """Two pictures in one frame, by the product's colours [N,3] as they are seen from afar.

    Those of the photo `before`, as they were `wanted`, and `lit` as the picture is; those of the picture `after`.

    `sharp` is the lightness [h,w] of both in the picture's light, as fine as the frame.
    """

    frame: CommonFrame
    product: Mask
    core: Mask
    before: Lab
    wanted: Lab
    lit: Lab
    after: Lab
    sharp: tuple[Plane, Plane]

    @classmethod
    def of(cls, frame: CommonFrame, asked: Asked, product: Mask, core: Mask) -> "_Pair":
        places, picture, photo = np.flatnonzero(product), unit(frame.picture), unit(frame.photo)
        wanted = photo if asked.colors is None else unit(frame.of_photo(asked.colors))
        seen, seen_after = _viewed(photo), _viewed(picture)
        seen_wanted = seen if wanted is photo else _viewed(wanted)
        basis, sharp = (seen_wanted, wanted) if asked.recolored else (seen, photo)
        fit = fit_light(basis, seen_after, core)
        before = _lab(seen, places)
        return cls(
            frame,
            product,
            core,
            before=before,
            wanted=before if seen_wanted is seen else _lab(seen_wanted, places),
            lit=_lab(fit.apply(basis), places),
            after=_lab(seen_after, places),
            sharp=(lightness_of(fit.apply(sharp)), lightness_of(picture)),
        )


def _measure(pair: _Pair, filled: Mask) -> Fidelity:
    frame, product, core = pair.frame, pair.product, pair.core
    inside = core[product]
    raw, beyond = delta_e2000(pair.before, pair.after), delta_e2000(pair.lit, pair.after)
    patch = max(9, round(_PATCH_SHARE * max(product.shape)) | 1)
    texture = texture_between(*pair.sharp, core, patch)
    return Fidelity(
        frame_px=(product.shape[1], product.shape[0]),
        difference=_difference(raw[inside]),
        beyond_light=_difference(beyond[inside]),
        edge_delta_e=_rounded(beyond[~inside].mean()) if not inside.all() else 0.0,
        light=_light(pair, np.flatnonzero(inside)[::_LIGHT_STEP]),
        texture_kept=texture.kept,
        worst_color=_worst(_plane(beyond, product), pair, patch),
        worst_texture=_worst(texture.lost, pair, patch),
        sharpness=texture.sharpness,
        noise=texture.noise,
        outline=_outline(frame, filled),
        filled_share=_rounded(frame.photo_matte[filled].sum() / frame.photo_matte.sum(), 4),
    )


def _core(frame: CommonFrame, product: Mask) -> Mask:
    """The product without its edge, where the ground shows through and half a pixel counts.

    A product that is edge almost everywhere, such as a chain, is taken with it.
    """
    longest = max(product.shape)
    away = max(2.0, min(_REACH, longest / 25), _CORE_SHARE * longest)
    solid = cv2.copyMakeBorder(
        (product & (frame.photo_matte > _SOLID)).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT
    )
    core = cv2.distanceTransform(solid, cv2.DIST_L2, 5)[1:-1, 1:-1] > away
    thin = int(core.sum()) < max(_LEAST_CORE_PX, _LEAST_CORE * int(product.sum()))
    return product if thin else np.asarray(core, np.bool_)


def _viewed(image: Floats) -> Floats:
    """Colours [h,w,3] as they are seen from afar."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), _VIEWING_SIGMA), np.float32)


def _lab(image: Floats, places: NDArray[np.intp]) -> Lab:
    """The colours [N,3] of an image in 0..1 at some of its pixels, in Lab.

    By OpenCV: five times as fast as `metrics.srgb_to_lab`, and within 0.6 of it.
    """
    colors = image.reshape(-1, 3).take(places, axis=0)
    return np.asarray(cv2.cvtColor(colors[None], cv2.COLOR_RGB2Lab)[0], np.float32)


def _difference(values: NDArray[np.floating[Any]]) -> Difference:
    return Difference(
        mean=_rounded(values.mean()),
        p95=_rounded(percentile(values, 95)),
        changed_share=_rounded((values > SEEN_DIFFERENCE).mean(), 4),
    )


def _light(pair: _Pair, places: NDArray[np.intp]) -> Light:
    """How large the light is on some of the product's colours, and how much of it was wanted."""
    before, lit = pair.before.take(places, axis=0), pair.lit.take(places, axis=0)
    turn = np.arctan2(lit[:, 2], lit[:, 1]) - np.arctan2(before[:, 2], before[:, 1])
    chroma = np.sqrt(np.hypot(before[:, 1], before[:, 2]) * np.hypot(lit[:, 1], lit[:, 2]))
    lightness, color = delta_e2000_parts(before, lit)
    asked, unasked = np.float32(0), color.mean()
    if pair.wanted is not pair.before:
        wanted = pair.wanted.take(places, axis=0)
        asked, unasked = (delta_e2000_parts(wanted, other)[1].mean() for other in (before, lit))
    return Light(
        delta_e=_rounded(np.sqrt(lightness * lightness + color * color).mean()),
        lightness=_rounded(lightness.mean()),
        color=_rounded(color.mean()),
        hue=_rounded(np.degrees(np.arctan2((chroma * np.sin(turn)).mean(), (chroma * np.cos(turn)).mean()))),
        asked=_rounded(asked),
        unasked=_rounded(unasked),
    )


def _worst(values: Plane, pair: _Pair, patch: int) -> Region:
    """The patch with the largest mean."""
    cover = cv2.blur(pair.core.astype(np.float32), (patch, patch))
    inside = np.where(pair.core, values, 0).astype(np.float32)
    means = cv2.blur(inside, (patch, patch)) / np.maximum(cover, 1e-6)
    means[cover < min(_LEAST_COVER, float(cover.max()))] = -np.inf
    y, x = np.unravel_index(int(means.argmax()), means.shape)
    box = int(x) - patch // 2, int(y) - patch // 2, patch, patch
    return Region(_rounded(means[y, x], 3), place_in_picture(pair.frame.to_picture, box, pair.frame.picture_size))


def _outline(frame: CommonFrame, filled: Mask) -> Outline:
    product = np.where(filled, 0, frame.photo_matte)
    whole = max(float(product.sum()), 1e-6)
    cut_off = _rounded(product[~frame.covered].sum() / whole, 4)
    if frame.picture_matte is None:
        return Outline(None, None, cut_off)
    change = np.where(frame.covered & ~filled, frame.picture_matte - product, 0)
    return Outline(
        missing=_rounded(np.maximum(-change, 0).sum() / whole, 4),
        added=_rounded(np.maximum(change, 0).sum() / whole, 4),
        cut_off=cut_off,
    )


def _plane(values: NDArray[np.floating[Any]], product: Mask) -> Plane:
    plane = np.zeros(product.shape, np.float32)
    plane[product] = values
    return plane


def _rounded(value: float | np.floating[Any], digits: int = 2) -> float:
    return round(float(value), digits)
