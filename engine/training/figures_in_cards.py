"""Writes what was measured of a generator into the cards of its exported networks. Needs no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.training.cards import read_card, write_card
from engine.training.errors import RefusedError
from engine.training.public_commands import public

OF_THE_ENCODER = ("psnr_db", "ssim")
"""The figures that tell how well photos come back; the others tell what is made anew."""


def write_figures(figures: Path, of: str, generator: Path, encoder: Path) -> None:
    """Write the figures of the generator named ``of`` into its card and its encoder's, all others' as baselines.

    ``figures``: what compare wrote with ``--json``; the others: the folders of their weights. The generator's card is
    written last: once it has figures, both have. Raises RefusedError where the file is another, or knows no such name
    or one without figures of an encoder, as that of photos.
    """
    told = _read(figures)
    if of not in told["rows"]:
        raise RefusedError(f"{figures} has no {of!r}; it has {', '.join(told['rows'])}")
    if not any(figure in told["rows"][of] for figure in OF_THE_ENCODER):
        lacking = " nor ".join(OF_THE_ENCODER)
        raise RefusedError(f"{figures} has neither {lacking} of {of!r}: that is no generator with an encoder")
    entries = [_entry(told, of, figure) for figure in told["rows"][of]]
    for folder, belongs in ((encoder, True), (generator, False)):
        own = [entry for entry in entries if (entry["name"] in OF_THE_ENCODER) is belongs]
        write_card(folder, read_card(folder) | {"metrics": own})


def _read(figures: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
        _ = told["rows"], told["seeds"], told["count"], told["command"]
    except (ValueError, KeyError, TypeError) as error:
        raise RefusedError(f"{figures} is not what compare writes with --json: {error!r}") from error
    return told


def _entry(told: dict[str, Any], of: str, figure: str) -> dict[str, Any]:
    """One figure as a card tells it, with half the width of its 95 % interval where it has one."""
    own = told["rows"][of][figure]
    others = {name: row[figure]["mean"] for name, row in told["rows"].items() if name != of and figure in row}
    made = f"pictures made for the conditions of photos, up to {told['count']} a seed, {told['seeds']} seeds"
    entry: dict[str, Any] = {
        "name": figure,
        "set": "held-out photos" if figure in OF_THE_ENCODER else made,
        "value": _rounded(own["mean"]),
    }
    if own["half"] is not None:
        entry["interval"] = _rounded(own["half"])
    baseline = {name: _rounded(value) for name, value in others.items()}
    return entry | {"baseline": baseline, "command": public(told["command"])}


def _rounded(value: float) -> float:
    """To four significant digits."""
    return float(f"{value:.4g}")
