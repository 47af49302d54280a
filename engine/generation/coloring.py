"""The colours of a described product: which is main, what light and dark make of one, what is background."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.generation.attributes import Color
from engine.generation.color_names import Srgb
from engine.generation.sentence import Sentence

MOST_COLORS = 2

_FIGURES_SHARE = 0.3
# How much of a colour's distance from white, black or (None) its own grey is kept.
_STEPS: dict[str, tuple[float, int | None]] = {
    "lighter": (0.55, 255),
    "darker": (0.6, 0),
    "brighter": (1.3, None),
    "duller": (0.6, None),
}

Role = Literal["ground", "body", "figure"]


@dataclass(frozen=True)
class _Mention:
    """A colour in a text, with the words from ``first`` to ``last`` (its shades too)."""

    first: int
    last: int
    name: str
    srgb: Srgb
    role: Role = "body"


def read_colors(sentence: Sentence) -> tuple[Color, ...]:
    """Return the colours that a sentence asks for, the main one first, and dispose of all its colours and shades.

    Main is what others stand on ("on white", 红底), else the first that is not only the colour of a pattern or detail
    ("with navy stripes"). Such a second colour gets a share of 0.3, one that is merely named beside the first half.
    """
    mentions = [mention for mention in _mentions(sentence) if not _background_read(sentence, mention)]
    mentions = [replace(mention, role=_role(sentence, mention, mentions)) for mention in mentions]
    order: dict[Role, int] = {"ground": 0, "body": 1, "figure": 2}
    chosen: list[_Mention] = []
    for mention in sorted(mentions, key=lambda mention: (order[mention.role], mention.first)):
        if any(mention.srgb == other.srgb for other in chosen) or len(chosen) < MOST_COLORS:
            sentence.read(mention.first, mention.last, "color", mention.name)
            chosen += [mention] if all(mention.srgb != other.srgb for other in chosen) else []
        else:
            sentence.refuse(mention.first, mention.last, f"{MOST_COLORS} colours were read before it")
    for at in sentence.places("shade"):
        sentence.refuse(at, at, "says how light or strong a colour is, and no colour follows")
    shares = _shares(chosen)
    return tuple(Color(mention.name, mention.srgb, share) for mention, share in zip(chosen, shares, strict=True))


def _mentions(sentence: Sentence) -> list[_Mention]:
    found = []
    for at in sentence.places("color"):
        meaning = sentence.pieces[at].meaning
        assert meaning is not None
        assert meaning.srgb is not None
        first, srgb = at, meaning.srgb
        while sentence.kind(before := _skip(sentence, first - 1, -1, "filler")) == "shade":
            if sentence.parted(before + 1):
                break
            first = before
            srgb = shaded(srgb, sentence.value(first))
        found.append(_Mention(first, at, meaning.value, srgb))
    return found


def shaded(srgb: Srgb, shade: str) -> Srgb:
    """Return a colour made "lighter", "darker", "brighter" or "duller", each by a step that a person calls so."""
    if shade not in _STEPS:
        raise ValueError(f"a shade is one of {', '.join(_STEPS)}, got {shade!r}")
    kept, towards = _STEPS[shade]
    grey = sum(srgb) / 3
    target = grey if towards is None else towards
    red, green, blue = (min(max(round(target + kept * (value - target)), 0), 255) for value in srgb)
    return red, green, blue


def _background_read(sentence: Sentence, mention: _Mention) -> bool:
    """Whether a colour is only that of the picture's background; if so it is read or refused as that."""
    last = _skip(sentence, mention.last + 1, +1, "filler")
    word = sentence.value(last) if sentence.kind(last) == "small" and not sentence.parted(last) else ""
    patterned = bool(sentence.places("pattern"))
    if word not in ("background", "base") or (word == "base" and (patterned or mention.name != "white")):
        return False
    first = mention.first
    while sentence.value(first - 1) in ("plain", "filler") and not sentence.parted(first):
        first -= 1
    if sentence.value(first - 1) == "on":
        first -= 1
        if sentence.kind(first - 1) == "pattern" and sentence.kind(first - 2) == "color":
            return False
    if mention.name == "white":
        sentence.read(first, last, "background", "white")
    else:
        sentence.refuse(first, last, "every picture is on white")
    return True


def _role(sentence: Sentence, mention: _Mention, mentions: Sequence[_Mention]) -> Role:
    before = _skip(sentence, mention.first - 1, -1, "filler")
    after = sentence.value(_skip(sentence, mention.last + 1, +1, "filler"))
    stands_on = sentence.value(before) == "on" and sentence.kind(before - 1) in ("pattern", "color")
    if stands_on or after in ("background", "base"):
        return "ground"
    before = _skip(sentence, mention.first - 1, -1, "filler", "color", "shade", "and")
    if sentence.value(before) == "with" or (len(mentions) > 1 and _is_of_pattern(sentence, mention)):
        return "figure"
    return "body"


def _is_of_pattern(sentence: Sentence, mention: _Mention) -> bool:
    """Whether a colour, by itself, is that of "navy stripes", and not of a "navy striped dress"."""
    at = mention.last + 1
    paired = sentence.kind(mention.first - 1) == "color" or sentence.value(mention.first - 1) == "and"
    if sentence.kind(at) != "pattern" or sentence.parted(at) or paired:
        return False
    after = _skip(sentence, at + 1, +1, "filler")
    return sentence.parted(at + 1) or sentence.kind(after) not in ("category", "named")


def _skip(sentence: Sentence, at: int, step: int, *passed: str) -> int:
    """Return the first place from ``at`` on, or back, that is none of these kinds or words, or stands past a comma."""
    while sentence.kind(at) in passed or (sentence.kind(at) == "small" and sentence.value(at) in passed):
        if sentence.parted(at if step > 0 else at + 1):
            break
        at += step
    return at


def _shares(chosen: Sequence[_Mention]) -> tuple[float, ...]:
    if len(chosen) == MOST_COLORS:
        unequal = chosen[0].role != chosen[1].role
        return (1 - _FIGURES_SHARE, _FIGURES_SHARE) if unequal else (0.5, 0.5)
    return tuple(_FIGURES_SHARE if mention.role == "figure" else 1.0 for mention in chosen)
