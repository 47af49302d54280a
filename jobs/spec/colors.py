"""Colours in a spec: a hex code, or one of a few names that shops use for grounds. Read once, kept as #rrggbb."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

GROUND_COLORS: Mapping[str, str] = MappingProxyType(
    {
        "white": "#ffffff",
        "snow": "#fafafa",
        "ivory": "#fffff0",
        "cream": "#fff6e5",
        "linen": "#faf0e6",
        "beige": "#ede3d0",  # CSS' own is greenish
        "sand": "#e6d5b8",
        "taupe": "#b7a99a",
        "blush": "#f6dfdb",
        "pink": "#ffc0cb",
        "lavender": "#e6e6fa",
        "sky": "#dcebf7",
        "mint": "#ddf1e4",
        "sage": "#c3cdb8",
        "lightgrey": "#d3d3d3",
        "silver": "#c0c0c0",
        "grey": "#808080",
        "slate": "#708090",
        "charcoal": "#36393d",
        "black": "#000000",
        "navy": "#000080",
        "blue": "#0000ff",
        "teal": "#008080",
        "green": "#008000",
        "olive": "#808000",
        "yellow": "#ffff00",
        "gold": "#ffd700",
        "orange": "#ffa500",
        "coral": "#ff7f50",
        "red": "#ff0000",
        "burgundy": "#800020",
        "brown": "#8b5e3c",
        "purple": "#800080",
    }
)
"""Where CSS knows the name, and means the colour by it, the value is CSS'."""

_LONG = re.compile(r"#[0-9a-f]{6}")
_SHORT = re.compile(r"#[0-9a-f]{3}")


def _hex_of(text: str) -> str:
    told = text.strip().lower().replace("gray", "grey").replace(" ", "")
    if _LONG.fullmatch(told):
        return told
    if _SHORT.fullmatch(told):
        return "#" + "".join(2 * digit for digit in told[1:])
    if told not in GROUND_COLORS:
        known = ", ".join(GROUND_COLORS)
        raise PydanticCustomError("ground_color", "should be #rgb, #rrggbb or one of {known}", {"known": known})
    return GROUND_COLORS[told]


_TOLD = {
    "description": "a colour: #rgb, #rrggbb, or a ground's name such as ivory, sand or slate",
    "pattern": f"^(#[0-9a-fA-F]{{3}}|#[0-9a-fA-F]{{6}}|{'|'.join(GROUND_COLORS)})$",
}
GroundColor = Annotated[str, AfterValidator(_hex_of), Field(json_schema_extra=_TOLD)]
