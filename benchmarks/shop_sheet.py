"""What a shop gets: test photos through relight, restore, cutout and upscale ×2 in a whole service, laid on white.

    python -m benchmarks.shop_sheet --data ../shared/data --out results/shop [--pages docs/training]

writes for every photo `NN-class-before.jpg` and `NN-class-after.png` (with alpha) at full size into `--out`, and pages
of pairs, `chain-1.jpg` and on, into `--pages` (default: `--out` too). The choice of photos is fixed: as many of each
class, spread evenly over its files.
"""

import argparse
import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageOps

from benchmarks.service import Service
from packshot import Client

OPERATIONS = ({"op": "relight"}, {"op": "restore"}, {"op": "cutout"}, {"op": "upscale", "factor": 2})
CELL_PX = (196, 262)
PAIRS_ACROSS, PAIRS_DOWN = 5, 2
LARGEST_PAGE_BYTES = 300_000
_GAP_PX = 4
_JOBS_AT_ONCE = 2


@dataclass(frozen=True)
class Pair:
    """A photo and what became of it: a picture with alpha, or the slug of the problem."""

    before: Image.Image
    after: Image.Image | str


def main(arguments: list[str] | None = None) -> None:
    """Take the photos through a service and write results and pages."""
    options = _parser().parse_args(arguments)
    operations = [dict(operation) for operation in OPERATIONS]
    operations[2]["shadow"] = options.shadow
    settings = {"PACKSHOT_WEIGHTS_DIR": str(options.weights.resolve())} if options.weights else {}
    with Service(options.out / "service", settings=settings) as service, service.client() as client:
        pairs = run(client, choose_photos(options.data, options.photos), operations, options.out)
    pages = options.pages or options.out
    pages.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(draw_pages(pairs, options.ground), 1):
        path = pages / f"{options.name}-{number}.jpg"
        path.write_bytes(encode_page(page))
        print(f"wrote {path}")


def choose_photos(data: Path, count: int) -> list[Path]:
    """`count` clothing test photos: of each class the same number, spread evenly over its sorted files.

    Raises FileNotFoundError where there are none.
    """
    classes = sorted(path for path in (data / "clothing" / "photos" / "test").glob("*") if path.is_dir())
    if not classes:
        raise FileNotFoundError(f"no clothing/photos/test/<class> below {data}")
    each, more = divmod(count, len(classes))
    chosen: list[Path] = []
    for index, folder in enumerate(classes):
        paths, wanted = sorted(folder.glob("*.jpg")), each + (index < more)
        chosen += [paths[(2 * at + 1) * len(paths) // (2 * wanted)] for at in range(wanted)]
    return chosen


def run(client: Client, photos: list[Path], operations: list[dict[str, object]], out: Path) -> list[Pair]:
    """Take the photos through a service and write before and after into `out`."""
    names = [f"{at:02}-{photo.parent.name}" for at, photo in enumerate(photos, 1)]
    with ThreadPoolExecutor(_JOBS_AT_ONCE) as pool:
        return list(pool.map(lambda photo, name: _pair(client, photo, operations, out / name), photos, names))


def draw_pages(pairs: list[Pair], ground: str) -> list[Image.Image]:
    """Pages of PAIRS_ACROSS × PAIRS_DOWN pairs on `ground`, a colour's name or code."""
    across, down = PAIRS_ACROSS, PAIRS_DOWN
    size = across * (2 * CELL_PX[0] + _GAP_PX) + _GAP_PX, down * (CELL_PX[1] + _GAP_PX) + _GAP_PX
    pages = []
    for first in range(0, len(pairs), across * down):
        page = Image.new("RGB", size, "#808080")
        for at, pair in enumerate(pairs[first : first + across * down]):
            left = _GAP_PX + at % across * (2 * CELL_PX[0] + _GAP_PX)
            top = _GAP_PX + at // across * (CELL_PX[1] + _GAP_PX)
            page.paste(_fit(pair.before, "#404040"), (left, top))
            page.paste(_shown(pair, ground), (left + CELL_PX[0], top))
        pages.append(page)
    return pages


def encode_page(page: Image.Image) -> bytes:
    """The page as JPEG of at most LARGEST_PAGE_BYTES."""
    for quality in range(88, 30, -6):
        buffer = io.BytesIO()
        page.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() <= LARGEST_PAGE_BYTES:
            break
    return buffer.getvalue()


def lay_on(picture: Image.Image, ground: str) -> Image.Image:
    """A picture with alpha on a colour."""
    whole = Image.new("RGBA", picture.size, (*ImageColor.getrgb(ground)[:3], 255))
    return Image.alpha_composite(whole, picture.convert("RGBA")).convert("RGB")


def _pair(client: Client, photo: Path, operations: list[dict[str, object]], stem: Path) -> Pair:
    """One photo's job; what was and what became of it are kept beside each other."""
    data = photo.read_bytes()
    stem.with_name(f"{stem.name}-before.jpg").write_bytes(data)
    before = Image.open(io.BytesIO(data)).convert("RGB")
    job = client.submit(data, operations, output={"format": "png"}).wait(check=False)
    print(f"{stem.name}: {job.state}", flush=True)
    if job.problem is not None:
        return Pair(before, job.problem.type)
    with Image.open(job.download(stem.with_name(f"{stem.name}-after.png"))) as after:
        return Pair(before, after.convert("RGBA"))


def _shown(pair: Pair, ground: str) -> Image.Image:
    if isinstance(pair.after, Image.Image):
        return _fit(lay_on(pair.after, ground), ground)
    cell = Image.new("RGB", CELL_PX, ground)
    ImageDraw.Draw(cell).text((10, CELL_PX[1] // 2), pair.after, fill="#c00000")
    return cell


def _fit(picture: Image.Image, ground: str) -> Image.Image:
    small = ImageOps.contain(picture, CELL_PX, Image.Resampling.LANCZOS)
    return ImageOps.pad(small, CELL_PX, color=ground)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shop_sheet", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", type=Path, required=True, help="the folder with clothing/")
    parser.add_argument("--out", type=Path, required=True, help="takes the full-size results and the service's folder")
    parser.add_argument("--pages", type=Path, help="takes the pages (default: --out)")
    parser.add_argument("--weights", type=Path, help="another folder of weights than the worker's own")
    parser.add_argument("--photos", type=int, default=40)
    parser.add_argument("--name", default="chain", help="begins the pages' file names")
    parser.add_argument("--ground", default="#ffffff", help="the colour the products are laid on")
    parser.add_argument("--shadow", choices=("drop", "keep"), default="drop")
    return parser


if __name__ == "__main__":
    main()
