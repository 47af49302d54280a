"""A finished picture put into a channel's frame: on a pure ground by its product, or on its own ground around it."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from engine.pixels import grounds
from engine.pixels import matte as mattes
from engine.pixels.casting import drop_shadow, frame_size, kept_shadow, standing_shadow
from engine.pixels.placing import Bounds, Placement, moved, place
from engine.pixels.placing import Frame as PlacedFrame
from engine.pixels.staging import Cast, laid_on, laid_on_nothing
from jobs.presets import Frame, Made, Preset
from worker.operations.lifting import FAINTEST_SHADOW, own_shadow
from worker.picture import Picture, Pixels
from worker.sources import Source
from worker.windows import fitted, window

_WHITE = (255, 255, 255)
_FINEST_ASPECT = 64  # up to which a frame shrinks in whole units of its aspect, such as 4 : 5
_SEAM = 0.02  # of the frame's shorter side, along which a photo goes over into its continued ground
_RIM = 0.02  # of a photo's side: what of its border is drawn on
_SOFT = 0.06  # of a photo's side, along its border
_VEIL = 10  # of 255


@dataclass(frozen=True)
class Framed:
    """A picture in its frame: how many times it was enlarged for that, and what its ground is.

    `outline`, where the product was lifted off its ground, is what the networks expect of it, as `FileFacts` has it.
    """

    picture: Picture
    enlarged: float
    ground: str
    outline: tuple[float, bool] | None = None


def framed(source: Source, preset: Preset) -> Framed:
    """Put a picture into the preset's frame. Raises ProblemError no-product-found, and the engine's errors."""
    made = preset.made
    if made.ground == "own" and source.picture.alpha is None:
        return _on_its_own(source, preset)
    return _on_pure(source, made, preset.rules.most_enlarged)


def shrunk(frame: Frame, scale: float, most: float | None) -> tuple[int, int]:
    """The frame's (width, height), smaller where `scale`, which it would take, is more than `most`; aspect kept."""
    size = frame.width, frame.height
    if most is None or frame.shrinks_to is None or scale <= most:
        return size
    share = max(most / scale, frame.shrinks_to / max(size))
    unit = math.gcd(*size)
    across, down = frame.width // unit, frame.height // unit
    if max(across, down) <= _FINEST_ASPECT:
        units = math.ceil(unit * share - 1e-9)
        return across * units, down * units
    return math.ceil(frame.width * share), math.ceil(frame.height * share)


def _on_pure(source: Source, made: Made, most: float | None) -> Framed:
    assert made.frame is not None
    picture, lifted = source.picture, source.lifted
    source.warn()
    height, width = lifted.matte.shape
    full = place(width, height, source.bounds, PlacedFrame(made.frame.width, made.frame.height, made.fill))
    size = shrunk(made.frame, full.scale, most)
    whole = place(width, height, source.bounds, PlacedFrame(*size, made.fill))
    rgba, placement = source.product_for(whole)
    product = moved(rgba, placement)
    product[..., 3] = _without_veils(product[..., 3])
    matte = product[..., 3].copy()
    cast = Cast(_shadow(source, made, matte, whole))
    if made.ground == "transparent":
        laid, ground = laid_on_nothing(product, cast), "transparent"
    else:
        laid, ground = laid_on(product, grounds.solid(size, _WHITE), cast), "white"
    origin = None if picture.origin is None else whole.motion @ picture.origin
    picture = replace(Picture.from_pixels(laid), matte=matte, origin=origin)
    return Framed(picture, max(1.0, whole.scale), ground, source.outline)


def _shadow(source: Source, made: Made, matte: Pixels, placement: Placement) -> np.ndarray | None:
    """The shadow that the picture brought along, or one made as the channel has it."""
    if made.shadow == "none":
        return None
    picture = source.picture
    if made.shadow == "own" or (picture.alpha is not None and picture.matte is not None):
        kept = own_shadow(picture, source.lifted)
        if kept.max() > FAINTEST_SHADOW:
            return kept_shadow(kept, (picture.width, picture.height), placement)
    if made.shadow == "own":
        return None
    small = mattes.shrink(matte, *frame_size(placement)).astype(np.float32) / np.float32(255)
    return standing_shadow(small, placement.product.cut) if made.shadow == "contact" else drop_shadow(small)


