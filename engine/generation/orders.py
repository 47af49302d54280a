"""What the studio is asked for: new pictures from words, attributes and likes, or variations of one photo's product.

What of it this generator cannot do is refused here, before anything is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from engine.generation.attributes import PATTERNS, Attributes, Color
from engine.generation.color_names import COLORS, color_of_code, nearest_color
from engine.generation.cutouts import Cutout
from engine.generation.lexicon import load_lexicon
from engine.generation.sentence import Phrase
from engine.generation.tokens import keys_of
from engine.generation.words import Understood, understand

MOST_COLORS = 2  # as many as a condition holds
_SECOND_SHARE = 0.3  # of the product, where two colours are asked for, the main one first
_SLEEVES = {"long": 2.0, "short": 0.5, "none": -2.0}  # in deviations of how much of them a category's products have
_OF_ITS_SHAPE = ("category", "aspect", "sleeves")


class OrderRefusedError(ValueError):
    """Something asked for is not to be had from this generator; `field` names it as `Order` and `Variation` do."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Mix:
    """A share (0..1) of each latent's places, taken from the latent of the same number of another seed."""

    seed: int
    share: float


@dataclass(frozen=True)
class Order:
    """New pictures. All may be left open; `category`, `colors`, `pattern` and `aspect` win over what the text says."""

    seed: int
    count: int = 1
    effort: float = 2.0  # from 1: candidates made for each picture, and up to twice as many where they are poor
    text: str = ""
    category: str | None = None  # one of the generator's categories, case aside
    colors: tuple[str, ...] = ()  # one or two, the main one first: words of the lexicon for colours, #rgb or #rrggbb
    pattern: str | None = None  # one of PATTERNS
    aspect: float | None = None  # height by width, above 0
    likes: tuple[Cutout, ...] = ()  # the products of pictures that were liked
    like_strength: float = 0.5  # 0 to 1: how far latents are pulled to the likes'
    mix: Mix | None = None
    adjust: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # deviations by direction's name


@dataclass(frozen=True)
class Variation:
    """Other pictures of a photo's product; colours, a pattern and directions replace what is seen on it."""

    seed: int
    count: int = 4
    effort: float = 2.0  # as of an order; a way `towards` another product is made as it is, without more candidates
    strength: float = 0.3  # 0: the product as the generator sees it; 1: a new one of its category, colours and shape
    towards: Cutout | None = None  # the pictures lie evenly on the way to this product instead; `strength` is not used
    colors: tuple[str, ...] = ()
    pattern: str | None = None
    adjust: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def as_seen(self) -> bool:
        """Whether colours and pattern stay as they are on the photo."""
        return not self.colors and self.pattern is None


@dataclass(frozen=True)
class Understanding:
    """What an order asks for, and what became of its words."""

    asked: Attributes
    understood: tuple[Phrase, ...] = ()
    unknown: tuple[str, ...] = ()
    steps: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))  # along directions, in deviations


def understood(order: Order, categories: Sequence[str], adjustable: Sequence[str] = ()) -> Understanding:
    """Return what an order asks of a generator of these categories; what it says apart from the text wins.

    ``adjustable``: the quantities that the generator can be asked for more or less of; all steps are along those.

    Raises OrderRefusedError for a category, colour, pattern or aspect that is not to be had.
    """
    wanted = None if order.category is None else _category(order.category, categories)
    words = understand(order.text, categories, adjusts_sleeves="sleeves" in adjustable, category=wanted)
    read = words.attributes
    if wanted is not None and read.category != wanted:
        words = _without(words, lambda phrase: _of_another(phrase, read.category, wanted))
        read = replace(read, category=wanted, aspect=None)
    asked = replace(
        read,
        colors=colors_called(order.colors) or read.colors,
        pattern=_pattern(order.pattern) or read.pattern,
        aspect=read.aspect if order.aspect is None else _aspect(order.aspect),
    )
    words = _without(words, lambda phrase: _overruled_by(order, phrase, asked, read))
    steps = {phrase.kind: _SLEEVES[phrase.value] for phrase in words.understood if phrase.kind == "sleeves"}
    return Understanding(asked, words.understood, words.unknown, {**steps, **order.adjust})


