"""Test photos in other colours, through the real networks: how near they come, and some of them on a sheet.

    python -m benchmarks.recolouring --data ../shared/data --sheet docs/images/recolour.jpg

`--photos` clothing photos, the same number of each class, are cut out and recoloured to each of `COLORS` by the
operation itself. What is told is measured on the finished picture, by other code than made it: the ΔE2000 to the target
of the part's representative colour (the median of the lighter half of its pixels); the mean over all its pixels, folds
and highlights too, and beside it what the photo's own pixels are from its own colour; the correlation of L*'s gradients
with the photo's; and how many bytes changed where the matte says that there is no product. Then the processor time at
12 megapixels beside Pillow's merge of a flat colour.
"""

import argparse
import io
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageOps

from benchmarks.photos import large_photo
from benchmarks.sheets import light_jpeg
from benchmarks.shop_sheet import choose_photos
from benchmarks.tables import Row, as_table
from engine import Engine, EngineSettings, Ticket
from engine.cards import load_cards
from engine.quality.metrics import delta_e2000, srgb_to_lab
from engine.quality.recoloring import representative
from jobs.problems import ProblemError
from jobs.spec import validate_spec
from worker.operations import OPERATIONS, OperationContext
from worker.picture import Picture

COLORS = (
    *("white", "black", "grey", "beige", "brown", "red"),
    *("pink", "orange", "yellow", "olive", "teal", "navy"),
)
ON_SHEET = ("white", "black", "navy", "red", "yellow", "beige", "olive", "pink")
_CELL_PX = (150, 196)


class Product(NamedTuple):
    """A photo whose product is known, and what became of it."""

    name: str
    photo: Picture
    made: list[Picture]
    findings: dict[str, Any]
    ground_bytes: int


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the tables, and draw the sheet."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recolouring", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, help="the folder with clothing/")
    parser.add_argument("--photos", type=int, default=20)
    parser.add_argument("--sheet", type=Path, help="where to draw what it looks like")
    options = parser.parse_args(arguments)
    settings = EngineSettings(backend="onnxruntime")
    cards = {name: card for name, card in load_cards(settings.weights_dir).items() if name.startswith("cutout")}
    with Engine.start(settings, cards=cards) as engine:
        products = [made for path in choose_photos(options.data, options.photos) if (made := _made(engine, path))]
        report(products)
        if options.sheet:
            options.sheet.write_bytes(light_jpeg(draw(products)))
        _time_large(engine)


def report(products: Sequence[Product]) -> None:
    """Print the tables by colour and by product, and what they come to."""
    outputs = [output for product in products for output in product.findings["outputs"]]
    by_color = [[product.findings["outputs"][at] for product in products] for at in range(len(COLORS))]
    rows: list[Row] = [{"colour": name, **_row(each)} for name, each in zip(COLORS, by_color, strict=True)]
    print(as_table([*rows, {"colour": "all", **_row(outputs)}]))
    print()
    print(as_table([_told(product) for product in products]))
    print(f"\n{len(products)} products x {len(COLORS)} colours; bytes changed on the ground: ", end="")
    print(sum(product.ground_bytes for product in products))


def draw(products: Sequence[Product]) -> Image.Image:
    """A row for every other product: the photo, then some of the colours."""
    shown = products[1::2]
    width, height = _CELL_PX
    sheet = Image.new("RGB", (width * (len(ON_SHEET) + 1), height * len(shown)), "#808080")
    for row, product in enumerate(shown):
        pictures = [product.photo, *(product.made[COLORS.index(name)] for name in ON_SHEET)]
        for column, picture in enumerate(pictures):
            cell = ImageOps.contain(Image.fromarray(picture.rgb), _CELL_PX, Image.Resampling.LANCZOS)
            sheet.paste(ImageOps.pad(cell, _CELL_PX, color="#808080"), (column * width, row * height))
    return sheet