def _without_veils(alpha: Pixels) -> Pixels:
    """What is fainter than anybody sees is not laid on a ground that must be pure; opaque pixels stay opaque."""
    codes = np.arange(256)
    table = np.maximum(0, np.rint((codes - _VEIL) * 255 / (255 - _VEIL))).astype(np.uint8)
    return table[alpha]


def _on_its_own(source: Source, preset: Preset) -> Framed:
    picture, frame, most = source.picture, preset.made.frame, preset.rules.most_enlarged
    assert frame is not None
    size = (picture.width, picture.height)
    kept = fitted(size, frame, preset.rules) if frame.keeps_aspect else None
    if kept is not None:
        seen = Bounds(0.0, 0.0, float(size[0]), float(size[1]))
    else:
        seen = window(size, source.seen_bounds, frame.width / frame.height, preset.made.fill)
        kept = shrunk(frame, frame.width / seen.width, most)
    scale = kept[0] / seen.width
    across, down = -seen.left * scale, (kept[1] - (seen.top + seen.bottom) * scale) / 2
    whole = Placement(scale, across, down, *kept, seen)
    pixels, placement = source.whole_for(whole)
    rgb = _with_ground(pixels, placement, _padded(seen, size))
    matte = None if source.seen_bounds is None else moved(source.lifted.matte[..., None], whole)[..., 0]
    origin = None if picture.origin is None else whole.motion @ picture.origin
    return Framed(Picture(rgb, None, matte, origin), max(1.0, scale), "own")


def _padded(seen: Bounds, size: tuple[int, int]) -> bool:
    return seen.left < -0.5 or seen.top < -0.5 or seen.right > size[0] + 0.5 or seen.bottom > size[1] + 0.5


def _with_ground(pixels: Pixels, placement: Placement, padded: bool) -> Pixels:
    """The picture in its frame; where it does not reach, its ground goes on, out of focus."""
    if not padded:
        return moved(pixels, placement)
    opaque = np.full(pixels.shape[:2], 255, np.uint8)
    inside = moved(np.dstack((pixels, opaque)), placement)
    inside[..., 3] = _feathered(inside[..., 3])
    return laid_on(inside, _continued(pixels, placement), Cast())


def _feathered(alpha: Pixels) -> Pixels:
    """Going over softly to where the picture ends within the frame; at the frame's border it does not end."""
    reach = max(2, round(_SEAM * min(alpha.shape)))
    bordered = np.pad(np.asarray(alpha > 127, np.uint8), 1, mode="edge")
    distance = cv2.distanceTransform(bordered, cv2.DIST_L2, 3)[1:-1, 1:-1]
    ramp = np.clip((distance - 1) / reach, 0, 1)
    return np.asarray(np.rint(np.minimum(alpha, 255 * ramp * ramp * (3 - 2 * ramp))), np.uint8)


def _continued(pixels: Pixels, placement: Placement) -> Pixels:
    """A ground for the frame: the mean colours of the picture's borders drawn on outwards, out of focus along them.

    A picture lies beside its ground on one pair of opposite sides, or on none.
    """
    upright = placement.across > 0.5
    turned = pixels if upright else pixels.swapaxes(0, 1)
    length, extent = (placement.height, placement.width) if upright else (placement.width, placement.height)
    rim = max(1, round(_RIM * turned.shape[1]))
    low, high = (_line(side, length) for side in (turned[:, :rim], turned[:, -rim:]))
    ground = np.empty((length, extent, 3), np.uint8)
    ground[:, : extent // 2], ground[:, extent // 2 :] = low[:, None], high[:, None]
    return np.ascontiguousarray(ground if upright else ground.swapaxes(0, 1))


def _line(side: Pixels, length: int) -> Pixels:
    """The colours [length,3] along one border of a picture."""
    line = np.asarray(side.mean(axis=1, dtype=np.float32)[:, None], np.float32)
    soft = cv2.GaussianBlur(line, (1, 0), sigmaX=0, sigmaY=_SOFT * len(line), borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.rint(cv2.resize(soft, (1, length), interpolation=cv2.INTER_LINEAR)[:, 0]), np.uint8)
