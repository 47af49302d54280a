"""Single colours by what they are called: a code, or a word of the lexicon; what is not known, by what is near it.

Knows no text around the word and no picture: `words` reads those.
"""

from difflib import get_close_matches

from engine.generation.attributes import Color
from engine.generation.color_names import COLORS
from engine.generation.lexicon import load_lexicon
from engine.generation.orders import OrderRefusedError, colors_called

_NEAREST = 3
_ALIKE = 0.55


class UnknownColorError(ValueError):
    """No colour is called that; `nearest` are the names that are most alike, none where none is."""

    def __init__(self, name: str, nearest: tuple[str, ...]) -> None:
        known = " or ".join(nearest) if nearest else f"a word for one of {', '.join(color.name for color in COLORS)}"
        super().__init__(f"no colour is known as {name!r}; a colour is #rgb, #rrggbb, or {known}")
        self.nearest = nearest


def color_called(name: str) -> Color:
    """Return the colour of a name, English or Chinese, or a code. Raises UnknownColorError."""
    try:
        (color,) = colors_called((name,))
    except OrderRefusedError as error:
        raise UnknownColorError(name, _nearest(name)) from error
    return color


def _nearest(name: str) -> tuple[str, ...]:
    phrases = load_lexicon().phrases.items()
    known = sorted({" ".join(keys) for keys, meaning in phrases if meaning.kind == "color"})
    return tuple(get_close_matches(name.strip().casefold(), known, _NEAREST, _ALIKE))
