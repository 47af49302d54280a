"""Reads the server's JSON into our types; an answer of another shape becomes a MalformedAnswer, never a KeyError."""

from collections.abc import Mapping
from typing import Any, TypeVar

from packshot.errors import MalformedAnswer

T = TypeVar("T")
Document = Mapping[str, Any]


def take(document: Document, name: str, kind: type[T]) -> T:
    """The field `name`, which must be there and of `kind`. Raises MalformedAnswer."""
    value = document.get(name)
    if not _is_a(value, kind):
        raise MalformedAnswer(f"the server's field {name!r} is {value!r}; expected {kind.__name__}")
    return value  # type: ignore[return-value]  # _is_a has just looked


def take_optional(document: Document, name: str, kind: type[T]) -> T | None:
    """The field `name`, or None where it is absent or null. Raises MalformedAnswer for another kind."""
    return None if document.get(name) is None else take(document, name, kind)


def as_document(value: object) -> Document:
    """A decoded JSON value that must be an object. Raises MalformedAnswer."""
    if not isinstance(value, Mapping):
        raise MalformedAnswer(f"the server answered {str(value)[:80]!r}; expected a JSON object")
    return value


def _is_a(value: object, kind: type) -> bool:
    if isinstance(value, bool) and kind is not bool:
        return False  # bool is an int to Python, not to JSON
    return isinstance(value, (int, float) if kind is float else kind)
