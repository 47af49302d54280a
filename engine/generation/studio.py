"""The studio: orders in, chosen pictures out. Knows the networks only as callables; no engine, no job, no file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Protocol

from engine.generation.attributes import Attributes
from engine.generation.candidates import Candidate, Casting, Choice, Effort, Fault, choose
from engine.generation.condition import condition_vector
from engine.generation.cutouts import Cutout
from engine.generation.description import describe
from engine.generation.facts import Facts
from engine.generation.jury import CATEGORY, PATTERN, Jury, Seen, studio_standards
from engine.generation.networks import SIDE_PX, Ask
from engine.generation.orders import (
    Order,
    OrderRefusedError,
    Understanding,
    Variation,
    overruled,
    require_adjustable,
    understood,
)
from engine.generation.placing import placed
from engine.generation.sentence import Phrase
from engine.generation.shapes import WantedShape
from engine.generation.showing import shown_in
from engine.generation.strangeness import strangeness_of
from engine.generation.variations import Around, Between, Place
from engine.generation.wishes import Like, Wish
from engine.images import Floats, Image

__all__ = ["Ask", "Made", "Order", "OrderRefusedError", "Pictured", "Strangeness", "Studio", "Variation"]

_BUDGET = 2.0  # times the effort: candidates made at most for each picture wanted


@dataclass(frozen=True)
class Pictured:
    """One picture that was chosen.

    What it shows is measured when that is first asked, unless the choice needed it: 40 ms, in which networks can
    already enlarge it.
    """

    picture: Image  # uint8 [SIDE_PX,SIDE_PX,3], the product on white
    number: int  # of the order's seed: the same order with the same seed makes it again
    asked: Attributes  # what the generator was told to show; nothing is open in it
    seen: str  # its category, by the classifier
    scores: Mapping[str, float]
    quality: float
    faults: tuple[Fault, ...]  # of its making; () for a good one; `differences` are told apart
    wanted: Attributes  # what it must be seen to show: what somebody asked for; None for what was open
    measured: Attributes | None = None  # what it shows, where the choice needed it
    shape: WantedShape = field(default_factory=WantedShape)  # as `wanted`

    @cached_property
    def shown(self) -> Attributes:
        """What is seen in it: the category by the classifier, the rest measured; None and () for nothing."""
        return shown_in(self.picture, self.seen) if self.measured is None else self.measured

    @cached_property
    def differences(self) -> tuple[Fault, ...]:
        """In what it does not show what was asked for: category, pattern, shape; colours have a score of their own."""
        pairs = {CATEGORY: (self.wanted.category, self.seen), PATTERN: (self.wanted.pattern, self.shown.pattern)}
        seen_so = (
            Fault(name, f"{wanted} was asked for, and it looks {'like ' * (name == CATEGORY)}{seen}")
            for name, (wanted, seen) in pairs.items()
            if wanted is not None and seen is not None and seen != wanted
        )
        return *seen_so, *self.shape.differences(self.picture)


@dataclass(frozen=True)
class Strangeness:
    """How unlike the catalogue a photo's product is; see `strangeness.strangeness`."""

    score: float
    quantile: float  # 0 to 1: the share of held-out photos that are less strange


@dataclass(frozen=True)
class Made:
    """What became of an order."""

    pictures: tuple[Pictured, ...]  # `count` of them, best first; on a way towards a product, in its order
    understood: tuple[Phrase, ...]  # of the text
    unknown: tuple[str, ...]  # words of the text that could not be followed, each with its reason
    candidates: int  # made in all
    left: Mapping[str, int]  # how many candidates were left for each reason
    strangeness: Strangeness | None = None  # of a variation's photo


class Source(Protocol):
    """Where candidates' vectors come from: picture k depends on the source and k alone."""

    def vectors(self, count: int, start: int = 0) -> Floats:
        """Return what the generator is given for the pictures from number `start` on."""
        ...

    def shown(self, number: int) -> Attributes:
        """Return what a picture is to show."""
        ...


