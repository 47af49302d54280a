"""Which of a generator's categories a thing belongs to: names as shops write their folders, and kinds of kinds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.generation.lexicon import Concept, Keys, Lexicon, Meaning, with_number
from engine.generation.tokens import keys_of

SLEEVES = {"long": "longsleeve", "short": "t-shirt", "none": "tank-top"}  # the tops that sleeves alone make a name of

_SHOWN = 12
_CAMEL_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])")


class Assortment:
    """The categories that a generator knows, and the concepts of the lexicon that they stand for.

    A thing is of the category that bears its name or a synonym of it ("tee" of T_Shirts); else of one that it is a kind
    of (sneakers of shoes); else of the only one that is a kind of it (jewellery of rings, where there is no necklace).
    """

    def __init__(self, categories: Sequence[str], lexicon: Lexicon) -> None:
        self.names = tuple(categories)
        self.named: dict[Keys, Meaning] = {}
        self._lexicon = lexicon
        self._exact: dict[str, str] = {}  # category by concept
        self._concepts: dict[str, str] = {}  # the nearest concept by category
        for category in self.names:
            self._learn(category)

    def category_of(self, meaning: Meaning) -> str | None:
        """Return the category of a phrase of kind "named" or "category", or None where there is none or several."""
        if meaning.kind == "named":
            return meaning.value
        for concept in self._ancestors(meaning.value):
            if concept in self._exact:
                return self._exact[concept]
        narrower = self._kinds_of(meaning.value)
        return narrower[0] if len(narrower) == 1 else None

    def exactly(self, concept: str) -> str | None:
        """Return the category that bears a concept's name or a synonym of it, or None."""
        return self._exact.get(concept)

    def why_not(self, meaning: Meaning) -> str:
        """Say why `category_of` found no category."""
        narrower = self._kinds_of(meaning.value)
        if narrower:
            return f"which of {_listed(narrower)}?"
        return f"this generator knows {_listed(self.names)}" if self.names else "this generator knows no categories"

    def concept_of(self, meaning: Meaning) -> Concept | None:
        """Return what is known of the thing that a phrase of kind "named" or "category" means."""
        if meaning.kind == "category":
            return self._lexicon.concepts[meaning.value]
        return self._lexicon.concepts.get(self._concepts.get(meaning.value, ""))

    def is_kind_of(self, concept: Concept | None, name: str) -> bool:
        """Whether a concept is, or is a kind of, the one called ``name``."""
        return concept is not None and name in self._ancestors(concept.name)

    def _learn(self, category: str) -> None:
        keys = keys_of(_CAMEL_CASE.sub(" ", category), self._lexicon.spellings)
        meaning = self._lexicon.phrases.get(keys)
        concept = _concept_meant(meaning)
        if concept is not None:
            self._exact.setdefault(concept, category)
            meaning = meaning.otherwise if meaning else None
        elif (concept := self._head(keys)) is None:
            concept = ""
        self._concepts[category] = concept
        for form in with_number(keys) if keys else ():
            known = self._lexicon.phrases.get(form)
            if known is None or (form == keys and known.kind != "sleeve"):
                self.named[form] = Meaning("named", category, otherwise=meaning)

    def _head(self, keys: Keys) -> str | None:
        """Return the concept of a name's last words: what wedding_bands are is not known, what bands are may be."""
        tails = (_concept_meant(self._lexicon.phrases.get(keys[start:])) for start in range(1, len(keys)))
        return next((concept for concept in tails if concept is not None), None)

    def _ancestors(self, concept: str) -> list[str]:
        """Return a concept and what it is a kind of, the nearest first."""
        found = [concept]
        for name in found:  # grows while it is read: breadth first
            found += [wider for wider in self._lexicon.concepts[name].kind_of if wider not in found]
        return found

    def _kinds_of(self, concept: str) -> list[str]:
        return [category for category, name in self._concepts.items() if name and concept in self._ancestors(name)]


def _concept_meant(meaning: Meaning | None) -> str | None:
    if meaning is None or meaning.kind not in ("category", "sleeve"):
        return None
    return SLEEVES.get(meaning.value) if meaning.kind == "sleeve" else meaning.value


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
