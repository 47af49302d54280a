"""Which known word a misspelt one was meant to be, if that is beyond doubt. Knows words and their senses, no grammar.

Our own few lines instead of `difflib`: its ratio calls read–red (0.86) nearer than navi–navy (0.75), so that no cutoff
parts slips from other words (30 misspellings mended at 0.75, and 29 of 31 ordinary words changed), and it takes longer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping

_SHORTEST_SLIP, _SHORTEST_EDIT, _SHORTEST_TWO_EDITS, _LONGEST = 4, 5, 8, 24
_NEVER = float("inf")
_ALIKE = ("aeiouy", "ckq", "csz", "dt", "bp", "mn", "fv", "uvw", "gj", "lr")  # letters that are taken for each other
_VOWELS = frozenset("aeiou")
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


class Speller:
    """Corrects words to those of a vocabulary. ``senses`` maps each known word to what it means.

    A word is corrected only if one sense is nearest: to a word that sounds alike (doubled letters, i for y, a missing
    final e), of three letters and more by a vowel left out (under five letters only the last one: nvy), of four letters
    by a swap of neighbours or a letter left out, of five and more by one edit, of eight and more by two. A letter may
    stand for one that sounds alike or lies beside it on the keyboard. The first letter stays, or swaps with the second.
    A word of three letters whose vowel is in the middle may have it last (rde): hardly a word of one's own ends so.
    ``ordinary`` words are right as they are.
    """

    def __init__(self, senses: Mapping[str, Hashable], ordinary: Collection[str]) -> None:
        self._senses = senses
        self._ordinary = frozenset(ordinary)
        self._by_start: dict[tuple[str, int], list[tuple[str, frozenset[str]]]] = defaultdict(list)
        for word in senses:
            if len(word) >= _SHORTEST_SLIP and word.isalpha() and word.isascii():
                self._by_start[word[0], len(word)].append((word, frozenset(word)))
        short = (word for word in senses if len(word) == _SHORTEST_SLIP - 1 and word.isascii() and word.isalpha())
        self._vowel_last = {word[0] + word[2] + word[1]: word for word in short if _has_vowel_amid(word)}

    def correct(self, word: str) -> str | None:
        """Return the known word that ``word`` is a misspelling of, or None. Not for words that are known."""
        if word in self._ordinary or not 3 <= len(word) <= _LONGEST or not (word.isalpha() and word.isascii()):
            return None
        allowed = 2 if len(word) >= _SHORTEST_TWO_EDITS else 1
        costs = [(cost, known) for known in self._candidates(word, allowed) if (cost := _cost(word, known)) <= allowed]
        if not costs:
            return self._vowel_last.get(word)
        least = min(cost for cost, _ in costs)
        nearest = [known for cost, known in costs if cost == least]
        return nearest[0] if len({self._senses[known] for known in nearest}) == 1 else None

    def _candidates(self, word: str, allowed: int) -> list[str]:
        letters = frozenset(word)
        starts = dict.fromkeys((word[0], word[1]))
        lengths = range(len(word) - allowed, len(word) + allowed + 2)  # a doubled vowel that is left out counts once
        near = (pair for start in starts for length in lengths for pair in self._by_start.get((start, length), ()))
        return [known for known, others in near if len(letters ^ others) <= 2 * allowed]


def _has_vowel_amid(word: str) -> bool:
    return [letter in _VOWELS for letter in word] == [False, True, False]


def _cost(word: str, known: str) -> float:
    """Return the edits from a word to a known one, 0.5 where they sound alike; infinite where the rules forbid it."""
    swapped_start = word[0] != known[0] and word[:2] == known[1::-1]
    if word[0] != known[0] and not swapped_start:
        return _NEVER
    if not swapped_start and _sound(known) in (_sound(word), _sound(word) + "e"):
        return 0.5
    if not swapped_start and _lacks_vowels(word, known):
        return 1
    if len(word) < _SHORTEST_EDIT and (len(word) < _SHORTEST_SLIP or not _is_slip(word, known)):
        return _NEVER
    return edits(word, known, _is_likely)


def edits(first: str, second: str, likely: Callable[[str, str], bool] = lambda _, __: True) -> int:
    """Return the insertions, deletions, substitutions and swaps of neighbours between two words.

    Optimal string alignment: Damerau's four edits (1964), no letter edited twice. An unlikely substitution counts two.
    """
    table = [[i + j for j in range(len(second) + 1)] for i in range(len(first) + 1)]
    for i, letter in enumerate(first, start=1):
        for j, other in enumerate(second, start=1):
            replaced = 0 if letter == other else 1 if likely(letter, other) else 2
            step = min(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + replaced)
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                step = min(step, table[i - 2][j - 2] + 1)
            table[i][j] = step
    return table[-1][-1]


def _is_slip(word: str, known: str) -> bool:
    """Whether two letters were swapped or one was left out, so that no letter is there without a cause."""
    left_out = len(known) == len(word) + 1
    return edits(word, known) == 1 and (left_out or sorted(word) == sorted(known))


def _lacks_vowels(word: str, known: str) -> bool:
    """Whether a word is a known one but for a vowel: a short one for its last (nvy, lng), a longer one for any (slevs).

    A short word that has vowels left may be a word of its own: of "tan" and "ten" neither is the other's slip. Whoever
    leaves vowels out doubles no letters: "bless" are no blues.
    """
    if len(word) < _SHORTEST_EDIT and (set(word) & _VOWELS or len(known) > len(word) + 1):
        return False
    written, whole = _sound(word), _sound(known)
    if len(written) < len(word):
        return False
    return len(whole) - len(written) == 1 and any(
        letter in _VOWELS and whole[:at] + whole[at + 1 :] == written for at, letter in enumerate(whole)
    )


def _is_likely(letter: str, other: str) -> bool:
    """Whether a letter is written for another by ear or by a finger's slip."""
    if any(letter in group and other in group for group in _ALIKE):
        return True
    return any(letter + other in row or other + letter in row for row in _KEYBOARD)


def _sound(word: str) -> str:
    letters = word.replace("y", "i").replace("ph", "f")
    return "".join(letter for letter, last in zip(letters, " " + letters, strict=False) if letter != last)
