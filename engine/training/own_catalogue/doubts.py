"""Whether a generator that was trained to the end has learned anything, from the figures that are measured anyway."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.training.generation.compare import FLOOR
from engine.training.log import LOG_FILE, read_log

HARDLY = 0.1  # of the way from always naming the commonest category to always naming the right one
ALIKE = 0.1  # of the diversity of photos
WHAT_TO_DO = (
    "train longer (a larger --scale), or look at the photos: whether there are enough of each category, and whether a "
    "person could tell the categories apart"
)


def doubt_of(figures: Path, classifier: Path, generator: str, categories: Sequence[str]) -> str | None:
    """Return what to warn of; None for a generator that has learned what it was to.

    ``figures``: the file of them, ``classifier``: the folder of its training, ``generator``: what the row of the
    generator is called, ``categories``: that of each picture of the catalogue. The commonest one's share is what always
    naming it would be right in.
    """
    rows: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))["rows"]
    right = max(entry["val_accuracy"] for entry in read_log(classifier / LOG_FILE))
    known, made = rows[FLOOR]["category"]["mean"], rows[generator]["category"]["mean"]
    commonest = max(Counter(categories).values()) / len(categories)
    little = commonest + HARDLY * (1 - commonest)
    by_chance = f"always naming the commonest category would be right in {commonest:.0%}"
    found = []
    if min(right, known) < little:
        told = f"the classifier names that of {right:.0%} of the photos held out, the judge of {known:.0%} of its own"
        found.append(f"the categories cannot be told apart yet: {told} ({by_chance})")
    alike = rows[generator]["diversity"]["mean"] < ALIKE
    if made < little or alike:
        told = f"the judge sees the category that was asked for in {made:.0%} of its pictures ({by_chance})"
        told += ", and those of one category are all but alike" if alike else ""
        found.append(f"the generator has not learned the categories yet: {told}")
    return f"{'; '.join(found)}; {WHAT_TO_DO}" if found else None