def _made(engine: Engine, path: Path) -> Product | None:
    """One photo in all colours; None where no product is found in it."""
    with Image.open(path) as image:
        rgb = np.array(ImageOps.exif_transpose(image).convert("RGB"))
    try:
        (cut,), _ = _run(engine, Picture(rgb), {"op": "cutout"})
    except ProblemError as error:
        print(f"{path.parent.name}/{path.stem[:8]}: {error.problem.type}")
        return None
    photo = Picture(rgb, matte=cut.matte)
    made, findings = _run(engine, photo, {"op": "recolor", "colors": list(COLORS)})
    assert cut.matte is not None
    ground = cut.matte == 0
    changed = sum(int((picture.rgb[ground] != rgb[ground]).sum()) for picture in made)
    return Product(f"{path.parent.name} {path.stem[:8]}", photo, made, findings, changed)


def _run(engine: Engine, picture: Picture, asked: dict[str, Any]) -> tuple[list[Picture], dict[str, Any]]:
    document = {"input": {"upload": "sha256:" + "0" * 64}, "operations": [asked]}
    params = validate_spec(document).operations[0]
    context = OperationContext(engine, Ticket(), _nothing)
    made = OPERATIONS[params.op].run(picture, params, context)
    return made if isinstance(made, list) else [made], context.findings


def _row(outputs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    own = [output["delta_e2000"] for output in outputs]
    texture = [output["texture_kept"] for output in outputs]
    return {
        "ΔE mean": mean(own),
        "ΔE p95": float(np.percentile(own, 95)),
        "ΔE over all pixels": mean(output["mean_delta_e2000"] for output in outputs),
        "texture mean": mean(texture),
        "texture least": min(texture),
        "texture ≥ 0.9": sum(kept >= 0.9 for kept in texture) / len(texture),
    }


def _told(product: Product) -> Row:
    worst = min(product.findings["outputs"], key=lambda output: output["texture_kept"])
    row = _row(product.findings["outputs"])
    return {
        "product": product.name,
        "its colour": product.findings["source"]["hex"],
        "recoloured": product.findings["recolored_share"],
        "ΔE mean": row["ΔE mean"],
        "ΔE over all pixels": row["ΔE over all pixels"],
        "in the photo": _spread(product),
        "texture mean": row["texture mean"],
        "texture least": f"{worst['texture_kept']:.3f}, {worst['asked']}",
    }


def _spread(product: Product) -> float:
    """The mean ΔE2000 of the photo's own pixels, where they were recoloured, to what represents them: light alone."""
    rgb = product.photo.rgb
    changed = np.any([(picture.rgb != rgb).any(axis=2) for picture in product.made], axis=0)
    lab = srgb_to_lab(rgb[changed & (product.photo.matte == 255)])
    return float(delta_e2000(lab, np.broadcast_to(representative(lab), lab.shape)).mean())


def _time_large(engine: Engine) -> None:
    """12 megapixels, the matte known: one colour and four, and a merge by the same matte."""
    with Image.open(io.BytesIO(large_photo(3000, 4000))) as image:
        rgb = np.array(image.convert("RGB"))
    y, x = np.ogrid[-1 : 1 : rgb.shape[0] * 1j, -1 : 1 : rgb.shape[1] * 1j]
    matte = np.clip(128 + 64 * 1500 * (0.8 - np.sqrt(x * x + y * y)), 0, 255).astype(np.uint8)
    product, mask = Image.fromarray(rgb), Image.fromarray(matte)
    merged = _spent_s(lambda: Image.composite(Image.new("RGB", product.size, "navy"), product, mask))
    print(f"12 MP, processor time: Pillow's merge {merged:.2f} s")
    for colors in (["navy"], ["navy", "red", "white", "olive"]):
        asked = {"op": "recolor", "colors": colors, "keep_prints": False}
        spent = _spent_s(partial(_run, engine, Picture(rgb, matte=matte), asked))
        print(f"12 MP: {len(colors)} colours: {spent:.1f} s")


def _spent_s(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _nothing() -> None:
    """Nobody waits."""


if __name__ == "__main__":
    main()
