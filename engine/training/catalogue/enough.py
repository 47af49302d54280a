"""Whether a catalogue is enough to learn from, told before anything is learned."""

from __future__ import annotations

from collections.abc import Sequence

from engine.generation.condition import MOST_CATEGORIES
from engine.training.catalogue.errors import CatalogueRefusedError
from engine.training.catalogue.held_out import HELD_OUT_OF, held_out
from engine.training.catalogue.records import Item

LEAST_PICTURES = 30
"""Photos at first, and pictures that cleaning leaves of them: the figures at the end cannot be measured with a few."""
LEAST_EACH = 4  # of a category, on average
LEAST_CATEGORIES = 2
ADVISED_HELD_OUT = 20  # pictures: one more that is right changes the share of right ones by a twentieth


def require_enough(categories: Sequence[str], whose: str) -> None:
    """Raise CatalogueRefusedError for too few pictures, or of too few or too many categories.

    ``categories`` names that of each picture; ``whose``: what holds the pictures, for the message.
    """
    kinds = len(set(categories))
    least = max(LEAST_PICTURES, LEAST_EACH * kinds)
    if len(categories) >= least and LEAST_CATEGORIES <= kinds <= MOST_CATEGORIES:
        return
    one_alone = (
        "; a classifier has to tell categories apart before a generator can learn from it: divide yours by what can be "
        "seen (such as rings-gold and rings-silver), or add other products"
    )
    raise CatalogueRefusedError(
        f"{whose} holds {len(categories)} pictures (categories: {kinds}); needed: {least} or more, "
        f"in {LEAST_CATEGORIES} to {MOST_CATEGORIES} categories{one_alone if kinds == 1 else ''}"
    )


def doubt_of(items: Sequence[Item]) -> str | None:
    """Return what to warn of before a catalogue is learned from; None where enough of it is held out."""
    kept_out = sum(held_out(items))
    if kept_out >= ADVISED_HELD_OUT:
        return None
    return (
        f"{len(items) - kept_out} pictures to learn from and {kept_out} held out: the best weights of the classifiers "
        f"and of the autoencoder are chosen by those {kept_out}, which is chance for fewer than {ADVISED_HELD_OUT} "
        f"(about {ADVISED_HELD_OUT * HELD_OUT_OF} pictures in all); look at the sample sheets rather than at the "
        "figures, or add photos"
    )
