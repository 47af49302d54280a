"""`--preset`: the channels that pictures are made for."""

import re
from collections.abc import Callable
from typing import Any

import click


def preset_option(told: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """`--preset`, as often as wanted; the command gets `presets`, a list of names, each once."""
    return click.option("--preset", "presets", multiple=True, callback=_read, metavar="NAME", help=told)


def _read(_ctx: click.Context, _param: click.Parameter, texts: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(name for text in texts for name in re.split(r"[\s;,]+", text) if name))
