"""Keeps a second picture of the same product out of the data set."""

from __future__ import annotations

from engine.generation.fingerprint import Fingerprint
from engine.training.catalogue.errors import UnfitError


class Fingerprints:
    """The pictures kept so far."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._known: list[Fingerprint] = []

    def add(self, name: str, fingerprint: Fingerprint) -> None:
        """Remember a picture by a name."""
        self._names.append(name)
        self._known.append(fingerprint)

    def require_new(self, fingerprint: Fingerprint) -> None:
        """Raise UnfitError (duplicate) where a picture much like it is there already."""
        alike = fingerprint.likenesses(self._known)
        if alike:
            first, differing = alike[0]
            raise UnfitError(
                "duplicate", f"of {self._names[first]}: {differing} of {len(fingerprint.bits)} bits differ"
            )
