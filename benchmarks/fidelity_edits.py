"""Edits for `benchmarks.fidelity`: honest ones, by the worker's own operations, and planted falsifications."""

import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image

from engine import Engine, Ticket
from engine.pixels import geometry
from engine.pixels.color import flatten
from jobs.spec import Cutout, OutputSpec, Relight, Restore, Upscale
from worker.encoding import encode
from worker.operations import OPERATIONS, OperationContext
from worker.picture import Picture, Pixels

_WHITE = (255, 255, 255)
_LOGO = "M"


@dataclass(frozen=True)
class Subject:
    """A photo with the matte of its product, and the pictures that the networks make of it."""

    name: str
    photo: Picture  # with matte and the identity as origin
    relit: Picture
    restored: Picture
    cut: Picture
    chain: Picture  # relit, restored and cut out
    enlarged: Picture  # the photo by upscale


def subject_of(name: str, rgb: Pixels, engine: Engine) -> Subject:
    """Take a photo through the operations that are worth their time. Raises ProblemError no-product-found."""
    start = Picture(rgb, origin=np.eye(3))
    cut = _by(engine, start, Cutout(op="cutout"))
    photo = replace(start, matte=cut.matte)
    relit = _by(engine, start, Relight(op="relight"))
    chain = _by(engine, _by(engine, relit, Restore(op="restore")), Cutout(op="cutout"))
    restored = _by(engine, start, Restore(op="restore"))
    return Subject(name, photo, relit, restored, cut, chain, _by(engine, start, Upscale(op="upscale")))


Edit = Callable[[Subject], tuple[Picture, Picture]]
"""Gives the photo, which is sometimes given a print first, and the picture to hold against it."""


def honest_edits() -> dict[str, Edit]:
    """What a shop does to a photo without lying."""
    return {
        "format change, JPEG 90": lambda one: (one.photo, one.photo),
        "JPEG 80": lambda one: (one.photo, written(one.photo, 80)),
        "resize to 60 %": lambda one: (one.photo, resized(one.photo, 0.6)),
        "resize to 170 %": lambda one: (one.photo, resized(one.photo, 1.7)),
        "crop": lambda one: (one.photo, cropped(one.photo)),
        "rotate by 6°": lambda one: (one.photo, turned(one.photo, 6.0)),
        "restore": lambda one: (one.photo, one.restored),
        "relight": lambda one: (one.photo, one.relit),
        "upscale ×2": lambda one: (one.photo, one.enlarged),
        "cutout on white": lambda one: (one.photo, on_white(one.cut)),
        "relight, restore, cutout on white": lambda one: (one.photo, on_white(one.chain)),
        "the same, resized, JPEG 80": lambda one: (one.photo, written(resized(on_white(one.chain), 1.3), 80)),
    }


def falsified_edits(others: Sequence[Subject]) -> dict[str, Edit]:
    """What must be found, on the white ground of a finished picture; `others` lend their products."""
    return {
        "hue turned by 15°": lambda one: (one.photo, _hue(on_white(one.cut), 15)),
        "hue turned by 30°": lambda one: (one.photo, _hue(on_white(one.cut), 30)),
        "hue turned by 30°, relit": lambda one: (one.photo, _hue(on_white(one.chain), 30)),
        "print painted over": lambda one: (_printed(one.photo), on_white(one.cut)),
        "print painted over, relit": lambda one: (_printed(one.photo), on_white(one.chain)),
        "print moved": lambda one: (_printed(one.photo), _printed(on_white(one.cut), 0.12)),
        "part cut away": lambda one: (one.photo, _without_a_part(on_white(one.cut))),
        "part cut away, matte unaware": lambda one: (
            one.photo,
            replace(_without_a_part(on_white(one.cut)), matte=one.cut.matte),
        ),
        "texture smoothed": lambda one: (one.photo, _smoothed(on_white(one.cut))),
        "mirrored": lambda one: (one.photo, _mirrored(on_white(one.cut))),
        "another product": lambda one: (one.photo, _swapped(one, others)),
        "stretched by 8 %": lambda one: (one.photo, _stretched(on_white(one.cut), 1.08)),
    }


