"""What a sentence rules out ("no black", 不太短, "anything but red"), how far that reaches: none of it is chosen.

A negation holds for what stands directly behind it: colours with their shades, a pattern, a length, sleeves, or a list
of such. A thing behind those is wanted without them ("no black dress"), unless another is asked for; one that stands
there alone is not wanted ("no shoes").
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from engine.generation.sentence import Sentence

_WHY = "what is wanted can be asked for, not what is not"
_NOT = ("not", "dislike")
_OR = ("or", "nor", "或", "或者")
_OF = "的"
_COLOR_WORDS = ("color", "colors", "colored", "colour", "colours", "coloured", "tone", "tones", "色", "颜色")
_DEGREES = ("too", "so", "overly", "very", "really", "quite", "that", "太", "那么", "这么", "过于", "很", "非常")
_ANY = ("any", "all", "every", "anything", "everything", "whatever", "任何")
_LETTERS = {"shade": "s", "color": "c", "aspect": "a", "sleeve": "v", "pattern": "p", "filler": "f"}
_LETTERS |= {"category": "t", "named": "t", "unknown": "u", "ordinary": "u"}
_SMALL = {"and": "&", "with": "w", "outside": "x"}

# A sentence as two signs a piece: what stands before it (- nothing, / a sign of a list, "," another), and its letter of
# those above, or d for 的, k for a word like "colour", g for one of degree, o for "or", "." for the rest. What "not so
# short" rules out ends with the length: "not so short red dress" is red.
_COLORS = r"[sc](?:-[sc])*(?:-k)?"
_RUN = r"(?<=g-)a|[scav](?:(?:-[dk])*-[scav])*(?:(?:-[dk])*-p(?:-p)*)?(?:-k)?|p(?:-p)*"
_ELEMENT = rf"(?:(?:{_RUN})(?:(?:-[dk])*-u)?|u|t)"
_ENDED_BY_OR = r"(?:(?:,{0})+[-,]o(?:-[fgw])*-{0})"
_AND = r"-&-(?:(?<=[sck]-&-)[scp]|(?<=p-&-)p|(?<=t-&-)t)"
_REACH = re.compile(
    rf"(?:-[fdkgw])*(?:-(?:{_COLORS}{_ENDED_BY_OR.format(_COLORS)}|p{_ENDED_BY_OR.format('p')}"
    rf"|{_ELEMENT}(?:(?:-o(?:-[fgw])*-|/){_ELEMENT}|(?={_AND})-&-{_ELEMENT})*)(?:-x)?)?"
)
_THING_BEHIND = re.compile(r"(?:-[dk])*-t")
_ENDING_BEFORE = re.compile(r"[scavpt](?:-[scavptdko&])*$")
_UP_TO_PATTERN = re.compile(r"(?:[-/,][fdkgwsco&])*(?:[-/,][fdkgwsco&p])*[-/,]p")


@dataclass(frozen=True)
class _Reach:
    """What a negation at ``at`` rules out, up to ``last``, and the thing behind that, which is wanted, if any."""

    at: int
    last: int
    thing: int | None


def read_negations(sentence: Sentence) -> bool:
    """Dispose of "no" and what it belongs to; return whether a pattern was ruled out."""
    before = [_refuse_before(sentence, at) for at in sentence.places("small") if _is_behind(sentence, at)]
    reaches = _reaches(sentence)
    ruled_out = {place for reach in reaches for place in (*range(reach.at, reach.last + 1), reach.thing)}
    wanted = [at for at in sentence.places("category", "named", "pattern") if at not in ruled_out]
    return any([*before, *[_rule_out(sentence, reach, wanted) for reach in reaches]])


def _reaches(sentence: Sentence) -> list[_Reach]:
    """Return what is ruled out; a "nor" within the list of a "neither" begins none of its own."""
    found: list[_Reach] = []
    for at in sentence.places("small"):
        if _negates(sentence, at) and not (found and at <= found[-1].last):
            found.append(_reach(sentence, at))
    return found


def _negates(sentence: Sentence, at: int) -> bool:
    """Whether a word is a "not", or the "but" of "any shirt but black"."""
    if sentence.value(at) != "but":
        return sentence.value(at) in _NOT
    first = at
    while not sentence.parted(first):
        first -= 1
    any_at_all = any(sentence.words(place, place).casefold().partition(" ")[0] in _ANY for place in range(first, at))
    return any_at_all and re.match(r"(?:-[fg])?-[scavpt]", _signs(sentence, at + 1)) is not None


def _is_behind(sentence: Sentence, at: int) -> bool:
    """Whether a word rules out what stands before it: "pattern: none", 条纹不要, 黑色以外."""
    if sentence.parted(at) and sentence.value(at - 1) != "any":
        return False
    return sentence.value(at) == "outside" or (sentence.value(at) in _NOT and sentence.parted(at + 1))


def _refuse_before(sentence: Sentence, at: int) -> bool:
    if sentence.kind(at - 1) == "pattern":
        sentence.read(at - 1, at, "pattern", "plain")
        return True
    found = _ENDING_BEFORE.search(_signs(sentence, 0, at))
    if found and not (sentence.value(at) == "outside" and _negates(sentence, found.start() // 2 - 1)):
        sentence.refuse(found.start() // 2, at, _WHY)
    return False


def _reach(sentence: Sentence, at: int) -> _Reach:
    signs = _signs(sentence, at + 1)
    found = _REACH.match(signs)
    assert found is not None
    behind = _THING_BEHIND.match(signs, found.end())
    last = at + found.end() // 2
    return _Reach(at, last, at + behind.end() // 2 if behind and last > at else None)


def _rule_out(sentence: Sentence, reach: _Reach, wanted: Sequence[int]) -> bool:
    """Refuse what is ruled out, or read it as plain where it is patterns; return whether it was those.

    ``wanted``: the places of the things and patterns that are asked for.
    """
    at, last = reach.at, reach.last
    another_thing = any(sentence.kind(place) != "pattern" for place in wanted)
    if another_thing and reach.thing is not None and sentence.kind(last) != "pattern":
        last = reach.thing
    patterns = _UP_TO_PATTERN.match(_signs(sentence, at + 1, last + 1))
    if patterns is None:
        sentence.refuse(at, last, _WHY)
        return False
    end = at + patterns.end() // 2
    unwanted = {sentence.value(place) for place in range(at, end + 1) if sentence.kind(place) == "pattern"}
    both = [place for place in wanted if _is_among(sentence.value(place), unwanted)]
    if "plain" in unwanted or both:
        why = f"{sentence.words(both[0], both[0])} is asked for too" if both else "say which pattern it shall have"
        sentence.refuse(at, last, why)
        return False
    sentence.read(at, end, "pattern", "plain")
    if last > end:
        sentence.refuse(end + 1, last, _WHY)
    return True


def _is_among(pattern: str, unwanted: Collection[str]) -> bool:
    """Whether a pattern is ruled out, by its name or with all of them; "any pattern" and plain never are."""
    if pattern in ("", "any", "whichever"):
        return False
    return pattern in unwanted or (pattern != "plain" and not {"any", "whichever"}.isdisjoint(unwanted))


def _signs(sentence: Sentence, first: int, end: int | None = None) -> str:
    places = range(first, len(sentence.pieces) if end is None else end)
    return "".join(_mark(sentence, at) + _letter(sentence, at) for at in places)


def _mark(sentence: Sentence, at: int) -> str:
    if at == 0 or not sentence.parted(at):
        return "-"
    sign = sentence.between(at).strip()
    return "-" if sign in (":", "：") else "/" if sign in ("/", "、") else ","


def _letter(sentence: Sentence, at: int) -> str:
    kind, word = sentence.kind(at), sentence.words(at, at).casefold()
    if kind == "filler":
        return "d" if word == _OF else "k" if word in _COLOR_WORDS else "g" if word in _DEGREES else "f"
    if kind == "small":
        return "o" if word in _OR else _SMALL.get(sentence.value(at), ".")
    return _LETTERS.get(kind, ".")
