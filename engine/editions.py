"""One version of each model for the length of a piece of work: whoever has an edition never mixes versions."""

from collections.abc import Mapping
from concurrent.futures import Future
from types import MappingProxyType
from typing import Protocol

from engine.batching.units import Result, Ticket
from engine.cards import Card
from engine.errors import ModelNotFound
from engine.images import Floats, Image
from engine.versions import Loaded, Versions


class _Submits(Protocol):
    """What an edition wants of the engine."""

    def submit(self, model: str, image: Image, ticket: Ticket | None, version: Loaded | None) -> "Future[Result]": ...

    def submit_latents(
        self, model: str, vectors: Floats, ticket: Ticket | None, version: Loaded | None
    ) -> "Future[Result]": ...


class Edition:
    """The engine as one piece of work sees it, until `close`; asked as the engine is. Thread-safe."""

    def __init__(self, engine: _Submits, versions: Versions, chosen: Mapping[str, Loaded]) -> None:
        self._engine = engine
        self._versions = versions
        self._chosen = chosen
        self.models: Mapping[str, Card] = MappingProxyType({name: one.card for name, one in chosen.items()})

    def submit(self, model: str, image: Image, ticket: Ticket | None = None) -> "Future[Result]":
        """As `Engine.submit`, of this edition's version."""
        return self._engine.submit(model, image, ticket, self._version(model))

    def submit_latents(self, model: str, vectors: Floats, ticket: Ticket | None = None) -> "Future[Result]":
        """As `Engine.submit_latents`, of this edition's version."""
        return self._engine.submit_latents(model, vectors, ticket, self._version(model))

    def close(self) -> None:
        """Hold its versions no longer; what was submitted is done all the same. Once."""
        self._versions.release(self._chosen)

    def _version(self, model: str) -> Loaded:
        if model not in self._chosen:
            raise ModelNotFound(f"the models loaded are {', '.join(sorted(self._chosen))}; received {model!r}")
        return self._chosen[model]
