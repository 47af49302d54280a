"""What the guide says of this very installation: its limits, and which route needs which scope.

``{{setting:link_ttl_s}}`` in a page becomes the setting, ``{{scopes}}`` the table of routes, and a name of ``_BOUNDS``
what is bound by our own code.
"""

import re
from collections import defaultdict
from collections.abc import Mapping

from flask import Flask
from pydantic import BaseModel

from api.admission import MAX_FAILURES, MAX_GUESSES
from api.batch_queries import ItemQuery
from api.bodies import MAX_SPEC_BYTES
from api.describe import description_of
from api.documents.access import MAX_ORIGINS, MAX_TOKEN_UPLOADS
from api.keys import MAX_KEYS
from api.openapi.paths import template
from api.queries import MAX_ARCHIVED, MAX_ARCHIVED_BY_ADDRESS, MAX_PAIRS, MAX_WAIT_S, ListQuery
from api.settings import ApiSettings
from api.shares import PER_UPLOAD_TOKEN
from api.token_rules import UPLOAD, WITH_SPEC
from api.upload_tokens import MAX_TOKENS, REQUESTS_PER_MINUTE
from jobs.spec import JobSpec
from jobs.spec.generation import MAX_PICTURES
from jobs.spec.job import MAX_METADATA_KEYS, MAX_OPERATIONS, MAX_RENDITIONS
from jobs.store.webhooks import MAX_ENDPOINTS, MAX_WAITING
from jobs.webhooks.events import MAX_FILTERS

_PLACE = re.compile(r"\{\{(?P<name>[a-z-]+)(:(?P<setting>\w+))?\}\}")
_ALL = "no limit"
_FREE_AT_ZERO = frozenset({"requests_per_minute", "jobs_per_day"})
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _most(model: type[BaseModel], field: str) -> int:
    """The largest number that a field takes."""
    schema = model.model_json_schema()["properties"][field]
    return int(next(branch["maximum"] for branch in schema.get("anyOf", [schema]) if "maximum" in branch))


_BOUNDS: Mapping[str, int] = {
    "token-requests": REQUESTS_PER_MINUTE,
    "failures": MAX_FAILURES,
    "guesses": MAX_GUESSES,
    "keys": MAX_KEYS,
    "tokens": MAX_TOKENS,
    "spec-kb": MAX_SPEC_BYTES // 1000,
    "operations": MAX_OPERATIONS,
    "renditions": MAX_RENDITIONS,
    "pictures": MAX_PICTURES,
    "metadata": MAX_METADATA_KEYS,
    "metadata-filters": MAX_PAIRS,
    "wait": MAX_WAIT_S,
    "page": _most(ListQuery, "limit"),
    "rows-page": _most(ItemQuery, "limit"),
    "archived": MAX_ARCHIVED,
    "archived-by-address": MAX_ARCHIVED_BY_ADDRESS,
    "deadline": _most(JobSpec, "deadline_s"),
    "expires-in": _most(JobSpec, "expires_in_s"),
    "endpoints": MAX_ENDPOINTS,
    "filters": MAX_FILTERS,
    "messages": MAX_WAITING,
    "token-uploads": MAX_TOKEN_UPLOADS,
    "origins": MAX_ORIGINS,
    "token-waiting": PER_UPLOAD_TOKEN,
}


def with_facts(text: str, settings: ApiSettings, app: Flask) -> str:
    """The page with each place filled in; a place that asks for something else stays as it is."""

    def fact(place: re.Match[str]) -> str:
        name, setting = place["name"], place["setting"]
        if name == "setting" and setting is not None:
            return _setting(setting, settings)
        if name == "scopes":
            return scope_table(app)
        return _number(_BOUNDS[name]) if setting is None and name in _BOUNDS else place[0]

    return _PLACE.sub(fact, text)


def scope_table(app: Flask) -> str:
    """Every route under ``/v1`` by the scope that it needs, as a Markdown table."""
    routes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/v1/"):
            for method in (rule.methods or set()) & set(_METHODS):
                routes[_needed(app, rule.endpoint)][template(rule.rule)].append(_marked(method, rule.rule))
    lines = ["| scope | routes |", "|---|---|"]
    for scope in sorted(routes, key=lambda scope: (":" not in scope, scope)):
        paths = (f"{' '.join(sorted(methods, key=_order))} `{path}`" for path, methods in sorted(routes[scope].items()))
        lines.append(f"| {scope} | {', '.join(paths)} |")
    return "\n".join([*lines, "", "¹ with an upload token as well; ² with one that has a `spec`."])


def _needed(app: Flask, endpoint: str) -> str:
    told = description_of(app.view_functions[endpoint])
    if told is None or told.scope is None:
        return "any key"
    return f"`{told.scope}`, or a signed link" if told.access == "key or link" else f"`{told.scope}`"


def _marked(method: str, rule: str) -> str:
    if (method, rule) == UPLOAD:
        return f"{method}¹"
    return f"{method}²" if (method, rule) in WITH_SPEC else method


def _order(marked: str) -> int:
    return _METHODS.index(marked.rstrip("¹²"))


def _setting(name: str, settings: ApiSettings) -> str:
    value = getattr(settings, name)
    if not value and name in _FREE_AT_ZERO:
        return _ALL
    return _number(value)


def _number(value: float) -> str:
    return f"{value:,.15g}"
