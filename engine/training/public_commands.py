"""Commands as a card may tell them: without the folders of the machine that they ran on."""

from __future__ import annotations

import re
import shlex


def public(command: str) -> str:
    """Return a command without the folders that its paths lie in: they concern the machine that it ran on alone.

    Of runs/ and what lies in it the name is kept whole; of any other absolute path the last part.
    """
    words = (_public_word(word) for word in shlex.split(command))
    return " ".join(word if word == ";" else shlex.quote(word) for word in words)


def _public_word(word: str) -> str:
    """A path, or one after names with "=" behind them: ``ours=PATH``, ``--data=PATH``, ``--runs=ours=PATH``."""
    named = re.match(r"(?:-{0,2}\w[\w-]*=)*", word)
    name = named.group() if named else ""
    path = word[len(name) :]
    _, runs, within = path.rpartition("/runs/")
    if runs:
        return f"{name}runs/{within}"
    return name + (path.rstrip("/").rpartition("/")[2] if path.startswith("/") else path)
