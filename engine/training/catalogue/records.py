"""The lines of items.jsonl and dropped.jsonl, written one by one: a kill loses the photo at hand and no more."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from engine.generation.attributes import Color
from engine.generation.color_names import Srgb
from engine.training.catalogue.errors import CatalogueRefusedError, Reason

ITEMS_FILE = "items.jsonl"
DROPPED_FILE = "dropped.jsonl"

Line = TypeVar("Line", "Item", "Dropped")


@dataclass(frozen=True)
class Item:
    """One picture of the data set, and what it shows."""

    file: str  # within the data set's folder
    source: str  # within the catalogue's folder
    category: str
    colors: tuple[Color, ...]  # the main colour first
    pattern: str  # one of attributes.PATTERNS
    aspect: float  # the product's height by its width
    confidence: float  # in the cutout, 0 to 1
    fingerprint: str  # of the picture, hexadecimal: what duplicates.py compares

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Item:
        """Make an item of the fields of a line."""
        colors = tuple(Color(color["name"], _srgb(color["srgb"]), color["share"]) for color in fields["colors"])
        return cls(**{**fields, "colors": colors})


@dataclass(frozen=True)
class Dropped:
    """One photo that was left out, and why."""

    source: str
    reason: Reason
    detail: str

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Dropped:
        """Make it of the fields of a line."""
        return cls(**fields)


@dataclass(frozen=True)
class Records:
    """What is known of a data set's photos so far."""

    items: list[Item]
    dropped: list[Dropped]

    @property
    def sources(self) -> set[str]:
        """The photos that need not be looked at again."""
        return {item.source for item in self.items} | {dropped.source for dropped in self.dropped}


def read_records(out: Path) -> Records:
    """Return what an earlier run wrote into `out`; a last line that a kill cut short is taken out of its file.

    Raises CatalogueRefusedError for any other line that cannot be read.
    """
    items = [_parsed(Item, number, line, out) for number, line in _lines(out / ITEMS_FILE)]
    return Records(items, [_parsed(Dropped, number, line, out) for number, line in _lines(out / DROPPED_FILE)])


def escaped(text: str) -> str:
    r"""Return a name or a message with what of it is not UTF-8 told as ``\xe9``, so that it can be written."""
    return text.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="backslashreplace")


def append(path: Path, line: Item | Dropped) -> None:
    """Write one line and hand it to the system, so that the end of this process cannot lose it."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    if not path.exists():
        return
    text = path.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    if len(whole) < len(text):
        os.truncate(path, len(whole))
    yield from enumerate(whole.decode("utf-8").split("\n")[:-1], start=1)


def _parsed(kind: type[Line], number: int, line: str, out: Path) -> Line:
    try:
        return kind.from_fields(json.loads(line))
    except (ValueError, TypeError, KeyError) as error:
        name = ITEMS_FILE if kind is Item else DROPPED_FILE
        raise CatalogueRefusedError(f"{out / name}, line {number}, is not one of this tool's: {error!r}") from error


def _srgb(values: list[int]) -> Srgb:
    red, green, blue = values
    return red, green, blue
