"""Arranges cards on pages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from packshot.sheet.cards import CardStyle, Entry, draw_card, tile_height
from packshot.sheet.files import page_paths, save_page
from packshot.sheet.lettering import DARK, GREY, HAIRLINE, PAPER, Ink, width, write

HEADINGS = ("before", "after", "before, detail", "after, detail at 100 %")


@dataclass(frozen=True)
class PageStyle:
    """How many cards a page has and how large they are; measures in px."""

    columns: int
    rows: int
    card: CardStyle
    margin: int
    row_gap: int
    title: int


LARGE = PageStyle(columns=1, rows=10, card=CardStyle(440, 10, 24, 18), margin=56, row_gap=30, title=34)
SMALL = PageStyle(columns=2, rows=10, card=CardStyle(284, 8, 20, 16), margin=56, row_gap=26, title=34)


def draw_pages(entries: Sequence[Entry], title: str, folder: Path) -> list[Path]:
    """Writes `sheet.jpg`, or `sheet-1.jpg` and on, replacing earlier ones."""
    style = LARGE if len(entries) <= LARGE.rows else SMALL
    per_page = style.columns * style.rows
    pages = [entries[start : start + per_page] for start in range(0, len(entries), per_page)]
    paths = page_paths(folder, len(pages))
    for number, (page, path) in enumerate(zip(pages, paths, strict=True), start=1):
        corner = "" if len(pages) == 1 else f"{number} / {len(pages)}"
        save_page(_draw_page(page, style, title, corner), path)
    return paths


def _draw_page(entries: Sequence[Entry], style: PageStyle, title: str, corner: str) -> Image.Image:
    """Cards run down the columns' rows from left to right; the cards of a row have tiles of one height."""
    columns = min(style.columns, len(entries))
    rows = [entries[start : start + columns] for start in range(0, len(entries), columns)]
    heights = [max(tile_height(entry, style.card) for entry in row) for row in rows]
    column_gap = style.margin
    page_width = 2 * style.margin + columns * style.card.width + (columns - 1) * column_gap
    head = style.margin + math.ceil(style.title * 2.9)
    page_height = head + sum(heights) + len(rows) * (style.card.caption + style.row_gap) + style.margin // 2
    page = Image.new("RGB", (page_width, page_height), PAPER)
    lefts = [style.margin + column * (style.card.width + column_gap) for column in range(columns)]
    _draw_head(page, style, lefts, title, corner)
    top = head
    for row, height in zip(rows, heights, strict=True):
        for left, entry in zip(lefts, row, strict=False):
            page.paste(draw_card(entry, style.card, height), (left, top))
        top += height + style.card.caption + style.row_gap
    return page


def _draw_head(page: Image.Image, style: PageStyle, lefts: Sequence[int], title: str, corner: str) -> None:
    draw = ImageDraw.Draw(page)
    facts = Ink(style.card.facts, GREY)
    right = page.width - style.margin
    write(draw, (style.margin, style.margin * 0.8), title, Ink(style.title, DARK), max_px=right - style.margin - 120)
    write(draw, (right - width(corner, facts), style.margin), corner, facts, max_px=120)
    line_y = style.margin + style.title * 1.35
    draw.line((style.margin, line_y, right, line_y), HAIRLINE, 2)
    for left in lefts:
        for column, heading in enumerate(HEADINGS):
            x = left + column * (style.card.tile + style.card.gap)
            write(draw, (x, line_y + style.title * 0.45), heading, facts, max_px=style.card.tile)