def written(picture: Picture, quality: int) -> Picture:
    """The picture as its JPEG file shows it."""
    encoded = encode(picture, OutputSpec(format="jpeg", quality=quality))
    return replace(picture, rgb=np.asarray(Image.open(io.BytesIO(encoded.data)).convert("RGB")), alpha=None)


def on_white(picture: Picture) -> Picture:
    """The picture without transparency."""
    return picture if picture.alpha is None else replace(picture, rgb=flatten(picture.rgba(), _WHITE), alpha=None)


def resized(picture: Picture, factor: float) -> Picture:
    """By Lanczos."""
    width, height = round(picture.width * factor), round(picture.height * factor)
    motion = np.diag([width / picture.width, height / picture.height, 1.0])
    return picture.moved(lambda pixels: _resize(pixels, width, height), motion)


def cropped(picture: Picture) -> Picture:
    """To the product with a margin of 4 %."""
    assert picture.matte is not None
    rows, columns = np.nonzero(picture.matte > 127)
    margin = round(0.04 * max(picture.width, picture.height))
    x, y = max(0, columns.min() - margin), max(0, rows.min() - margin)
    right, bottom = min(picture.width, columns.max() + margin), min(picture.height, rows.max() + margin)
    motion = np.array([[1.0, 0, -x], [0, 1, -y], [0, 0, 1]])
    return picture.moved(lambda pixels: np.ascontiguousarray(pixels[y:bottom, x:right]), motion)


def turned(picture: Picture, degrees: float) -> Picture:
    """Clockwise, on a canvas that grows, by Lanczos."""
    width, height = geometry.rotated_size(picture.width, picture.height, degrees)
    turn = cv2.getRotationMatrix2D((picture.width / 2, picture.height / 2), -degrees, 1.0)
    turn[:, 2] += (width - picture.width) / 2, (height - picture.height) / 2
    return _warped(picture, np.vstack((turn, [0, 0, 1])), (width, height), moves_origin=True)


def _by(engine: Engine, picture: Picture, params: Relight | Restore | Cutout | Upscale) -> Picture:
    ticket = Ticket(tenant="-", priority=0, deadline=None, cancelled=threading.Event(), alone=False, on_progress=None)
    made = OPERATIONS[params.op].run(picture, params, OperationContext(engine, ticket, lambda: None))
    assert isinstance(made, Picture)
    scale = made.width / picture.width
    return replace(made, origin=np.diag([scale, scale, 1.0]))


def _hue(picture: Picture, degrees: float) -> Picture:
    """The product's hue turned in Lab."""
    lab = cv2.cvtColor(picture.rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    a, b = lab[..., 1].copy(), lab[..., 2].copy()
    lab[..., 1], lab[..., 2] = cos * a - sin * b, sin * a + cos * b
    rgb = np.clip(np.rint(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB) * 255), 0, 255).astype(np.uint8)
    return replace(picture, rgb=_laid(picture.rgb, rgb, picture.matte))


def _printed(picture: Picture, moved: float = 0.0) -> Picture:
    """A letter printed on the product's middle, a tenth of the product high; `moved` right by a share of its width."""
    assert picture.matte is not None
    _, _, width, height = _box(picture.matte)
    core = cv2.distanceTransform(np.uint8(picture.matte > 127), cv2.DIST_L2, 5)
    middle_y, middle_x = np.unravel_index(int(core.argmax()), core.shape)
    side = 0.1 * max(width, height)
    ink = np.zeros(picture.matte.shape, np.uint8)
    scale, thick = side / 21, max(1, round(side / 8))
    at = round(float(middle_x) - side / 2 + moved * width), round(float(middle_y) + side / 2)
    cv2.putText(ink, _LOGO, at, cv2.FONT_HERSHEY_DUPLEX, scale, 255, thick, cv2.LINE_AA)
    tone = float(picture.rgb[int(middle_y), int(middle_x)].mean())
    color = np.full(3, 225.0 if tone < 120 else 35.0, np.float32)
    share = 0.85 / 255 * ink[..., None].astype(np.float32)
    rgb = np.rint(picture.rgb * (1 - share) + color * share).astype(np.uint8)
    return replace(picture, rgb=rgb)


