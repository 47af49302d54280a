"""Flask's rules as OpenAPI's paths, and what stands in them."""

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from flask import Flask
from werkzeug.routing import Rule

from api.describe import Description, description_of
from api.openapi.schemas import tidied

Schema = dict[str, Any]

PAGES = frozenset({"console_pages", "guide", "swagger", "openapi"})
"""Blueprints that serve pages to people, or this very description; of other routes all have to be described."""

_VARIABLE = re.compile(r"<(?:(?P<kind>\w+)(?:\((?P<choices>[^)]*)\))?:)?(?P<name>\w+)>")
_ID = r"[0-9a-v]{26}$"
_KNOWN: Mapping[str, Schema] = MappingProxyType(
    {
        "job_id": {"type": "string", "pattern": f"^job_{_ID}"},
        "batch_id": {"type": "string", "pattern": f"^bat_{_ID}"},
        "upload_id": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "index": {"type": "string", "pattern": "^(0|[1-9][0-9]{0,3})$", "description": "Counted from 0."},
        "key_id": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
    }
)


def described_routes(app: Flask) -> Iterator[tuple[Rule, str, Description]]:
    """Each rule with its method in small letters and its view's description, by path."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        description = description_of(app.view_functions[rule.endpoint])
        if description is not None:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield rule, method.lower(), description


def undescribed_routes(app: Flask) -> list[str]:
    """What a description is still missing of."""
    return sorted(
        f"{'/'.join(sorted((rule.methods or set()) - {'HEAD', 'OPTIONS'}))} {rule.rule}"
        for rule in app.url_map.iter_rules()
        if description_of(app.view_functions[rule.endpoint]) is None and rule.endpoint.partition(".")[0] not in PAGES
    )


def template(rule: str) -> str:
    """``/v1/jobs/<job_id>`` as ``/v1/jobs/{job_id}``."""
    return _VARIABLE.sub(lambda match: "{" + match["name"] + "}", rule)


def path_parameters(rule: str, described: Mapping[str, Mapping[str, Any]]) -> list[Schema]:
    """What the path carries, all of it required."""
    found = []
    for match in _VARIABLE.finditer(rule):
        schema = tidied(described.get(match["name"]) or _schema(match))
        text = schema.pop("description", "")
        parameter = {"name": match["name"], "in": "path", "required": True, "schema": schema}
        found.append(parameter | ({"description": text} if text else {}))
    return found


def _schema(match: re.Match[str]) -> Schema:
    if match["kind"] == "any":
        return {"type": "string", "enum": [choice.strip() for choice in match["choices"].split(",")]}
    if match["kind"] == "int":
        return {"type": "integer", "minimum": 0}
    return _KNOWN.get(match["name"], {"type": "string", "minLength": 1})
