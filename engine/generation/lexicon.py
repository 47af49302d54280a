"""The words that are known, read from the data files beside it: which phrase means what. Knows no grammar."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from engine.generation.color_names import COLORS, Srgb
from engine.generation.tokens import Spellings, keys_of

Kind = Literal["color", "category", "named", "pattern", "shade", "aspect", "sleeve", "small", "filler", "ordinary"]
Keys = tuple[str, ...]


@dataclass(frozen=True)
class Meaning:
    """What a phrase means: ``value`` is a colour's, pattern's or concept's name, or what the data file calls the word.

    Of kind "named" it is the very name of one of the caller's categories. ``otherwise`` is what a thing's name means
    beside another category ("orange" in a greengrocer's catalogue, "longsleeve" of a dress). ``srgb`` is a colour's own
    value.
    """

    kind: Kind
    value: str
    srgb: Srgb | None = None
    otherwise: Meaning | None = None


@dataclass(frozen=True)
class Concept:
    """A kind of thing that shops sell: what it is a kind of, how high its picture is over its width, where it grows."""

    name: str
    kind_of: Keys
    aspect: float | None
    long: str | None


@dataclass(frozen=True)
class Lexicon:
    """Phrases by their folded words, the concepts by name, words that are never corrected, and how words are folded."""

    phrases: Mapping[Keys, Meaning]
    concepts: Mapping[str, Concept]
    ordinary: frozenset[str]
    spellings: Spellings


@cache
def load_lexicon() -> Lexicon:
    """Return the packaged lexicon, read once in a process. Raises ValueError when its files contradict each other."""
    words, things = _table("words"), _table("categories")
    traditional = words["traditional"]
    characters = dict(zip(map(ord, traditional["from"]), traditional["to"], strict=True))
    spellings = Spellings(words["same"], characters)
    phrases: dict[Keys, Meaning] = {}
    for text, meaning in (*_colors(_table("colors")), *_things(things), *_others(words)):
        keys = keys_of(text, spellings)
        if phrases.setdefault(keys, meaning) != meaning:
            raise ValueError(f"the lexicon gives {text!r} two meanings: {phrases[keys]} and {meaning}")
    for keys, meaning in [item for item in phrases.items() if item[1].kind == "category"]:
        for form in with_number(keys):
            phrases.setdefault(form, meaning)
    concepts = {name: _concept(name, thing) for name, thing in things.items()}
    unknown = {parent for concept in concepts.values() for parent in concept.kind_of} - concepts.keys()
    if unknown:
        raise ValueError(f"the lexicon's categories are a kind of what is no category: {', '.join(sorted(unknown))}")
    ordinary = frozenset(words["ordinary"]["words"])
    return Lexicon(MappingProxyType(phrases), MappingProxyType(concepts), ordinary, spellings)


def with_number(keys: Keys) -> Iterator[Keys]:
    """Yield a phrase and its English singulars and plurals: those of its last word."""
    yield keys
    *head, last = keys
    if last.isascii() and last.isalpha():
        yield from ((*head, form) for form in _numbers(last) if len(form) > 2)


def _numbers(word: str) -> Iterator[str]:
    if word.endswith("ies"):
        yield word[:-3] + "y"
    if word.endswith(("ses", "shes", "ches", "xes")):
        yield word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]
    elif word.endswith("y") and word[-2:-1] not in "aeou":
        yield word[:-1] + "ies"
    else:
        yield word + ("es" if word.endswith(("s", "sh", "ch", "x")) else "s")


def _colors(table: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    values = {color.name: color.srgb for color in COLORS}
    if table.keys() != values.keys():
        raise ValueError(f"the lexicon's colours are not COLORS: {sorted(table.keys() ^ values.keys())}")
    for name, entry in table.items():
        yield from ((text, Meaning("color", name, values[name])) for text in (name, *entry["words"]))
        for text, value in entry.get("shades", {}).items():
            red, green, blue = bytes.fromhex(value.removeprefix("#"))
            yield text, Meaning("color", name, (red, green, blue))


def _things(table: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for name, entry in table.items():
        yield from _each(entry["words"], Meaning("category", name))
        for text, length in entry.get("sleeves", {}).items():
            yield text, Meaning("category", name, otherwise=Meaning("sleeve", length))


def _others(table: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    kinds: tuple[Kind, ...] = ("pattern", "shade", "aspect", "sleeve", "small")
    for kind in kinds:
        for value, texts in table[kind].items():
            yield from _each(texts, Meaning(kind, value))
    yield from _each(table["filler"]["words"], Meaning("filler", "filler"))
    yield from _each(table["ordinary"]["phrases"], Meaning("ordinary", "ordinary"))


def _each(texts: Iterable[str], meaning: Meaning) -> Iterator[tuple[str, Meaning]]:
    return ((text, meaning) for text in texts)


def _concept(name: str, entry: Mapping[str, Any]) -> Concept:
    return Concept(name, tuple(entry.get("kind_of", ())), entry.get("aspect"), entry.get("long"))


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((files("engine.generation") / "lexicon" / f"{name}.toml").read_text(encoding="utf-8"))
