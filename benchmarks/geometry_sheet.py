"""The operations that move pixels, run one by one on photos, and a sheet that shows what they do."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageOps

from benchmarks.sheets import light_jpeg
from engine import Engine, Ticket
from engine.pixels.color import flatten
from engine.pixels.geometry import resize
from engine.pixels.light_codes import codes_of, lights_of
from engine.pixels.resampling import resample
from jobs.problems import ProblemError
from jobs.spec import validate_spec
from worker.operations import OPERATIONS, OperationContext
from worker.picture import Picture, Pixels

_PHOTO = "sha256:" + "0" * 64
_CELL = (206, 250)
_COLUMNS = 8
_GROUND = "#d0d0d0"


class Workbench:
    """Runs operations as a worker would, with the networks that find products."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[Path, Picture] = {}

    @staticmethod
    def load(path: Path) -> Picture:
        """A photo, upright; a cut-out is laid on white."""
        with Image.open(path) as image:
            pixels = np.array(ImageOps.exif_transpose(image).convert("RGBA"))
        return Picture(flatten(pixels, (255, 255, 255)), None, None, np.eye(3))

    def with_product(self, path: Path) -> Picture:
        """A photo whose product the networks have found, if there is one; they are asked once."""
        if path not in self._known:
            photo = self.load(path)
            cut, _ = self.run(photo, {"op": "cutout"})
            self._known[path] = replace(photo, matte=cut.matte)
        return self._known[path]

    @classmethod
    def with_mask(cls, path: Path) -> Picture:
        """A clothing photo whose product is known by the mask that comes with it."""
        mask = Path(str(path.with_suffix(".png")).replace("/photos/", "/masks/"))
        with Image.open(mask) as image:
            return replace(cls.load(path), matte=np.array(image.convert("L")))

    def run(self, picture: Picture, operation: dict[str, Any]) -> tuple[Picture, dict[str, Any]]:
        """The picture after an operation, and its findings; as it was, and none, where it has no product."""
        params = validate_spec({"input": {"upload": _PHOTO}, "operations": [operation]}).operations[0]
        ticket = Ticket(
            tenant="-", priority=0, deadline=None, cancelled=threading.Event(), alone=False, on_progress=None
        )
        context = OperationContext(self._engine, ticket, lambda: None)
        try:
            made = OPERATIONS[params.op].run(picture, params, context)
        except ProblemError as error:
            if error.problem.type != "no-product-found":
                raise
            return picture, {}
        assert isinstance(made, Picture)
        return made, context.findings


def draw(bench: Workbench, photos: Sequence[Path], data: Path, path: Path) -> None:
    """Write the sheet: photos before and after, as they come, and the edge of a dark product, scaled in three ways."""
    known = [bench.with_product(photo) for photo in photos]
    masked = [bench.with_mask(photo) for photo in sorted((data / "clothing" / "photos" / "val").glob("*/*.jpg"))]
    rows = [
        *_pairs(bench, known, {"op": "rotate", "angle": "auto"}, 8),
        *_pairs(bench, masked, {"op": "perspective", "auto": True}, 8),
        *_pairs(bench, known[2::4], {"op": "crop", "product": True, "aspect": "4:5"}, 4),
    ]
    edges = _edges(sorted((data / "mattes" / "rgba").glob("*.webp")))
    width = _COLUMNS * _CELL[0]
    high = -(-len(rows) // _COLUMNS) * _CELL[1]
    sheet = Image.new("RGB", (width, high + edges.height), _GROUND)
    for index, cell in enumerate(rows):
        sheet.paste(cell, (index % _COLUMNS * _CELL[0], index // _COLUMNS * _CELL[1]))
    sheet.paste(edges, (0, high))
    path.write_bytes(light_jpeg(sheet))
    print(f"wrote {path}, {path.stat().st_size} bytes")


def _pairs(bench: Workbench, photos: Sequence[Picture], operation: dict[str, Any], count: int) -> list[Image.Image]:
    """Before and after of the first photos that the operation changes enough to be seen."""
    cells: list[Image.Image] = []
    for photo in photos:
        made, found = bench.run(photo, operation)
        if not _worth_showing(found):
            continue
        cells += [_cell(photo, "before"), _cell(made, _told(found))]
        if len(cells) == 2 * count:
            break
    return cells


def _worth_showing(found: dict[str, Any]) -> bool:
    if "angle" in found:
        return abs(float(found["angle"])) >= 1.5
    return bool(found.get("straightened") or found.get("box"))


def _told(found: dict[str, Any]) -> str:
    if "angle" in found:
        return f"angle {found['angle']:g}"
    if "pitch" in found:
        return f"pitch {found['pitch']:.1f}, roll {found['roll']:.1f}"
    return "product, 4:5"


def _cell(picture: Picture, text: str) -> Image.Image:
    shown = ImageOps.contain(Image.fromarray(picture.rgb), (_CELL[0] - 4, _CELL[1] - 18), Image.Resampling.LANCZOS)
    cell = Image.new("RGB", _CELL, _GROUND)
    cell.paste(shown, ((_CELL[0] - shown.width) // 2, 16))
    ImageDraw.Draw(cell).text((4, 2), text, fill="black")
    return cell


def _edges(paths: Sequence[Path]) -> Image.Image:
    """Part of the darkest cut-out on white, shrunk to a third, each pixel drawn as 5 × 5."""
    cutouts = [(path, Workbench.load(path).rgb) for path in paths]
    darkest = min(cutouts, key=lambda pair: float(np.percentile(pair[1], 20)) + float((pair[1] > 250).mean()))[1]
    size = darkest.shape[1] * 10 // 31, darkest.shape[0] * 10 // 31
    ways = {
        "Lanczos on code values": resize(darkest, *size),
        "Lanczos in light: a dark rim": _in_light(darkest, size),
        "resample: in light, held": resample(darkest, *size),
    }
    width, height = _COLUMNS * _CELL[0] // 3, 420
    strip = Image.new("RGB", (_COLUMNS * _CELL[0], height + 18), _GROUND)
    for index, (text, shown) in enumerate(ways.items()):
        top, left = size[1] // 6, size[0] // 8
        part = Image.fromarray(shown[top : top + height // 5, left : left + (width - 6) // 5].copy())
        strip.paste(part.resize((part.width * 5, part.height * 5), Image.Resampling.NEAREST), (index * width, 18))
        ImageDraw.Draw(strip).text((index * width + 4, 3), text, fill="black")
    return strip


def _in_light(photo: Pixels, size: tuple[int, int]) -> Pixels:
    """What `resample` would do if it did not hold its ringing."""
    planes = [Image.fromarray(plane) for plane in np.moveaxis(lights_of(photo, light=True), 2, 0).copy()]
    return codes_of(
        np.dstack([np.asarray(plane.resize(size, Image.Resampling.LANCZOS)) for plane in planes]), light=True
    )
