"""The grammar: what a sentence asks for, its negations first. Every rule disposes of the words that it used."""

from __future__ import annotations

from engine.generation.attributes import Attributes
from engine.generation.categories import SLEEVES, Assortment
from engine.generation.coloring import read_colors
from engine.generation.lexicon import Concept, Meaning
from engine.generation.negations import read_negations
from engine.generation.sentence import Sentence

_STEP = 1.3  # from a thing's usual height over width to a "long" one: photos of clothes reach it in about one of ten
_THINGS = ("category", "named")
_SLEEVED = ("dress", "top", "outerwear")  # what has sleeves to be longer or shorter


def read_attributes(
    sentence: Sentence, assortment: Assortment, *, adjusts_sleeves: bool = False, category: str | None = None
) -> Attributes:
    """Return what a sentence asks for; the sentence knows afterwards what became of each of its words.

    ``adjusts_sleeves``: whether those of a product that is made can be told to be longer. They are no attribute: a
    phrase of that kind is all that tells of them. ``category``: what is asked for anyway, where the sentence names no
    other; sleeves then make no other of it.
    """
    _settle_names(sentence, settled=category is not None)
    negated = read_negations(sentence)
    named, concept = _read_category(sentence, assortment)
    if named is None and category is not None:
        named, concept = category, assortment.concept_of(Meaning("named", category))
    colors = read_colors(sentence)
    pattern = _read_pattern(sentence, negated)
    settled = category is not None and named == category
    named = _read_sleeves(sentence, assortment, named, concept, adjustable=adjusts_sleeves, settled=settled)
    return Attributes(named, colors, pattern, _read_aspect(sentence, concept))


def _settle_names(sentence: Sentence, *, settled: bool) -> None:
    """Decide on words that name a category but mean something else too ("orange", "longsleeve").

    They are a category only where no other is named, nor ``settled`` before.
    """
    doubtful = [at for at in sentence.places(*_THINGS) if _meaning(sentence, at).otherwise is not None]
    sure = [at for at in sentence.places(*_THINGS) if at not in doubtful]
    for at in doubtful if sure or settled else doubtful[:-1]:
        meaning = _meaning(sentence, at).otherwise
        assert meaning is not None
        sentence.reinterpret(at, meaning)


def _read_category(sentence: Sentence, assortment: Assortment) -> tuple[str | None, Concept | None]:
    """Return the category asked for and what is known of the thing. Of things in a row the last is meant."""
    chosen: str | None = None
    concept: Concept | None = None
    for run in _runs(sentence):
        last = run[-1]
        meaning = _meaning(sentence, last)
        category = assortment.category_of(meaning) or _sleeved(sentence, assortment, meaning)
        for at in run[:-1]:
            if category is not None and assortment.category_of(_meaning(sentence, at)) == category:
                sentence.read(at, at, "category", category)
            else:
                sentence.refuse(at, at, f"it was taken to say which {sentence.words(last, last)}")
        if category is None:
            sentence.refuse(last, last, assortment.why_not(meaning))
        elif chosen is None or chosen == category:
            sentence.read(last, last, "category", category)
            chosen, concept = category, concept or assortment.concept_of(meaning)
        else:
            sentence.refuse(last, last, f"a picture shows one product, and {chosen} was read first")
    return chosen, concept


def _sleeved(sentence: Sentence, assortment: Assortment, meaning: Meaning) -> str | None:
    """Return the category that the sleeves of a top decide on where its own name does not."""
    concept = assortment.concept_of(meaning)
    wanted = (assortment.exactly(SLEEVES.get(sentence.value(at), "")) for at in sentence.places("sleeve"))
    return next(wanted, None) if assortment.is_kind_of(concept, "top") else None


def _meaning(sentence: Sentence, at: int) -> Meaning:
    meaning = sentence.pieces[at].meaning
    assert meaning is not None
    return meaning


def _runs(sentence: Sentence) -> list[list[int]]:
    """Return the places of things, those together that follow each other at once."""
    runs: list[list[int]] = []
    for at in sentence.places(*_THINGS):
        if runs and runs[-1][-1] == at - 1 and not sentence.parted(at):
            runs[-1].append(at)
        else:
            runs.append([at])
    return runs


