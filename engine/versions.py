"""Which versions of the models are loaded, which one new work takes, and which is let go of once nobody holds it.

Knows no device: the engine is told what to forget. Thread-safe.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import MappingProxyType

from engine.batching.lanes import Slots
from engine.cards import Card
from engine.errors import ModelNotFound, WeightsError


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A version that is ready to run, and what its batches are made of."""

    card: Card
    slots: Slots


class Versions:
    """`current` is of each model the version that work takes which asks for none."""

    def __init__(self, loaded: Mapping[str, Loaded], forget: Callable[[str], None]) -> None:
        """`forget` is called with the `Card.key` of a version that nobody holds any more, not under the lock.

        Each load of a version has a key of its own (`renamed`): one that is loaded again while some still hold it as
        it was before is let go of twice, each for itself.
        """
        self._lock = threading.Lock()
        self._forget = forget
        self._known = {model: {one.card.version: one} for model, one in loaded.items()}
        self._held: Counter[str] = Counter()
        self._leaving: dict[str, Loaded] = {}
        self._current = {model: one.card.version for model, one in loaded.items()}
        self.current: Mapping[str, Card] = {}
        self.changes = 0
        self._tell()

    def add(self, loaded: Loaded) -> None:
        """One version more; nothing takes it yet unless it asks for it."""
        with self._lock:
            self._known[loaded.card.model][loaded.card.version] = loaded
            self._tell()

    def use(self, model: str, version: str) -> None:
        """New work takes this version from now on. Raises ModelNotFound where it is not loaded."""
        with self._lock:
            if version not in self._known.get(model, {}):
                raise ModelNotFound(f"{model} {version} is not loaded; loaded: {', '.join(self._known.get(model, {}))}")
            self._current[model] = version
            self._tell()

    def drop(self, model: str, version: str) -> None:
        """No new work takes the version, and it is let go of once nobody holds it; the current one stays."""
        with self._lock:
            if self._current.get(model) == version or version not in self._known.get(model, {}):
                return
            left = self._known[model].pop(version)
            self._leaving[left.card.key] = left
            self._tell()
            gone = self._gone()
        self._let_go(gone)

    def of(self, model: str) -> Mapping[str, Card]:
        """All versions of a model that work may take, by their number."""
        with self._lock:
            return {version: loaded.card for version, loaded in self._known.get(model, {}).items()}

    def hold(self, wanted: Mapping[str, str]) -> dict[str, Loaded]:
        """One version of each model until `release`: the one wanted where it is loaded, else the current one."""
        with self._lock:
            chosen = {}
            for model, versions in self._known.items():
                chosen[model] = versions.get(wanted.get(model, ""), versions[self._current[model]])
                self._held[chosen[model].card.key] += 1
            return chosen

    def release(self, chosen: Mapping[str, Loaded]) -> None:
        """What `hold` gave is needed no more."""
        with self._lock:
            self._held.subtract(loaded.card.key for loaded in chosen.values())
            gone = self._gone()
        self._let_go(gone)

    @contextmanager
    def held(self, model: str, version: Loaded | None) -> Iterator[Loaded]:
        """The version given, else what new work takes; not let go of within the block. Raises ModelNotFound."""
        with self._lock:
            loaded = version or self._current_of(model)
            self._held[loaded.card.key] += 1
        try:
            yield loaded
        finally:
            self.release({model: loaded})

    def current_of(self, model: str) -> Loaded:
        """What new work takes. Raises ModelNotFound."""
        with self._lock:
            return self._current_of(model)

    def _current_of(self, model: str) -> Loaded:
        if model not in self._known:
            raise ModelNotFound(f"the models loaded are {', '.join(sorted(self._known))}; received {model!r}")
        return self._known[model][self._current[model]]

    def _gone(self) -> list[str]:
        gone = [key for key in self._leaving if not self._held[key]]
        for key in gone:
            del self._leaving[key], self._held[key]
        return gone

    def _let_go(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._forget(key)

    def _tell(self) -> None:
        self.changes += 1
        current = {model: versions[self._current[model]].card for model, versions in self._known.items()}
        self.current = MappingProxyType(current)


def require_alike(new: Card, old: Card) -> None:
    """Raise WeightsError unless the new version can stand in the old one's place, in every operation that asks it."""
    if _shape(new) != _shape(old):
        raise WeightsError(
            f"{new.folder.name}: takes and gives something else than {old.model} {old.version}, for which workers are "
            f"started anew: {_shape(old)}; received {_shape(new)}"
        )


def renamed(card: Card, load: int) -> Card:
    """The card under a key of its own, for a version that lies beside others: of the process' `load`, from 1.

    The version alone would not do: loaded again, it may meet itself as it leaves.
    """
    return replace(card, alias=f"{card.model}-{card.version}@{load}")


def _shape(card: Card) -> tuple[object, ...]:
    if card.tile is not None:
        return card.kind, card.channels_in, card.tile.channels_out, card.tile.scale
    if card.frame is not None:
        return card.kind, card.channels_in, card.frame.output, card.frame.output_shape
    assert card.latent is not None
    return card.kind, card.latent.length, card.latent.height_px, card.latent.width_px