def _without(words: Understood, why_not: Callable[[Phrase], str]) -> Understood:
    """Return the same with the phrases that there is a reason against among those not followed; "" is no reason."""
    reasons = [why_not(phrase) for phrase in words.understood]
    pairs = list(zip(words.understood, reasons, strict=True))
    kept = tuple(phrase for phrase, reason in pairs if not reason)
    lost = tuple(f"{phrase.words}: {reason}" for phrase, reason in pairs if reason)
    return replace(words, understood=kept, unknown=words.unknown + lost)


def _of_another(phrase: Phrase, read: str | None, wanted: str) -> str:
    """Say why a phrase about the shape of one category is not followed for another."""
    if phrase.kind not in _OF_ITS_SHAPE:
        return ""
    return f"{wanted} was asked for" if phrase.kind == "category" else f"it was said of a {read}, not of a {wanted}"


def _overruled_by(order: Order, phrase: Phrase, asked: Attributes, read: Attributes) -> str:
    """Say which part of an order, if any, wins over a phrase that says otherwise."""
    if phrase.kind == "color" and order.colors:
        agrees = phrase.value in {color.name for color in asked.colors}
        return "" if agrees else f"{' and '.join(order.colors)} was asked for"
    if phrase.kind == "pattern" and order.pattern is not None:
        return "" if phrase.value in (order.pattern, "any") else f"{order.pattern} was asked for"
    if phrase.kind == "aspect" and order.aspect is not None and read.aspect is not None:
        agrees = order.aspect >= read.aspect if phrase.value == "taller" else order.aspect <= read.aspect
        return "" if agrees else f"an aspect of {order.aspect:g} was asked for"
    if phrase.kind == "sleeves" and order.adjust.get("sleeves", _SLEEVES[phrase.value]) != _SLEEVES[phrase.value]:
        return f"sleeves of {order.adjust['sleeves']:g} deviations were asked for"
    return ""


def overruled(seen: Attributes, variation: Variation) -> Attributes:
    """Return what is seen on a photo with the colours and the pattern that a variation asks for instead.

    Raises OrderRefusedError for those that are not to be had.
    """
    colors = colors_called(variation.colors) or seen.colors
    pattern = _pattern(variation.pattern) or seen.pattern
    if variation.pattern == "plain" and not variation.colors and colors:
        colors = (replace(colors[0], share=1.0),)
    return replace(seen, colors=colors, pattern=pattern)


def require_adjustable(adjust: Mapping[str, float], adjustable: Sequence[str]) -> None:
    """Raise OrderRefusedError for a quantity of which this generator cannot be asked for more or less."""
    strange = [name for name in adjust if name not in adjustable]
    if strange:
        raise OrderRefusedError(
            "adjust", f"this generator can adjust {', '.join(adjustable) or 'nothing'}; received {strange[0]!r}"
        )


def colors_called(names: Sequence[str]) -> tuple[Color, ...]:
    """Return the colours of these names or codes, the main one first. Raises OrderRefusedError for others."""
    if len(names) > MOST_COLORS:
        raise OrderRefusedError("colors", f"a product is given at most {MOST_COLORS} colours; received {len(names)}")
    shares = (1.0,) if len(names) == 1 else (1 - _SECOND_SHARE, _SECOND_SHARE)
    return tuple(_color(name, share) for name, share in zip(names, shares, strict=False))


def _color(name: str, share: float) -> Color:
    lexicon = load_lexicon()
    known = lexicon.phrases.get(keys_of(name, lexicon.spellings))
    if known is not None and known.kind == "color" and known.srgb is not None:
        return Color(known.value, known.srgb, share)
    srgb = color_of_code(name.strip())
    if srgb is None:
        there = ", ".join(color.name for color in COLORS)
        raise OrderRefusedError("colors", f"a colour is #rgb, #rrggbb or a word for one of {there}; received {name!r}")
    return Color(nearest_color(srgb).name, srgb, share)


def _category(name: str, categories: Sequence[str]) -> str:
    folded = name.strip().casefold()
    for category in categories:
        if category.casefold() == folded:
            return category
    raise OrderRefusedError("category", f"this generator knows {', '.join(categories)}; received {name!r}")


def _pattern(name: str | None) -> str | None:
    if name is not None and name not in PATTERNS:
        raise OrderRefusedError("pattern", f"a pattern is one of {', '.join(PATTERNS)}; received {name!r}")
    return name


def _aspect(aspect: float) -> float:
    if not aspect > 0:
        raise OrderRefusedError("aspect", f"an aspect (height by width) is above 0; received {aspect!r}")
    return aspect
