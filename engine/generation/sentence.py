"""A text's phrases and what becomes of each: read as something, passed over as small, or refused with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.generation.lexicon import Meaning
from engine.generation.phrases import Piece

SMALL_KINDS = ("filler", "small")


@dataclass(frozen=True)
class Phrase:
    """Words of a text, as written, and what they were read as.

    ``kind`` is "category", "color", "pattern", "aspect", "sleeves" or "background"; ``guessed`` where their spelling
    was mended.
    """

    words: str
    kind: str
    value: str
    guessed: bool = False


class Sentence:
    """The pieces of one text in their order. Every piece is disposed of once; `finish` accounts for the rest."""

    def __init__(self, text: str, pieces: Sequence[Piece]) -> None:
        self.text = text
        self.pieces = list(pieces)
        self._fates: dict[int, Phrase | str] = {}
        self._done: set[int] = set()

    def kind(self, at: int) -> str:
        """Return the kind of a piece: "" past both ends and for what is disposed of, "unknown" for no meaning."""
        if not 0 <= at < len(self.pieces) or at in self._done:
            return ""
        meaning = self.pieces[at].meaning
        return "unknown" if meaning is None else meaning.kind

    def value(self, at: int) -> str:
        """Return which word of its kind a piece is ("with", "plain"); "" where its kind is "" or a thing."""
        meaning = self.pieces[at].meaning if self.kind(at) not in ("", "category", "named") else None
        return "" if meaning is None else meaning.value

    def places(self, *kinds: str) -> list[int]:
        """Return the places of the pieces of these kinds that are not disposed of."""
        return [at for at in range(len(self.pieces)) if self.kind(at) in kinds]

    def parted(self, at: int) -> bool:
        """Whether nothing, or a comma or other sign, stands between a place and the one before."""
        return not 0 < at < len(self.pieces) or self.pieces[at].parted

    def words(self, first: int, last: int) -> str:
        """Return the text from one place to another, both with, as written."""
        return self.text[self.pieces[first].start : self.pieces[last].end]

    def between(self, at: int) -> str:
        """Return the signs and spaces between a place and the one before."""
        return self.text[self.pieces[at - 1].end : self.pieces[at].start]

    def reinterpret(self, at: int, meaning: Meaning) -> None:
        """Give the piece at a place another meaning."""
        self.pieces[at] = replace(self.pieces[at], meaning=meaning)

    def read(self, first: int, last: int, kind: str, value: str) -> None:
        """Note what the pieces from ``first`` to ``last`` were read as."""
        guessed = any(piece.guessed for piece in self.pieces[first : last + 1])
        self._dispose(first, last, Phrase(self.words(first, last), kind, value, guessed))

    def revise(self, kind: str, value: str) -> None:
        """Note that all that was read as of a kind turned out to be of another value."""
        for at, fate in self._fates.items():
            if isinstance(fate, Phrase) and fate.kind == kind:
                self._fates[at] = replace(fate, value=value)

    def refuse(self, first: int, last: int, reason: str = "") -> None:
        """Note that the pieces from ``first`` to ``last`` cannot be followed, and why."""
        words = self.words(first, last)
        self._dispose(first, last, f"{words}: {reason}" if reason else words)

    def finish(self) -> tuple[tuple[Phrase, ...], tuple[str, ...], tuple[str, ...]]:
        """Return what was read, what is unknown and the small words, each in the text's order."""
        small = []
        for at, piece in enumerate(self.pieces):
            if at not in self._done and self.kind(at) in SMALL_KINDS:
                small.append(self.words(at, at))
            elif at not in self._done:
                self.refuse(at, at, _malformed(self.text[piece.start : piece.end]))
        fates = [self._fates[at] for at in sorted(self._fates)]
        read = tuple(fate for fate in fates if isinstance(fate, Phrase))
        return read, tuple(fate for fate in fates if isinstance(fate, str)), tuple(small)

    def _dispose(self, first: int, last: int, fate: Phrase | str) -> None:
        self._fates[first] = fate
        self._done.update(range(first, last + 1))


def _malformed(words: str) -> str:
    if words.startswith("#"):
        return "a colour code has 3 or 6 of the digits 0-9 and a-f"
    return "an rgb colour has three numbers of 0 to 255" if words.startswith("rgb") else ""