class Studio:
    """Makes pictures with one generator; any thread, as far as `ask` allows.

    Picture k of a seed is the same however many are wanted, but on a way towards a product, which is divided by them.
    Which ones are chosen is not: of more, others are best. ``pause`` is called before each photo's product and each
    second look; what it raises ends the order.
    """

    def __init__(self, facts: Facts, ask: Ask, pause: Callable[[], None] = lambda: None) -> None:
        self.facts = facts
        self._ask = ask
        self._pause = pause

    def understand(self, order: Order) -> Understanding:
        """Return what an order asks for, likes aside. Raises OrderRefusedError as `generate`."""
        require_adjustable(order.adjust, self.facts.adjustable)
        return understood(order, self.facts.categories, self.facts.adjustable)

    def generate(self, order: Order) -> Made:
        """Return new pictures. Raises OrderRefusedError for what this generator cannot be asked for.

        What an order and its likes leave open is filled in as in the catalogue. Raises ValueError where nothing of a
        like is to be seen.
        """
        meant = self.understand(order)
        homes = map(self._home, order.likes)
        likes = tuple(Like(home.place.shows, home.place.latent) for home in homes)
        wish = Wish(self.facts, order.seed, meant.asked, likes, order.like_strength, order.mix, meant.steps)
        effort = Effort(order.count, order.effort, _BUDGET * order.effort)
        return self._made(wish, effort, meant, meant.asked, distinct=True)

    def require_possible(self, variation: Variation) -> None:
        """Raise OrderRefusedError as `vary`, whatever the product is."""
        require_adjustable(variation.adjust, self.facts.directions.found)
        overruled(Attributes(), variation)

    def vary(self, variation: Variation, product: Cutout) -> Made:
        """Return variations of a product that was cut out of its photo (`cutouts.cut_out`).

        They may be near-duplicates: a small strength asks for no more. At a strength of 0 all are the same, and no
        more candidates are made than are wanted. Raises OrderRefusedError as `generate`, and ValueError where nothing
        of a product is to be seen.
        """
        self.require_possible(variation)
        home = self._home(product)
        first = replace(home.place, shows=overruled(home.place.shows, variation))
        if variation.towards is None:
            made = self._around(first, variation)
        else:
            made = self._way(first, self._home(variation.towards).place, variation)
        return replace(made, strangeness=self._strangeness(home))

    def _around(self, first: Place, variation: Variation) -> Made:
        """Return the best of the pictures around a product, of its category."""
        around = Around(self.facts, variation.seed, first, variation.strength, variation.adjust, variation.as_seen)
        tries = variation.effort if variation.strength > 0 else 1
        effort = Effort(variation.count, tries, _BUDGET * tries if variation.strength > 0 else 1)
        wanted = Attributes(first.shows.category, pattern=variation.pattern)
        meant = Understanding(first.shows, steps=variation.adjust)
        return self._made(around, effort, meant, wanted, distinct=False)

    def _way(self, first: Place, last: Place, variation: Variation) -> Made:
        """Return the pictures on the way between two products, in its order: there is no choice among them."""
        last = replace(last, shows=overruled(last.shows, variation))
        seen = variation.as_seen
        way = Between(self.facts, variation.seed, first, last, variation.count, variation.adjust, seen)
        wanted = Attributes(pattern=variation.pattern)
        meant = Understanding(first.shows, steps=variation.adjust)
        made = self._made(way, Effort(variation.count, 1, 1), meant, wanted, distinct=False)
        return replace(made, pictures=tuple(sorted(made.pictures, key=lambda each: each.number)))

    def _made(
        self, source: Source, effort: Effort, meant: Understanding, wanted: Attributes, *, distinct: bool
    ) -> Made:
        """Choose; ``wanted`` is what the pictures must be seen to show: pattern and shape have a say in the choice."""
        shape = WantedShape(wanted.aspect, meant.steps)
        jury = Jury(self.facts, self._ask, wanted.pattern, shape, self._pause)
        choosing = effort.most > 1 and (wanted.pattern is not None or shape.chooses)
        look = jury.second_look if choosing else None
        casting = Casting(source.vectors, self._ask.make, jury.opinions, look)
        standards = studio_standards(distinct=distinct, of_category=wanted.category is not None)
        choice = choose(effort, casting, standards)
        pictures = tuple(_pictured(candidate, source, jury, wanted, shape) for candidate in choice.best)
        made = len(choice.best) + len(choice.left)
        return Made(pictures, meant.understood, meant.unknown, made, _reasons(choice))

    def _home(self, product: Cutout) -> _Home:
        """Return what a product shows, its category as the classifier sees it, and where it lies."""
        self._pause()
        picture = placed(product, SIDE_PX).image[None]
        seen = Seen(self._ask.classify(picture), self.facts.categories)
        shows = describe(product).attributes(seen.categories[0])
        condition = condition_vector(shows, self.facts.categories)[None]
        own = self._ask.encode(picture)
        place = Place(shows, self.facts.normal(own, condition)[0])
        return _Home(place, picture, condition, own, seen.features)

    def _strangeness(self, home: _Home) -> Strangeness:
        known = home.picture, home.condition, home.own, home.features
        (score,) = strangeness_of(self._ask, self.facts, *known).tolist()
        return Strangeness(score, self.facts.anomaly_quantile(score))


@dataclass(frozen=True)
class _Home:
    """Where a photo's product lies, and what the networks made of it: rows of one each."""

    place: Place
    picture: Image
    condition: Floats
    own: Floats  # the encoder's latent, in the generator's space
    features: Floats  # the classifier's


def _pictured(candidate: Candidate, source: Source, jury: Jury, wanted: Attributes, shape: WantedShape) -> Pictured:
    return Pictured(
        picture=candidate.picture,
        number=candidate.number,
        asked=source.shown(candidate.number),
        seen=jury.seen[candidate.number],
        scores=candidate.scores,
        quality=candidate.quality,
        faults=tuple(fault for fault in candidate.faults if fault.reason != CATEGORY or wanted.category is None),
        wanted=wanted,
        shape=shape,
        measured=jury.shown.get(candidate.number),
    )


def _reasons(choice: Choice) -> Mapping[str, int]:
    """Return how many of those left had each fault."""
    return Counter(reason for candidate in choice.left for reason in {fault.reason for fault in candidate.faults})
