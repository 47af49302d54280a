"""What the engine's generator learned of its catalogue, read once in a process. Knows no job."""

from functools import lru_cache
from typing import Any

from engine import Engine
from engine.editions import Edition
from engine.errors import WeightsError
from engine.generation.facts import FACTS_FILE, Facts, load_facts

GENERATOR = "generator"

_load = lru_cache(maxsize=2)(load_facts)


def facts_of(engine: Engine | Edition) -> Facts | None:
    """The facts beside the engine's generator; None where it has none.

    Raises WeightsError for a file of no facts, and for one that the card does not list: those listed were checked
    against their SHA-256 when the engine read the model.
    """
    card = engine.models.get(GENERATOR)
    if card is None:
        return None
    if FACTS_FILE not in (listed := [beside.file for beside in card.besides]):
        raise WeightsError(
            f"{card.folder / 'card.json'}: besides lists {FACTS_FILE} with its SHA-256; received {listed or 'nothing'}"
        )
    return _load(card.folder / FACTS_FILE)


def described(engine: Engine) -> dict[str, Any]:
    """The engine's description of itself, its generator's with what can be asked of it.

    `categories`; `adjust`, by `generate`; `adjust_variations`, by `variations`; and the `limits` that its card tells.
    """
    told, facts = engine.describe(), facts_of(engine)
    if facts is None:
        return told
    known = {
        "categories": list(facts.categories),
        "adjust": list(facts.adjustable),
        "adjust_variations": list(facts.directions.found),
        "limits": engine.models[GENERATOR].limits,
    }
    return told | {"models": told["models"] | {GENERATOR: told["models"][GENERATOR] | known}}
