"""What the guide says of this very installation: its limits, and which route needs which scope.

``{{setting:link_ttl_s}}`` in a page becomes the setting, ``{{scopes}}`` the table of routes, and a name of ``_BOUNDS``
what is bound by our own code.
"""

import re
from collections import defaultdict
from collections.abc import Mapping

from flask import Flask

from api.admission import MAX_FAILURES, MAX_GUESSES
from api.bodies import MAX_SPEC_BYTES
from api.describe import description_of
from api.keys import MAX_KEYS
from api.queries import MAX_WAIT_S
from api.settings import ApiSettings
from api.token_rules import UPLOAD, WITH_SPEC
from api.upload_tokens import MAX_TOKENS, REQUESTS_PER_MINUTE
from jobs.spec.generation import MAX_PICTURES
from jobs.spec.job import MAX_METADATA_KEYS, MAX_OPERATIONS, MAX_RENDITIONS

_PLACE = re.compile(r"\{\{(?P<name>[a-z-]+)(:(?P<setting>\w+))?\}\}")
_ALL = "no limit"
_FREE_AT_ZERO = frozenset({"requests_per_minute", "jobs_per_day"})
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

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
    "wait": MAX_WAIT_S,
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
                path = re.sub(r"<(?:[^:>]*:)?([^>]+)>", r"{\1}", rule.rule)
                routes[_needed(app, rule.endpoint, rule.rule)][path].append(_marked(method, rule.rule))
    lines = ["| scope | routes |", "|---|---|"]
    for scope in sorted(routes, key=lambda scope: (":" not in scope, scope)):
        paths = (f"{' '.join(sorted(methods, key=_order))} `{path}`" for path, methods in sorted(routes[scope].items()))
        lines.append(f"| {scope} | {', '.join(paths)} |")
    return "\n".join([*lines, "", "¹ with an upload token as well; ² with one that has a `spec`."])


def _needed(app: Flask, endpoint: str, rule: str) -> str:
    view = app.view_functions[endpoint]
    scope, description = getattr(view, "__scope__", None), description_of(view)
    if scope is None and description is not None:
        scope = description.scope
    if scope is None:
        return "any key"
    return f"`{scope}`, or a signed link" if rule.endswith("/outputs/<index>") else f"`{scope}`"


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
