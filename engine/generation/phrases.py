"""A text's tokens gathered into phrases that the lexicon knows, misspellings mended. Knows no grammar."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.generation.categories import Assortment
from engine.generation.color_names import Srgb, color_of_code, nearest_color
from engine.generation.lexicon import Keys, Lexicon, Meaning, load_lexicon
from engine.generation.spelling import Speller
from engine.generation.tokens import BREAK, Token, tokens_of

_FIRST_HALVES = ("color", "shade", "pattern")
_SECOND_HALVES = ("color", "pattern", "category", "named")
_SHORTEST_HALF = 3
_MENDED = ("color", "category", "named", "pattern", "shade", "sleeve")  # others are no loss, or too short to be sure of


@dataclass(frozen=True)
class Piece:
    """A phrase in a text, from ``start`` to ``end``: what it means (None: not known), whether its spelling was mended.

    ``parted`` where a comma or another sign stands before it.
    """

    start: int
    end: int
    meaning: Meaning | None
    guessed: bool
    parted: bool


@dataclass(frozen=True)
class _Word:
    key: str
    start: int
    end: int
    guessed: bool = False


class Vocabulary:
    """The lexicon together with the names of one generator's categories: finds the phrases of a text."""

    def __init__(self, assortment: Assortment, lexicon: Lexicon) -> None:
        self.assortment = assortment
        self._spellings = lexicon.spellings
        self._ordinary = lexicon.ordinary
        self._phrases: Mapping[Keys, Meaning] = {**lexicon.phrases, **assortment.named}
        self._longest = max(map(len, self._phrases))
        self._words = frozenset(word for keys in self._phrases for word in keys)
        mended = (keys for keys, meaning in self._phrases.items() if meaning.kind in _MENDED or meaning.value == "not")
        self._speller = Speller({word: self._sense(word) for keys in mended for word in keys}, lexicon.ordinary)

    def pieces_of(self, text: str) -> list[Piece]:
        """Return the phrases of a `readable` text in their order, the longest first wherever several begin."""
        words = [word for token in tokens_of(text, self._spellings) for word in self._mended(token)]
        lengths = self._lengths(words)
        pieces: list[Piece] = []
        at, parted = 0, False
        while at < len(words):
            if words[at].key == BREAK:
                at, parted = at + 1, True
                continue
            length = lengths[at] or self._unknown_length(words, lengths, at)
            if not parted and pieces and self._lists_colors(pieces[-1].meaning, words[at : at + length]):
                length = 1
            run = words[at : at + length]
            meaning = self._meaning(run) if lengths[at] else None
            guessed = any(word.guessed for word in run) and meaning is not None
            pieces.append(Piece(run[0].start, run[-1].end, meaning, guessed, parted))
            at, parted = at + length, False
        return pieces

    def _sense(self, word: str) -> Hashable:
        return self._phrases.get((word,), word)

    def _mended(self, token: Token) -> list[_Word]:
        word = _Word(token.key, token.start, token.end)
        if token.key == BREAK or token.key in self._words or token.key in self._ordinary:
            return [word]
        parts = self._parted(token.key) if len(token.key) == len(token.text) else None
        if parts:
            middle = token.start + len(parts[0])
            return [_Word(parts[0], token.start, middle), _Word(parts[1], middle, token.end)]
        mended = self._speller.correct(token.key)
        return [_Word(mended, token.start, token.end, guessed=True)] if mended else [word]

    def _parted(self, key: str) -> Keys | None:
        """Return the two known words that a word is made of ("lightblue", "reddress"), or None."""
        for at in range(1, len(key)):
            halves = (key[:at], key[at:])
            if halves in self._phrases:
                return halves
            first, second = (self._phrases.get((half,)) for half in halves)
            if first is None or second is None or min(map(len, halves)) < _SHORTEST_HALF:
                continue
            if first.kind in _FIRST_HALVES and second.kind in _SECOND_HALVES:
                return halves
        return None

    def _lengths(self, words: Sequence[_Word]) -> list[int]:
        """Return for each word how many words the longest phrase that begins there has; 0 for none.

        A single Chinese character counts only before what is known too: the white of 白菜, a cabbage, is no colour.
        """
        lengths = [0] * len(words)
        for at in reversed(range(len(words))):
            most = min(self._longest, len(words) - at)
            known = (length for length in range(most, 0, -1) if self._meaning(words[at : at + length]) is not None)
            lengths[at] = next(known, 0)
            follows = at + 1 < len(words) and _is_han(words[at + 1].key) and not lengths[at + 1]
            if lengths[at] == 1 and follows and _is_han(words[at].key) and words[at].key != "的":
                lengths[at] = 0
        return lengths

    def _lists_colors(self, before: Meaning | None, run: Sequence[_Word]) -> bool:
        """Whether two colours that together are a third one stand apart: the green and blue of "red green blue"."""
        together = self._meaning(run)
        if len(run) != 2 or any(each is None or each.kind != "color" for each in (before, together)):
            return False
        apart = [self._meaning([word]) for word in run]
        named = all(each is not None and each.value == word.key for each, word in zip(apart, run, strict=True))
        return named and together not in apart

    def _unknown_length(self, words: Sequence[_Word], lengths: Sequence[int], at: int) -> int:
        """Return how many words belong to one unknown: one, or a run of Chinese characters.

        A single known character behind such a run is a part of it, unless it names a thing (雪纺裙, a chiffon skirt).
        """
        end = at + 1
        while _is_han(words[at].key) and end < len(words) and _is_han(words[end].key):
            meaning = self._meaning(words[end : end + 1])
            is_thing = words[end].key == "的" or (meaning is not None and meaning.kind in ("category", "named"))
            if lengths[end] > 1 or (lengths[end] == 1 and is_thing):
                break
            end += 1
        return end - at

    def _meaning(self, run: Sequence[_Word]) -> Meaning | None:
        if len(run) == 1 and run[0].key.startswith(("#", "rgb(")):
            return _color_of_code(run[0].key)
        return self._phrases.get(tuple(word.key for word in run))


@lru_cache(maxsize=64)
def vocabulary_of(categories: tuple[str, ...]) -> Vocabulary:
    """Return the vocabulary of a generator with these categories."""
    lexicon = load_lexicon()
    return Vocabulary(Assortment(categories, lexicon), lexicon)


def _is_han(key: str) -> bool:
    return len(key) == 1 and "\u3400" <= key <= "\ufaff"


def _color_of_code(key: str) -> Meaning | None:
    """Return the colour that #rgb, #rrggbb or rgb(r,g,b) is; None where the code is malformed."""
    srgb = color_of_code(key) if key.startswith("#") else _color_of_numbers(key)
    return None if srgb is None else Meaning("color", nearest_color(srgb).name, srgb)


def _color_of_numbers(key: str) -> Srgb | None:
    red, green, blue = (int(value) for value in key[4:-1].split(","))
    return None if max(red, green, blue) > 255 else (red, green, blue)
