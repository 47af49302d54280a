"""A text cut into words: Latin words, single Chinese characters, colour codes, emoji. Knows no meaning of any."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

BREAK = ""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(
    rf"(?P<code>\#\w+ | rgb\s*\(\s*\d{{1,3}}\s*,\s*\d{{1,3}}\s*,\s*\d{{1,3}}\s*\))"
    rf"| (?P<han>[{_HAN}])"
    rf"| (?P<number>\d+(?:[.,/⁄]\d+)*%?(?![^\W_{_HAN}]))"
    rf"| (?P<word>w/o? (?![^\W_{_HAN}]) | [^\W_{_HAN}]+(?:['’][^\W_{_HAN}]+)*)"
    rf"| (?P<other>[^\w\s][\U0001f3fb-\U0001f3ff]*)",
    re.VERBOSE | re.IGNORECASE,
)
_AND = {"&": "and", "+": "and"}
_JOINERS = frozenset("-_'\"`´‘’“”*·‐‑")
_PICTURES = ("So", "Cn")  # emoji newer than this Python's Unicode tables are unassigned (Cn) to it
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")


@dataclass(frozen=True)
class Token:
    """One word of a text: as written, folded for looking it up (`BREAK` for a comma and its like), its place."""

    text: str
    key: str
    start: int
    end: int


@dataclass(frozen=True)
class Spellings:
    """What is one and the same when words are looked up: whole words, and Chinese characters by their code points."""

    same_words: Mapping[str, str]
    characters: Mapping[int, str]


def readable(text: str, limit: int) -> str:
    """Return at most ``limit`` characters in one Unicode form (NFKC), without accents and invisible characters."""
    apart = unicodedata.normalize("NFKD", text[:limit])
    kept = (character for character in apart if not _dropped(character))
    return unicodedata.normalize("NFKC", "".join(kept))[:limit]


def tokens_of(text: str, spellings: Spellings) -> list[Token]:
    """Return the tokens of a `readable` text in their order; spaces and word joiners are none, other signs break."""
    found = []
    for match in _TOKEN.finditer(text):
        written = match.group()
        if written not in _JOINERS:
            found.append(Token(written, _key(match, spellings), match.start(), match.end()))
    return found


def keys_of(text: str, spellings: Spellings) -> tuple[str, ...]:
    """Return the folded words of a short text, without its breaks."""
    return tuple(token.key for token in tokens_of(readable(text, len(text)), spellings) if token.key != BREAK)


def _dropped(character: str) -> bool:
    accent = "\u0300" <= character <= "\u036f" or "\ufe00" <= character <= "\ufe0f"
    return accent or (unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") and not character.isspace())


def _key(match: re.Match[str], spellings: Spellings) -> str:
    written = match.group()
    if match["other"]:
        sign = _SKIN_TONES.sub("", written)
        return _AND.get(sign, sign if unicodedata.category(sign[:1] or " ") in _PICTURES else BREAK)
    folded = written.casefold().replace("’", "'").translate(spellings.characters)
    if match["code"]:
        return re.sub(r"\s", "", folded)
    folded = folded.removesuffix("'s")
    return spellings.same_words.get(folded, folded)
