"""Pydantic's mistakes for whoever wrote JSON and no Python: where each is, what came, and what may stand there."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from jobs.spec.guesses import guess, unknown
from jobs.spec.operations import OPERATION_MODELS

_MAX_SHOWN = 60
MAX_TOLD = 50
"""Mistakes that one answer lists: the time that it takes to tell them is bounded, however many there are."""


def mistakes_of(kind: type[BaseModel], error: ValidationError) -> list[dict[str, str]]:
    """The first mistakes of a document that was read as ``kind``: {"pointer": RFC 6901, "detail": text}."""
    items = error.errors(include_url=False)
    # pydantic 2.14 counts a tuple's valid items alone: a wrong item then makes the list "too short" as well
    short = {item["loc"] for item in items if item["type"] == "too_short"}
    filled = {item["loc"][:length] for item in items if short for length in range(len(item["loc"]))} & short
    told = (item for item in items if item["type"] != "too_short" or item["loc"] not in filled)
    return [_mistake(kind, item) for item in islice(told, MAX_TOLD)]


def shown(value: object) -> str:
    """A value as JSON writes it, so that 5 and "5" look different; a list and an object by their kind alone."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    written = json.dumps(value, ensure_ascii=False, default=str)
    plain = "".join(character if character.isprintable() else "?" for character in written)
    return plain if len(plain) <= _MAX_SHOWN else f"{plain[:_MAX_SHOWN]}…"


def _mistake(kind: type[BaseModel], item: Mapping[str, Any]) -> dict[str, str]:
    path = [str(step) for step in item["loc"]]
    if path[:1] == ["operations"] and len(path) > 2:
        del path[2]  # pydantic names the union's branch ("resize") after the index: no part of the client's document
    if path[-1:] == ["[key]"]:
        path.pop()  # pydantic's sign for a mistake in the name of the entry itself
    if item["type"].startswith("union_tag"):
        path.append("op")
    pointer = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in path)
    return {"pointer": pointer, "detail": _told(kind, item)}


def _told(kind: type[BaseModel], item: Mapping[str, Any]) -> str:
    match item["type"]:
        case "extra_forbidden":
            return unknown("field", str(item["loc"][-1]), _names_beside(kind, item["loc"]))
        case "union_tag_invalid":
            return _no_operation(item["input"]["op"])  # the context has it as Python's text
        case "union_tag_not_found":
            return _nameless(item["input"])
        case "model_attributes_type" if item["loc"][:1] == ("operations",):
            return _no_object(item["input"])
    return f"{_in_json_terms(item['msg'])}{_received(item)}"


def _no_operation(tag: object) -> str:
    meant = guess(str(tag), OPERATION_MODELS)
    question = "" if meant is None else f"did you mean {meant!r}? "
    return f"there is no operation {shown(tag)}; {question}there are {', '.join(OPERATION_MODELS)}"


def _nameless(operation: object) -> str:
    """An object without ``op``: what it may have been called instead."""
    names = list(operation) if isinstance(operation, Mapping) else []
    other = next((name for name in names if guess(str(name), ("op",))), None)
    question = "" if other is None else f"; did you mean 'op' where it says {other[:_MAX_SHOWN]!r}?"
    return f'an operation says what it is: write {{"op": "relight"}}, and its parameters beside it{question}'


def _no_object(value: object) -> str:
    meant = guess(value, OPERATION_MODELS) or value if isinstance(value, str) else None
    name = meant if meant in OPERATION_MODELS else "relight"
    return f'an operation is an object: write {{"op": "{name}"}}; got {shown(value)}'


def _names_beside(kind: type[BaseModel], place: Collection[str | int]) -> list[str]:
    """The names that are allowed in the object where a strange one stands, in the order of its model."""
    found = [kind]
    for step in list(place)[:-1]:
        if isinstance(step, int):
            continue
        branch = [model for model in found if step == model.__name__ or step == _operation_name(model)]
        found = branch or [inner for model in found for inner in _inner_models(model, step)]
    return list(dict.fromkeys(field.alias or name for model in found for name, field in model.model_fields.items()))


def _operation_name(model: type[BaseModel]) -> str | None:
    return next((name for name, known in OPERATION_MODELS.items() if known is model), None)


def _inner_models(model: type[BaseModel], name: str) -> Iterator[type[BaseModel]]:
    fields = {field.alias or own: field for own, field in model.model_fields.items()}
    return _models_in(fields[name].annotation) if name in fields else iter(())


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _in_json_terms(message: str) -> str:
    """Pydantic's message for whoever wrote JSON and no Python."""
    told = re.sub(
        r"a valid dictionary( or instance of \w+| or object to extract fields from)?",
        "an object",
        message.removeprefix("Value error, "),
    )
    return re.sub(r"valid (tuple|list)", "list", told).replace("Tuple", "List").replace(" after validation", "")


def _received(item: Mapping[str, Any]) -> str:
    value = item.get("input")
    if item["type"] == "missing":
        return ""
    if item["type"].endswith("_type") or isinstance(value, str | int | float):
        return f"; got {shown(value)}"
    return ""
