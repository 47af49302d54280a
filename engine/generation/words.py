"""What a customer's words ask a generator for. English and Chinese by a lexicon, spelling mended; no network.

Nothing is passed over in silence: each word of a text is part of what was understood, a small word ("a", "with", 的),
or reported as unknown. A word that could be several is unknown rather than guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.generation.attributes import Attributes
from engine.generation.phrases import vocabulary_of
from engine.generation.reading import read_attributes
from engine.generation.sentence import Phrase, Sentence
from engine.generation.tokens import readable

MOST_CHARACTERS = 500

__all__ = ["MOST_CHARACTERS", "Phrase", "Understood", "understand"]


@dataclass(frozen=True)
class Understood:
    """What a text asks for, from which of its words, and what of it is not followed.

    An entry of ``unknown`` is the words as written, with a reason behind a colon where there is one to give:
    "necklace: this generator knows dress, hat". ``small`` are words that carry nothing by themselves.
    """

    attributes: Attributes
    understood: tuple[Phrase, ...]
    unknown: tuple[str, ...]
    small: tuple[str, ...] = ()


def understand(
    text: str, categories: Sequence[str], *, adjusts_sleeves: bool = False, category: str | None = None
) -> Understood:
    """Return what ``text`` asks of a generator that knows ``categories`` (names as the merchant's folders have them).

    ``adjusts_sleeves``: whether it can be told to make them longer; else a dress is asked for them in vain.
    ``category``: one of ``categories`` that is asked for anyway, so that "long sleeves" alone are that product's.

    The category is one of ``categories`` or None. Any text will do; the first `MOST_CHARACTERS` characters are read,
    and it is reported in ``unknown`` how many came after them. The first call reads the lexicon. Any thread.
    """
    read = readable(text, MOST_CHARACTERS)
    vocabulary = vocabulary_of(tuple(categories))
    sentence = Sentence(read, vocabulary.pieces_of(read))
    attributes = read_attributes(sentence, vocabulary.assortment, adjusts_sleeves=adjusts_sleeves, category=category)
    understood, unknown, small = sentence.finish()
    if len(text) > MOST_CHARACTERS:
        unknown += (f"… {len(text) - MOST_CHARACTERS} more characters: the first {MOST_CHARACTERS} are read",)
    return Understood(attributes, understood, unknown, small)
