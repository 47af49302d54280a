"""Which of a catalogue's products are kept out of training, to measure and to choose by."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from engine.training.catalogue.records import Item

HELD_OUT_OF = 20  # one product in so many, by its name
LEAST_HELD_OUT = 2


def held_out(items: Sequence[Item]) -> list[bool]:
    """Return whether each product is kept out: by its name alone, one in `HELD_OUT_OF`.

    Where those are fewer than `LEAST_HELD_OUT`, the names next to theirs are kept out too. The last one of a category
    never is: it has to be learnt.
    """
    digests = [hashlib.sha256(item.source.encode(errors="surrogateescape")) for item in items]
    draws = [int(digest.hexdigest()[:8], 16) for digest in digests]
    left, chosen = Counter(item.category for item in items), [False] * len(items)
    for place in sorted(range(len(items)), key=lambda place: (draws[place] % HELD_OUT_OF, draws[place])):
        if draws[place] % HELD_OUT_OF and sum(chosen) >= LEAST_HELD_OUT:
            break
        if left[items[place].category] > 1:
            chosen[place] = True
            left[items[place].category] -= 1
    return chosen
