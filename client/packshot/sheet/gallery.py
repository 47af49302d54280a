"""The contact sheet of pictures that were made: all of them in a grid, photos they came from in front of their own."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from PIL import Image, ImageDraw

from packshot.generation import MadePicture
from packshot.outcomes import Outcome
from packshot.photos import shown
from packshot.sheet.errors import SheetError
from packshot.sheet.files import page_paths, save_page
from packshot.sheet.lettering import DARK, EMPTY, GREY, HAIRLINE, PAPER, Ink, width, write
from packshot.sheet.photographs import open_photo

COLUMNS, ROWS = 8, 10
TILE, GAP, MARGIN, CAPTION = 224, 14, 48, 46
TITLE, NAME, FACTS = 30, 18, 15
FRAME = 3


@dataclass(frozen=True)
class Tile:
    """A picture with a line about it; `source`: a photo that pictures were made from."""

    picture: Path
    name: str
    facts: str
    source: bool = False


def draw_gallery(outcomes: Sequence[Outcome], title: str, folder: Path) -> list[Path]:
    """Writes `sheet.jpg`, or `sheet-1.jpg` and on, replacing earlier ones; none if nothing was made."""
    tiles = [tile for outcome in _in_order(outcomes) for tile in _tiles(outcome)]
    pages = [tiles[start : start + COLUMNS * ROWS] for start in range(0, len(tiles), COLUMNS * ROWS)]
    paths = page_paths(folder, len(pages))
    for number, (page, path) in enumerate(zip(pages, paths, strict=True), start=1):
        save_page(_draw_page(page, title, f"{number} / {len(pages)}" if len(pages) > 1 else ""), path)
    return paths


def _in_order(outcomes: Sequence[Outcome]) -> list[Outcome]:
    made = [outcome for outcome in outcomes if outcome.pictures]
    return sorted(made, key=lambda one: (one.task.stem, one.task.part.first if one.task.part else 0))


def _tiles(outcome: Outcome) -> Iterator[Tile]:
    first = outcome.task.part is None or outcome.task.part.first == 0
    if outcome.task.photo is not None and first:
        yield Tile(outcome.task.photo, shown(outcome.task.photo.name), "the photo", source=True)
    told = () if outcome.generation is None else outcome.generation.pictures
    for picture, known in zip_longest(outcome.pictures, told[: len(outcome.pictures)]):
        yield Tile(picture, shown(picture.name), "" if known is None else _facts(known))


def _facts(known: MadePicture) -> str:
    place = f"beats {known.quality:.0%}"
    return f"{place}, {', '.join(known.fault_names)}" if known.faults else f"{place} of the candidates"


def _draw_page(tiles: Sequence[Tile], title: str, corner: str) -> Image.Image:
    columns = min(COLUMNS, max(4, len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    head = MARGIN + round(TITLE * 2.2)
    page = Image.new(
        "RGB",
        (2 * MARGIN + columns * TILE + (columns - 1) * GAP, head + rows * (TILE + CAPTION + GAP) + MARGIN // 2),
        PAPER,
    )
    _draw_head(page, title, corner)
    for place, tile in enumerate(tiles):
        row, column = divmod(place, columns)
        _draw_tile(page, tile, MARGIN + column * (TILE + GAP), head + row * (TILE + CAPTION + GAP))
    return page


def _draw_head(page: Image.Image, title: str, corner: str) -> None:
    draw = ImageDraw.Draw(page)
    facts, right = Ink(FACTS, GREY), page.width - MARGIN
    write(draw, (MARGIN, MARGIN * 0.7), title, Ink(TITLE, DARK), max_px=right - MARGIN - 100)
    write(draw, (right - width(corner, facts), MARGIN * 0.9), corner, facts, max_px=100)
    line_y = MARGIN * 0.7 + TITLE * 1.5
    draw.line((MARGIN, line_y, right, line_y), HAIRLINE, 2)


def _draw_tile(page: Image.Image, tile: Tile, left: int, top: int) -> None:
    page.paste(_whole(tile.picture), (left, top))
    draw = ImageDraw.Draw(page)
    colour, thick = (DARK, FRAME) if tile.source else (HAIRLINE, 1)
    draw.rectangle((left, top, left + TILE - 1, top + TILE - 1), outline=colour, width=thick)
    write(draw, (left, top + TILE + 4), tile.name, Ink(NAME, DARK), max_px=TILE)
    write(draw, (left, top + TILE + 4 + NAME * 1.2), tile.facts, Ink(FACTS, GREY), max_px=TILE)


def _whole(path: Path) -> Image.Image:
    """The whole picture in a square, never enlarged beyond it; an empty one where this Pillow cannot open it."""
    square = Image.new("RGB", (TILE, TILE), EMPTY)
    try:
        picture = open_photo(path)
    except SheetError:
        text = "no preview of this format"
        write(ImageDraw.Draw(square), (GAP, TILE / 2), text, Ink(FACTS, GREY), max_px=TILE - 2 * GAP)
        return square
    scale = min(TILE / picture.width, TILE / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    small = picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    square.paste(small, ((TILE - small.width) // 2, (TILE - small.height) // 2))
    return square
