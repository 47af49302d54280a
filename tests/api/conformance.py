"""Holds an answer against what the OpenAPI description promises for its route and status."""

from typing import Any

import jsonschema_rs
from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from api.openapi import openapi_document
from api.openapi.paths import template

BASE_URL = "http://localhost"
_documents: dict[frozenset[str], dict[str, Any]] = {}
_validators: dict[str, Any] = {}


def check_conformance(app: Flask, answer: TestResponse) -> None:
    """AssertionError where the status, a required header or the JSON is not as described; others' routes pass."""
    operation = _operation(app, answer)
    if operation is None:
        return
    responses, where = operation["responses"], f"{operation['operationId']} {answer.status_code}"
    assert str(answer.status_code) in responses, f"{where} is not described; are {sorted(responses)}: {answer.text}"
    told = _resolved(app, responses[str(answer.status_code)])
    missing = [name for name, header in told["headers"].items() if header["required"] and name not in answer.headers]
    assert not missing, f"{where} lacks {missing}"
    content = told.get("content", {})
    mimetype = answer.mimetype or ""
    kinds = [mimetype, mimetype.partition("/")[0] + "/*"]
    kind = next((kind for kind in kinds if kind in content), None)
    assert kind or not (content or answer.data), f"{where}: {answer.mimetype} is not among {sorted(content)}"
    if answer.is_json:
        _validator(app, content[kind]["schema"]).validate(answer.get_json())


def document_of(app: Flask) -> dict[str, Any]:
    """The app's description, made once for all apps of the same routes."""
    key = frozenset(f"{rule.methods} {rule.rule}" for rule in app.url_map.iter_rules())
    if key not in _documents:
        _documents[key] = openapi_document(app, BASE_URL)
    return _documents[key]


def _operation(app: Flask, answer: TestResponse) -> dict[str, Any] | None:
    request = answer.request
    try:
        rule, _ = app.url_map.bind("localhost").match(request.path, method=request.method, return_rule=True)
    except HTTPException:
        return None
    path = document_of(app)["paths"].get(template(rule.rule), {})
    return path.get(request.method.lower())


def _resolved(app: Flask, response: dict[str, Any]) -> dict[str, Any]:
    name = response.get("$ref", "").rpartition("/")[2]
    return document_of(app)["components"]["responses"][name] if name else response


def _validator(app: Flask, schema: dict[str, Any]) -> Any:
    key = str(schema)
    if key not in _validators:
        whole = {**schema, "components": document_of(app)["components"]}
        _validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return _validators[key]
