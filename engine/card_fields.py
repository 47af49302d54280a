"""Reads the fields of a card one by one, and turns what is wrong with each into words."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_ABSENT = object()


class CardFields:
    """Reads typed fields of nested JSON objects and gathers every mistake instead of stopping at the first."""

    def __init__(self, raw: dict[str, Any], prefix: str = "", mistakes: list[str] | None = None) -> None:
        self._raw = raw
        self._prefix = prefix
        self.mistakes: list[str] = [] if mistakes is None else mistakes

    def refuse(self, name: str, allowed: str) -> None:
        """Note that the field is not what is allowed."""
        received = self._raw.get(name, _ABSENT)
        shown = "nothing" if received is _ABSENT else repr(received)
        self.mistakes.append(f"{self._prefix}{name}: {allowed}; received {shown}")

    def text(self, name: str, pattern: str = r"(?s).+", allowed: str = "a text") -> str:
        """A text that matches `pattern` wholly."""
        value = self._raw.get(name)
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        self.refuse(name, allowed)
        return ""

    def number(self, name: str, least: int) -> int:
        """A whole number from `least`."""
        value = self._raw.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= least:
            return value
        self.refuse(name, f"a whole number from {least}")
        return least

    def one_of(self, name: str, allowed: tuple[int, ...], otherwise: int) -> int:
        """One of a few whole numbers; `otherwise` where the field is absent."""
        value = self._raw.get(name, otherwise)
        if type(value) is int and value in allowed:
            return value
        self.refuse(name, " or ".join(map(str, allowed)))
        return otherwise

    def flag(self, name: str, otherwise: bool) -> bool:
        """True or false; `otherwise` where the field is absent."""
        value = self._raw.get(name, otherwise)
        if isinstance(value, bool):
            return value
        self.refuse(name, "true or false")
        return otherwise

    def numbers(self, name: str) -> tuple[int, ...]:
        """A list of positive whole numbers."""
        value = self._raw.get(name)
        if isinstance(value, list) and value and all(type(item) is int and item > 0 for item in value):
            return tuple(value)
        self.refuse(name, "a list of positive whole numbers")
        return ()

    def objects(self, name: str) -> tuple[Mapping[str, Any], ...]:
        """A list of objects."""
        value = self._raw.get(name)
        if isinstance(value, list) and all(isinstance(item, dict) for item in value):
            return tuple(MappingProxyType(item) for item in value)
        self.refuse(name, "a list of objects")
        return ()

    def part(self, name: str) -> "CardFields":
        """The reader of a nested object."""
        value = self._raw.get(name)
        if not isinstance(value, dict):
            self.refuse(name, "an object")
            return CardFields({}, f"{self._prefix}{name}.", [])  # its fields' absence is not another mistake
        return CardFields(value, f"{self._prefix}{name}.", self.mistakes)

    def parts(self, name: str) -> list["CardFields"]:
        """The readers of a list of objects, which may be absent."""
        found = self.objects(name) if name in self._raw else ()
        return [CardFields(dict(raw), f"{self._prefix}{name}[{at}].", self.mistakes) for at, raw in enumerate(found)]

    def mapping(self, name: str) -> Mapping[str, Any]:
        """A nested object as it is."""
        return MappingProxyType(self.part(name)._raw)
