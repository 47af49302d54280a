"""What the engine's generator learned of its catalogue, read once in a process. Knows no job."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from engine import Engine
from engine.cards import Card
from engine.editions import Edition
from engine.errors import WeightsError
from engine.generation.facts import FACTS_FILE, Facts, load_facts

GENERATOR = "generator"


@lru_cache(maxsize=2)
def _load(path: Path, sha256: str) -> Facts:  # noqa: ARG001  (a version that came again with other facts is another)
    return load_facts(path)


def facts_of(engine: Engine | Edition) -> Facts | None:
    """The facts beside the engine's generator; None where it has none.

    Raises WeightsError for a file of no facts, and for one that the card does not list: those listed were checked
    against their SHA-256 when the engine read the model.
    """
    card = engine.models.get(GENERATOR)
    return None if card is None else _load(card.folder / FACTS_FILE, _promised(card))


def check_facts(card: Card) -> None:
    """Raise WeightsError where the card is a generator's, and `facts_of` an engine that serves it would."""
    if card.model == GENERATOR:
        _promised(card)
        load_facts(card.folder / FACTS_FILE)


def _promised(card: Card) -> str:
    listed = {beside.file: beside.sha256 for beside in card.besides}
    if FACTS_FILE not in listed:
        raise WeightsError(
            f"{card.folder / 'card.json'}: besides lists {FACTS_FILE} with its SHA-256; "
            f"received {list(listed) or 'nothing'}"
        )
    return listed[FACTS_FILE]


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