def _without_a_part(picture: Picture) -> Picture:
    """An outer part of the product, about a fifteenth of its area, is gone."""
    assert picture.matte is not None
    area = np.cumsum((picture.matte > 127).sum(axis=0))
    edge = int(np.searchsorted(area, area[-1] / 15))
    matte = picture.matte.copy()
    matte[:, :edge] = 0
    rgb = picture.rgb.copy()
    rgb[:, :edge] = 255
    return replace(picture, rgb=rgb, matte=matte)


def _smoothed(picture: Picture) -> Picture:
    """The product's texture and seams blurred by 1 % of its size."""
    assert picture.matte is not None
    _, _, width, height = _box(picture.matte)
    blurred = cv2.GaussianBlur(picture.rgb, (0, 0), 0.01 * max(width, height))
    return replace(picture, rgb=_laid(picture.rgb, blurred, picture.matte))


def _mirrored(picture: Picture) -> Picture:
    assert picture.matte is not None
    x, _, width, _ = _box(picture.matte)
    flip = np.array([[-1.0, 0, 2 * x + width], [0, 1, 0], [0, 0, 1]])
    return _warped(picture, flip, (picture.width, picture.height))


def _stretched(picture: Picture, factor: float) -> Picture:
    assert picture.matte is not None
    x, _, width, _ = _box(picture.matte)
    wide = np.array([[factor, 0, (1 - factor) * (x + width / 2)], [0, 1, 0], [0, 0, 1]])
    return _warped(picture, wide, (picture.width, picture.height))


def _swapped(one: Subject, others: Sequence[Subject]) -> Picture:
    """Another product of the same kind in the box of this one, brought to its mean colour."""
    kind = one.name.split("/")[0]
    alike = [other for other in others if other.name.startswith(kind) and other is not one]
    lent = on_white((alike or [other for other in others if other is not one])[0].cut)
    mine = on_white(one.cut)
    assert mine.matte is not None
    assert lent.matte is not None
    (x, y, w, h), (u, v, p, q) = _box(mine.matte), _box(lent.matte)
    fit = np.array([[w / p, 0, x - u * w / p], [0, h / q, y - v * h / q], [0, 0, 1]])
    placed = _warped(lent, fit, (mine.width, mine.height))
    assert placed.matte is not None
    shift = mine.rgb[mine.matte > 200].mean(axis=0) - placed.rgb[placed.matte > 200].mean(axis=0)
    rgb = np.clip(np.rint(placed.rgb + shift), 0, 255).astype(np.uint8)
    return replace(placed, rgb=_laid(np.full_like(rgb, 255), rgb, placed.matte), origin=mine.origin)


def _warped(picture: Picture, motion: np.ndarray, size: tuple[int, int], *, moves_origin: bool = False) -> Picture:
    """The picture after a homography between pixel coordinates, on white."""
    half = np.array([[1.0, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # OpenCV has pixel centres at whole numbers
    matrix = np.linalg.inv(half) @ motion @ half

    def warp(pixels: Pixels, ground: int) -> Pixels:
        warped = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderValue=(ground,) * 3)
        return np.asarray(warped, np.uint8)

    matte = None if picture.matte is None else warp(picture.matte, 0)
    origin = motion @ picture.origin if moves_origin and picture.origin is not None else picture.origin
    return Picture(warp(picture.rgb, 255), None, matte, origin)


def _laid(under: Pixels, over: Pixels, matte: Pixels | None) -> Pixels:
    assert matte is not None
    share = matte[..., None] / np.float32(255)
    return np.rint(under * (1 - share) + over * share).astype(np.uint8)


def _box(matte: Pixels) -> tuple[int, int, int, int]:
    x, y, width, height = cv2.boundingRect(np.uint8(matte > 127))
    return x, y, width, height


def _resize(pixels: Pixels, width: int, height: int) -> Pixels:
    channels = [
        np.asarray(Image.fromarray(pixels[..., at]).resize((width, height), Image.Resampling.LANCZOS))
        for at in range(pixels.shape[2])
    ]
    return np.ascontiguousarray(np.dstack(channels))
