import numpy as np

from engine.generation.attributes import PATTERNS
from engine.generation.categories import SLEEVES
from engine.generation.color_names import COLORS, color_called, nearest_color
from engine.generation.coloring import shaded
from engine.generation.lexicon import load_lexicon
from engine.generation.words import understand
from engine.quality.metrics import delta_e2000, srgb_to_lab


def test_every_colour_is_called_by_its_name():
    for color in COLORS:
        got = understand(color.name, ()).attributes.colors
        assert [(one.name, one.srgb) for one in got] == [(color.name, color.srgb)]


def test_shades_look_like_the_colour_that_they_are_a_shade_of():
    for keys, meaning in load_lexicon().phrases.items():
        if meaning.kind != "color":
            continue
        assert meaning.srgb is not None
        family = color_called(meaning.value)
        assert family is not None
        first, second = (srgb_to_lab(np.array(srgb, np.uint8)) for srgb in (meaning.srgb, family.srgb))
        assert nearest_color(meaning.srgb) == family or float(delta_e2000(first, second)) < 21, keys


def test_the_words_of_each_kind_are_those_that_the_grammar_knows():
    values: dict[str, set[str]] = {}
    for meaning in load_lexicon().phrases.values():
        values.setdefault(meaning.kind, set()).add(meaning.value)
    assert values["pattern"] == {*PATTERNS, "any", "whichever"}
    assert values["sleeve"] == {*SLEEVES, "middle"}
    assert values["aspect"] == {"taller", "wider", "longer", "shorter"}
    for shade in values["shade"]:
        assert len(shaded((120, 80, 40), shade)) == 3


def test_ordinary_words_are_none_that_the_lexicon_knows():
    lexicon = load_lexicon()
    assert not [word for word in lexicon.ordinary if (word,) in lexicon.phrases]


def test_things_that_grow_longer_have_a_usual_aspect():
    for concept in load_lexicon().concepts.values():
        assert concept.long in (None, "tall", "wide")
        assert concept.aspect is None or 0.2 < concept.aspect < 4
        assert concept.long is None or concept.aspect is not None
