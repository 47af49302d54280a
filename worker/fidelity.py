"""The fidelity report of every file: its own pixels, read back from its bytes, held against the product in the photo.

What the job was asked to change is followed through its operations and named, not held against the picture. Where the
product is in the photo is taken from the operations; only where none of them knows are the networks asked, once a job.
"""

import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import cv2
import numpy as np
from PIL import Image

from engine.errors import ModelNotFound
from engine.pixels.color import flatten
from engine.quality.common_frame import PHOTO_PX, Matrix, Seen, finer_than_frame, seen_by, whole_blocks
from engine.quality.fidelity import compare
from engine.quality.product_changes import Asked
from jobs.problems import ProblemError
from worker.encoding import Encoded
from worker.operations import MAKERS, OperationContext
from worker.operations.finding import on_white, rough_matte
from worker.picture import Picture, Pixels
from worker.results import File

_READ_PX = 2 * PHOTO_PX  # of a file's longer side, at most
_WHITE = (255, 255, 255)
_GEOMETRY = frozenset({"resize", "crop", "rotate", "perspective"})
_RELIT = frozenset({"relight", "background", "auto"})
_FILL_MARGIN_PX = 5  # of a photo of `PHOTO_PX`
_REDUCED = {8: cv2.IMREAD_REDUCED_COLOR_8, 4: cv2.IMREAD_REDUCED_COLOR_4, 2: cv2.IMREAD_REDUCED_COLOR_2}


@dataclass(frozen=True)
class _History:
    """What one picture was asked to go through: operations by name, and what they changed on the photo's pixels."""

    operations: tuple[str, ...] = ()
    asked: Asked = Asked()  # noqa: RUF009 (frozen)


class Fidelity:
    """Made once for a job, right after its photo was decoded. Call `follow` after each operation, then `report`."""

    def __init__(self, photo: Picture | None) -> None:
        self._photo: Pixels | None = None
        self._matte: Pixels | None = None
        self._looked = False
        self._makes = False
        self._size = (0, 0)  # of the photo, (height, width)
        self._block = (1, 1)  # of its pixels, down and across, for one that is kept
        self._histories: dict[int, _History] = {}
        if photo is not None:
            self._keep(photo)

    def follow(self, op: str, before: Picture | None, made: Sequence[Picture]) -> None:
        """Note what the operation did to a picture, of which it made these."""
        history = self._histories.pop(id(before), _History())
        self._makes = self._makes or op in MAKERS
        if self._photo is None:
            return
        for picture in made:
            if before is not None:
                self._histories[id(picture)] = self._after(op, history, before, picture)
            if self._matte is None and picture.matte is not None and picture.origin is not None:
                self._matte = self._on_photo(picture.matte, picture.origin)

    def report(self, file: File, source: Picture, context: OperationContext) -> dict[str, Any]:
        """The report of a file, as JSON values; `source` is the job's picture of which the file was made.

        `context` is asked for the product where nobody knows it. Raises the engine's errors.
        """
        origin, history = file.picture.origin, self._histories.get(id(source), _History())
        if self._photo is None or self._makes:
            return {"generated": True, "compared": False}
        if origin is None:
            return {"asked": list(dict.fromkeys(history.operations)), "compared": False}
        matte = file.picture.matte if file.picture.matte is not None else file.picture.alpha
        asked_before = len(context.facts)
        self._look_for_product(history, matte, origin, context)
        photo, to_file = Seen(self._photo, self._matte), origin @ self._to_photo()
        pixels, scale = _read_back(file.encoded, finer_than_frame(photo, to_file))
        small_matte = None if matte is None else cv2.resize(matte, pixels.shape[1::-1], interpolation=cv2.INTER_AREA)
        motion = np.diag([scale[0], scale[1], 1.0]) @ to_file
        found = compare(
            photo,
            Seen(pixels, None if small_matte is None else np.asarray(small_matte, np.uint8)),
            motion,
            history.asked,
        )
        told: dict[str, Any] = {"product": self._product(), "asked": list(dict.fromkeys(history.operations))}
        if looked_by := context.facts[asked_before:]:
            told["engine"] = looked_by
        if found is None:
            return told | {"compared": False}
        measured = asdict(found)
        for region in (measured["worst_color"], measured["worst_texture"]):
            region["box"] = [round(value / scale[at % 2]) for at, value in enumerate(region["box"])]
        return told | {"compared": True} | measured

    def _keep(self, photo: Picture) -> None:
        """Its own pixels under twice `PHOTO_PX`; of larger ones the means of 2, 4, 8 … pixels a side."""
        whole = 1
        while max(photo.width, photo.height) // (2 * whole) >= PHOTO_PX:
            whole *= 2
        self._size, self._block = photo.rgb.shape[:2], (min(whole, photo.height), min(whole, photo.width))
        self._photo = _block_means(on_white(photo), self._block)
        if photo.alpha is not None:
            self._matte = _block_means(photo.alpha, self._block)

    def _to_photo(self) -> Matrix:
        """The way from the kept photo's pixels to the photo's."""
        return np.diag([self._block[1], self._block[0], 1.0])

    def _after(self, op: str, history: _History, before: Picture, picture: Picture) -> _History:
        asked = history.asked
        if picture.origin is not None and picture is not before:
            if op in _RELIT or op == "recolor":
                colors = self._on_photo(on_white(picture), picture.origin, self._photo)
                asked = replace(asked, colors=colors, recolored=asked.recolored or op == "recolor")
            elif op == "inpaint":
                filled = np.any(picture.rgb != before.rgb, axis=2).astype(np.uint8) * 255
                near = self._near(self._on_photo(filled, picture.origin))
                known = np.zeros_like(near) if asked.filled is None else asked.filled
                asked = replace(asked, filled=np.maximum(known, np.where(near > 0, 255, 0)).astype(np.uint8))
        return _History((*history.operations, op), asked)

    def _on_photo(self, image: Pixels, origin: Matrix, beyond: Pixels | None = None) -> Pixels:
        """What an image that lies on a picture is on the kept photo's pixels; `beyond` the picture, that or 0."""
        assert self._photo is not None
        if image.shape[:2] == self._size and np.array_equal(origin, np.eye(3)):
            return _block_means(image, self._block)
        seen, covered = seen_by(image, origin @ self._to_photo(), (self._photo.shape[1], self._photo.shape[0]))
        if beyond is not None and not covered.all():
            seen[~covered] = beyond[~covered]
        return seen

    def _near(self, filled: Pixels) -> Pixels:
        """What was filled, on the kept photo, and its surroundings."""
        side = round(_FILL_MARGIN_PX * max(1.0, max(filled.shape) / PHOTO_PX))
        return np.asarray(cv2.dilate(filled, np.ones((side, side), np.uint8)), np.uint8)

    def _look_for_product(
        self, history: _History, matte: Pixels | None, origin: Matrix, context: OperationContext
    ) -> None:
        """Find out where the product is, if it is not known; a job that only moves pixels needs not know."""
        if self._matte is None and matte is not None:
            self._matte = self._on_photo(matte, origin)
        if self._matte is not None or self._looked or _GEOMETRY.issuperset(history.operations):
            return
        self._looked = True
        assert self._photo is not None
        try:
            self._matte = _rough_matte(self._photo, context)
        except (ProblemError, ModelNotFound):  # nothing stands out, or this worker cannot look
            self._matte = None

    def _product(self) -> str:
        if self._matte is not None:
            return "found"
        return "not found" if self._looked else "whole picture"


