"""What a route takes and answers, said beside the route: the OpenAPI description comes from it (``api/openapi``).

Knows neither Flask nor the routes; a description is hung on the view function and found again by ``description_of``.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal, TypedDict, TypeVar, Unpack

from pydantic import BaseModel

NAME = "__description__"

F = TypeVar("F", bound=Callable[..., Any])
Schema = Mapping[str, Any]

Access = Literal["key", "key or link", "none"]
"""Who may call: any API key (with the scope, where there is one), also a signed link's holder, or everybody."""


@dataclass(frozen=True)
class Answer:
    """One answer. ``model``: its JSON (any type that pydantic knows); None for a body of another kind, or none.

    ``headers``: by name, what each says; "" for one that says the same everywhere (``api/openapi/headers.py``).
    ``also`` are further media types with their JSON Schemas. The model of a ``text/event-stream`` is that of the
    events' ``data``.
    """

    text: str
    model: Any = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    example: Any = None
    also: Mapping[str, Schema] = field(default_factory=dict)


@dataclass(frozen=True)
class Description:
    """What one route takes and answers; ``text`` is its view's docstring.

    ``query`` and ``body`` are pydantic models (``body`` may be any type that pydantic knows); ``bodies`` holds media
    types whose body is described by a JSON Schema of its own, such as a photo's bytes, and ``body_optional`` lets the
    body be absent. ``scope`` is what the key needs. ``headers`` are the request's by name, as api/openapi/headers.py
    knows them. ``problems`` are the slugs that the route itself may answer with; the description adds those that every
    route has, and those that follow from a key, a query, a body and a place in the path. ``examples`` are bodies by
    name, which tests send. ``path`` gives the JSON Schemas of what the path carries, where its name does not say it.
    """

    summary: str
    tag: str
    answers: Mapping[int, Answer]
    text: str = ""
    scope: str | None = None
    access: Access = "key"
    query: type[BaseModel] | None = None
    body: Any = None
    bodies: Mapping[str, Schema] = field(default_factory=dict)
    body_optional: bool = False
    headers: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    examples: Mapping[str, Any] = field(default_factory=dict)
    path: Mapping[str, Schema] = field(default_factory=dict)


class More(TypedDict, total=False):
    """The fields of a ``Description`` that ``describes`` takes by name."""

    text: str
    scope: str | None
    access: Access
    query: type[BaseModel] | None
    body: Any
    bodies: Mapping[str, Schema]
    body_optional: bool
    headers: tuple[str, ...]
    problems: tuple[str, ...]
    examples: Mapping[str, Any]
    path: Mapping[str, Schema]


def describes(
    summary: str, *, tag: str, answers: Mapping[int | HTTPStatus, Answer] | Mapping[int, Answer], **more: Unpack[More]
) -> Callable[[F], F]:
    """Hang a ``Description`` on a view; put it above ``requires``, whose scope it takes over unless told another.

    A view without ``requires`` is open to everybody unless ``access`` says otherwise.
    """

    def decorate(view: F) -> F:
        scope = getattr(view, "__scope__", None)
        more.setdefault("scope", scope)
        more.setdefault("access", "none" if more["scope"] is None else "key")
        more.setdefault("text", inspect.getdoc(view) or "")
        by_status = {int(status): answer for status, answer in answers.items()}
        setattr(view, NAME, Description(summary, tag, by_status, **more))
        return view

    return decorate


def description_of(view: Callable[..., Any]) -> Description | None:
    """The description of a view, None of one that has none."""
    return getattr(view, NAME, None)
