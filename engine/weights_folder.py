"""Which versions of which models lie in a folder of weights, for whoever looks there while others are served."""

from collections.abc import Iterable
from pathlib import Path

from engine.cards import Card, load_card
from engine.errors import WeightsError


def load_versions(weights_dir: Path) -> tuple[dict[str, dict[str, Card]], dict[str, str]]:
    """All versions of all models below `weights_dir`, and of each folder whose card is wrong its name and why."""
    found: dict[str, dict[str, Card]] = {}
    mistakes: dict[str, str] = {}
    for path in sorted(weights_dir.glob("*/card.json")):
        try:
            card = load_card(path.parent)
        except WeightsError as error:
            mistakes[path.parent.name] = str(error)
        else:
            found.setdefault(card.model, {})[card.version] = card
    return found, mistakes


def newest(versions: Iterable[str]) -> str:
    """The highest of these versions, by their numbers. Raises ValueError of none."""
    return max(versions, key=_numbers)


def falling_from(version: str, versions: Iterable[str]) -> list[str]:
    """These versions as one would fall back from this one: itself, those below it, then those above, high to low.

    All of them from the newest on where this one is not among them.
    """
    falling = sorted(versions, key=_numbers, reverse=True)
    at = falling.index(version) if version in falling else 0
    return falling[at:] + falling[:at]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
