"""What a route takes and answers, said beside the route: the OpenAPI description comes from it (``api/openapi``).

Knows neither Flask nor the routes; a description is hung on the view function and found again by ``description_of``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel

NAME = "__description__"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Answer:
    """One answer. ``model``: its JSON; None for a body of other kind, or none. ``headers``: by name, what each says."""

    text: str
    model: Any = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    example: Any = None


@dataclass(frozen=True)
class Description:
    """What one route takes and answers.

    ``query`` and ``body`` are pydantic models (``body`` may be any type that pydantic knows); ``bodies`` holds media
    types whose body is described by a JSON Schema of its own, such as a photo's bytes. ``scope`` is what the key needs,
    None of an open route. ``problems`` are the slugs that the route itself may answer with; the description adds those
    that every route has. ``examples`` are bodies by name, which tests send.
    """

    summary: str
    tag: str
    answers: Mapping[int, Answer]
    scope: str | None = None
    query: type[BaseModel] | None = None
    body: Any = None
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    headers: type[BaseModel] | None = None
    problems: tuple[str, ...] = ()
    examples: Mapping[str, Any] = field(default_factory=dict)


def describes(summary: str, *, tag: str, answers: Mapping[int | HTTPStatus, Answer], **more: Any) -> Callable[[F], F]:
    """Hang a ``Description`` on a view; put it above ``requires``, whose scope it takes over unless told another."""

    def decorate(view: F) -> F:
        more.setdefault("scope", getattr(view, "__scope__", None))
        by_status = {int(status): answer for status, answer in answers.items()}
        setattr(view, NAME, Description(summary, tag, by_status, **more))
        return view

    return decorate


def description_of(view: Callable[..., Any]) -> Description | None:
    """The description of a view, None of one that has none."""
    return getattr(view, NAME, None)
