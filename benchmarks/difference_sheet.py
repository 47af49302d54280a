"""A sheet of photos, their files for a channel, and where the product differs.

    python -m benchmarks.difference_sheet FOLDER --out docs/images/differences.jpg [--limit 10] [--preset amazon-main]

FOLDER holds a folder of photos for each category. For each photo: the photo; its file, made with the operation "auto"
and read back from its bytes; ΔE2000 between both inside the product, black 0 to white 6; and the same without what a
smooth change of light explains, as the fidelity report measures it. All four are cut to the product.
"""

import argparse
import io
import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageOps

from benchmarks.channels import choose
from benchmarks.sheets import light_jpeg
from engine import Engine, EngineSettings, Ticket
from engine.quality.common_frame import CommonFrame, Seen, common_frame
from engine.quality.fidelity import compare
from engine.quality.light_fit import fit_light
from engine.quality.metrics import delta_e2000, srgb_to_lab
from jobs.presets import read_presets
from jobs.spec import Auto
from worker.encoding import encode
from worker.operations import OPERATIONS, OperationContext
from worker.picture import Picture
from worker.renditions import Wanted, render
from worker.sources import Source

_CELL_PX = 190
_LINE_PX = 16
_ACROSS = 2  # photos beside each other
_WHITE_AT = 6.0  # ΔE2000
_VIEWING_SIGMA = 1.0

Floats = NDArray[np.float32]


def main(arguments: list[str] | None = None) -> None:
    """Make the files, draw the sheet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.difference_sheet", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--preset", default="amazon-main")
    options = parser.parse_args(arguments)
    with Engine.start(EngineSettings.from_env()) as engine:
        rows = [_row(path, options.preset, engine) for path in choose(options.folder, options.limit)]
    options.out.write_bytes(light_jpeg(_sheet(rows)))


def _row(path: Path, preset: str, engine: Engine) -> Image.Image:
    """One photo's four pictures beside each other, and the report's figures below them."""
    with Image.open(path) as file:
        photo = Picture(np.array(ImageOps.exif_transpose(file).convert("RGB")), origin=np.eye(3))
    context = OperationContext(engine, Ticket(tenant="benchmark", cancelled=threading.Event()), lambda: None)
    matte = Source(photo, context).found_matte
    mended = OPERATIONS["auto"].run(photo, Auto(op="auto"), context)
    assert isinstance(mended, Picture)
    (made,) = render(Source(mended, context), Wanted(preset, read_presets()[preset]), encode)
    with Image.open(io.BytesIO(made.encoded.data)) as file:
        seen = Seen(np.array(file.convert("RGB")), made.picture.matte)
    assert made.picture.origin is not None
    pair = Seen(photo.rgb, matte), seen, made.picture.origin
    frame, report = common_frame(*pair), compare(*pair)
    assert frame is not None
    assert report is not None
    print(f"{path.parent.name}/{path.stem}: {report.difference}, beyond the light {report.beyond_light}", flush=True)
    told = f"dE2000 {report.difference.mean:.1f}, beyond the light {report.beyond_light.mean:.1f}"
    picture = np.where(frame.covered[..., None], frame.picture, 255).astype(np.uint8)
    return _captioned([frame.photo, picture, *_differences(frame)], told)


def _differences(frame: CommonFrame) -> list[NDArray[np.uint8]]:
    """ΔE2000 inside the product, and beyond the light, as grey pictures."""
    before, after = (
        cv2.GaussianBlur(image.astype(np.float32) / 255, (0, 0), _VIEWING_SIGMA)
        for image in (frame.photo, frame.picture)
    )
    inside = frame.photo_matte > 0.9
    lit = fit_light(before, after, inside).apply(before)
    shown = [delta_e2000(srgb_to_lab(image), srgb_to_lab(after)) * inside for image in (before, lit)]
    return [np.clip(values / _WHITE_AT * 255, 0, 255).astype(np.uint8) for values in shown]


def _captioned(pictures: list[NDArray[np.uint8]], told: str) -> Image.Image:
    row = Image.new("RGB", (len(pictures) * _CELL_PX, _CELL_PX + _LINE_PX), "white")
    for at, picture in enumerate(pictures):
        small = ImageOps.contain(Image.fromarray(picture).convert("RGB"), (_CELL_PX - 4, _CELL_PX - 4))
        row.paste(small, (at * _CELL_PX + (_CELL_PX - small.width) // 2, (_CELL_PX - small.height) // 2))
    ImageDraw.Draw(row).text((4, _CELL_PX), told, fill="black")
    return row


def _sheet(rows: list[Image.Image]) -> Image.Image:
    width, height = rows[0].size
    gap = 8
    down = -(-len(rows) // _ACROSS)
    sheet = Image.new("RGB", (_ACROSS * (width + gap) + gap, down * (height + gap) + gap), (206, 206, 206))
    for at, row in enumerate(rows):
        sheet.paste(row, (gap + at % _ACROSS * (width + gap), gap + at // _ACROSS * (height + gap)))
    return sheet


if __name__ == "__main__":
    main()