def _read_pattern(sentence: Sentence, negated: bool) -> str | None:
    places = sentence.places("pattern")
    told = [value for at in places if (value := sentence.value(at)) not in ("any", "whichever")]
    one_at_all = any(sentence.value(at) == "any" for at in places)
    chosen = told[0] if told else "printed" if one_at_all else None
    if chosen:
        sentence.revise("pattern", chosen)  # "no stripes" of a checked shirt
    for at in places:
        if sentence.value(at) in (chosen, "any", "whichever"):
            sentence.read(at, at, "pattern", chosen or "any")
        else:
            sentence.refuse(at, at, f"a product has one pattern here, and {chosen} was read first")
    return chosen or ("plain" if negated else None)


def _read_sleeves(
    sentence: Sentence,
    assortment: Assortment,
    category: str | None,
    concept: Concept | None,
    *,
    adjustable: bool,
    settled: bool,
) -> str | None:
    """Return the category, which sleeves may change: a shirt with long ones is a longsleeve where there is such.

    Not one that is ``settled``.
    """
    adjustable = adjustable and any(assortment.is_kind_of(concept, kind) for kind in _SLEEVED)
    first = "long" if concept is not None and concept.name == "longsleeve" and not settled else None
    for at in _sleeves_of_one_length(sentence, first):
        value = sentence.value(at)
        meant = assortment.exactly(SLEEVES[value])
        if assortment.is_kind_of(concept, SLEEVES[value]) and category is not None:
            sentence.read(at, at, "category", category)
        elif meant is not None and not settled and _may_become(assortment, concept, category, value):
            category = meant
            sentence.read(at, at, "category", meant)
            sentence.revise("category", meant)
        elif adjustable:
            sentence.read(at, at, "sleeves", value)
        else:
            sentence.refuse(at, at, f"sleeves cannot be asked of {category or 'a product without a category'}")
    return category


def _sleeves_of_one_length(sentence: Sentence, first: str | None) -> list[int]:
    """Return the places of sleeves as long as the ``first`` ones named; refuse the others."""
    found = []
    for at in sentence.places("sleeve"):
        value = sentence.value(at)
        if value not in SLEEVES:
            sentence.refuse(at, at, "sleeves are long, short or none here")
        elif first in (None, value):
            first = value
            found.append(at)
        else:
            named = "no sleeves" if first == "none" else f"{first} ones"
            sentence.refuse(at, at, f"sleeves have one length, and {named} were named first")
    return found


def _may_become(assortment: Assortment, concept: Concept | None, category: str | None, sleeves: str) -> bool:
    if category is None:
        return True
    if sleeves == "long":
        return assortment.is_kind_of(concept, "top")
    return concept is not None and concept.name in ("top", "t-shirt")


def _read_aspect(sentence: Sentence, concept: Concept | None) -> float | None:
    """Return the height over width that "long", "wide" and the like ask for, from what is usual for the thing."""
    chosen: tuple[str, float] | None = None
    for at in sentence.places("aspect"):
        word = sentence.value(at)
        grows = _direction(word, concept)
        if grows is None or concept is None or concept.aspect is None:
            why = f"it does not show in the outline of a {concept.name}" if concept else "of which product?"
            sentence.refuse(at, at, why)
        elif chosen is None or chosen[0] == grows:
            sentence.read(at, at, "aspect", grows)
            chosen = grows, round(concept.aspect * (_STEP if grows == "taller" else 1 / _STEP), 2)
        else:
            sentence.refuse(at, at, f"{chosen[0]} than usual was read first")
    return chosen[1] if chosen else None


def _direction(word: str, concept: Concept | None) -> str | None:
    """Return "taller" or "wider", or None where a thing has no length that shows in its outline (a hat's)."""
    if word in ("taller", "wider"):
        return word
    long = concept.long if concept else None
    if long is None:
        return None
    return "taller" if (word == "longer") == (long == "tall") else "wider"
