"""One photo on the sheet: before and after at equal size, a detail of both, and what was done."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from packshot.sheet.details import detail_pair
from packshot.sheet.errors import SheetError
from packshot.sheet.lettering import DARK, EMPTY, GREY, PAPER, Ink, width, write
from packshot.sheet.photographs import open_photo

MIN_ASPECT, MAX_ASPECT = 0.75, 1.34  # of a tile's height to its width; what is longer is shown smaller, never cut


@dataclass(frozen=True)
class Entry:
    """What a card shows. Sizes are width and height in px."""

    name: str
    before: Path
    after: Path
    before_px: tuple[int, int]
    after_px: tuple[int, int]
    operations: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class CardStyle:
    """Measures in px: a tile's width, the gap between tiles, the two sizes of text."""

    tile: int
    gap: int
    name: int
    facts: int

    @property
    def width(self) -> int:
        """Of a whole card: before, after and two details."""
        return 4 * self.tile + 3 * self.gap

    @property
    def caption(self) -> int:
        """The height under the tiles."""
        return round(self.name * 1.5 + self.facts * 1.6)


def tile_height(entry: Entry, style: CardStyle) -> int:
    """The height of a card's tiles: the taller of its two pictures, within bounds."""
    aspect = max(size[1] / size[0] for size in (entry.before_px, entry.after_px))
    return round(style.tile * min(MAX_ASPECT, max(MIN_ASPECT, aspect)))


def draw_card(entry: Entry, style: CardStyle, height: int) -> Image.Image:
    """The card, with tiles of `height` px; a picture that this Pillow cannot open is an empty tile that says so."""
    card = Image.new("RGB", (style.width, height + style.caption), PAPER)
    size = (style.tile, height)
    before, after = _opened(entry.before), _opened(entry.after)
    details = detail_pair(before, after, size, frozenset(entry.operations)) if before and after else None
    tiles = [_whole(picture, size, style) for picture in (before, after)] + list(details or ())
    for column, tile in enumerate(tiles):
        card.paste(tile, (column * (style.tile + style.gap), 0))
    _write_caption(card, entry, style, height)
    return card


def _opened(path: Path) -> Image.Image | None:
    try:
        return open_photo(path)
    except SheetError:
        return None


def _whole(picture: Image.Image | None, size: tuple[int, int], style: CardStyle) -> Image.Image:
    """The whole picture in a tile, centred; small ones are enlarged, so that before and after are equally large."""
    tile = Image.new("RGB", size, EMPTY)
    if picture is None:
        text = "no preview of this format"
        write(ImageDraw.Draw(tile), (style.gap, size[1] / 2), text, Ink(style.facts, GREY), max_px=size[0])
        return tile
    scale = min(size[0] / picture.width, size[1] / picture.height)
    shown = picture.resize(
        (max(1, round(picture.width * scale)), max(1, round(picture.height * scale))),
        Image.Resampling.LANCZOS,
        reducing_gap=3.0,
    )
    tile.paste(shown, ((size[0] - shown.width) // 2, (size[1] - shown.height) // 2))
    return tile


def _write_caption(card: Image.Image, entry: Entry, style: CardStyle, top: int) -> None:
    draw = ImageDraw.Draw(card)
    name, facts = Ink(style.name, DARK), Ink(style.facts, GREY)
    y = top + style.name * 0.35
    sizes = f"{_px(entry.before_px)} → {_px(entry.after_px)} px"
    seconds = f"{entry.seconds:.1f} s"
    right = style.width - width(seconds, facts)
    write(draw, (right, y + style.name - style.facts), seconds, facts, max_px=style.width)
    write(draw, (0, y), entry.name, name, max_px=right - style.gap)
    line = "   ·   ".join(filter(None, (sizes, " · ".join(entry.operations))))
    write(draw, (0, y + style.name * 1.35), line, facts, max_px=style.width)


def _px(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"