def _block_means(image: Pixels, block: tuple[int, int]) -> Pixels:
    """The means of whole blocks of an image, [H,W] or [H,W,3]; the image itself where they are of one pixel."""
    if block == (1, 1):
        return image
    height, width = image.shape[0] // block[0], image.shape[1] // block[1]
    blocks = image[: height * block[0], : width * block[1]]
    return np.asarray(cv2.resize(blocks, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _rough_matte(photo: Pixels, context: OperationContext) -> Pixels:
    """About where the product is in the kept photo; one of more than `PHOTO_PX` is looked at by half its pixels."""
    if max(photo.shape) <= PHOTO_PX:
        return rough_matte(photo, context)
    height, width = photo.shape[:2]
    block = min(2, height), min(2, width)
    matte = cv2.resize(
        rough_matte(_block_means(photo, block), context), (width // block[1] * block[1], height // block[0] * block[0])
    )
    return np.pad(matte, [(0, height - matte.shape[0]), (0, width - matte.shape[1])], mode="edge")


def _read_back(encoded: Encoded, finer: float) -> tuple[Pixels, tuple[float, float]]:
    """The file's own pixels on white, uint8 [h,w,3], perhaps shrunk; and by how much across and down.

    `finer` says how many of its pixels lie on one of the frame in which it is compared. A JPEG that is three times as
    fine or more is decoded at a half, a quarter or an eighth at once, by the mean of its blocks: of 12 megapixels in a
    quarter of the processor time.
    """
    whole = 1
    if encoded.format == "jpeg":
        whole = whole_blocks(finer)
        pixels = _with_opencv(encoded, _REDUCED.get(whole, cv2.IMREAD_UNCHANGED))
    elif encoded.format == "png":
        pixels = _with_opencv(encoded)
    else:
        with Image.open(io.BytesIO(encoded.data)) as opened:
            pixels = np.asarray(opened.convert("RGBA" if "A" in opened.mode else "RGB"))
    full = pixels.shape[1], pixels.shape[0]
    shrink = min(1.0, _READ_PX / max(full))
    size = max(1, round(full[0] * shrink)), max(1, round(full[1] * shrink))
    if pixels.shape[2] == 4:
        pixels = flatten(np.ascontiguousarray(pixels), _WHITE)
    if size != full:
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.ascontiguousarray(pixels), (size[0] / full[0] / whole, size[1] / full[1] / whole)


def _with_opencv(encoded: Encoded, how: int = cv2.IMREAD_UNCHANGED) -> Pixels:
    """By OpenCV, which lets other threads work meanwhile."""
    read = cv2.imdecode(np.frombuffer(encoded.data, np.uint8), how)
    assert read is not None
    return np.asarray(cv2.cvtColor(read, cv2.COLOR_BGRA2RGBA if read.shape[2] == 4 else cv2.COLOR_BGR2RGB), np.uint8)
