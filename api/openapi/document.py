"""The whole OpenAPI 3.1 document, from the app's routes and what is said beside them."""

from collections.abc import Iterable
from typing import Any

from flask import Flask

from api.describe import Answer, Description
from api.documents.problems import Problem
from api.openapi.headers import answer_headers, request_headers
from api.openapi.messages import MESSAGE_MODELS, message_operations
from api.openapi.paths import described_routes, path_parameters, template
from api.openapi.problems import answer_of, problems_of
from api.openapi.schemas import Schema, Schemas, as_markdown, query_parameters, tidied
from api.openapi.tags import TAGS
from jobs.spec import JobSpec
from jobs.version import version

SECURITY: Schema = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, `psk_<id>.<secret>`: `Authorization: Bearer psk_…`.",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "The same key in another header."},
}
ABOUT = (
    "Send a product photo or a wish, poll or be called back, and get pictures fit for your sales channels. "
    "The [guide](/docs) tells how; [errors](/docs/errors) explains every problem."
)


def openapi_document(app: Flask, base_url: str) -> Schema:
    """All described routes of ``app``, which is reached under ``base_url``."""
    routes = list(described_routes(app))
    schemas = Schemas(_models(description for _, _, description in routes))
    paths: dict[str, Schema] = {}
    responses: dict[str, Schema] = {}
    for rule, method, description in routes:
        written = _Operation(description, rule.rule, schemas, responses)
        name = rule.endpoint.replace(".", "_")
        paths.setdefault(template(rule.rule), {})[method] = written.to_json(name)
    used = {description.tag for _, _, description in routes}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Packshot",
            "version": version(),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items() if name in used],
        "paths": paths,
        "webhooks": message_operations(schemas),
        "components": {
            "schemas": schemas.components,
            "responses": dict(sorted(responses.items())),
            "securitySchemes": SECURITY,
        },
    }


class _Operation:
    """One route's part of the document."""

    def __init__(self, description: Description, rule: str, schemas: Schemas, responses: dict[str, Schema]) -> None:
        self._told = description
        self._rule = rule
        self._schemas = schemas
        self._responses = responses

    def to_json(self, name: str) -> Schema:
        told = self._told
        parameters = [
            *path_parameters(self._rule, told.path),
            *(query_parameters(told.query, self._schemas) if told.query else ()),
            *request_headers(told.headers),
        ]
        body = self._body()
        return {
            "operationId": name,
            "tags": [told.tag],
            "summary": told.summary,
            "description": self._text(),
            "security": _security(told),
            **({"parameters": parameters} if parameters else {}),
            **({"requestBody": body} if body else {}),
            "responses": self._answers(),
        }

    def _text(self) -> str:
        needs = f"\n\nNeeds the scope `{self._told.scope}`." if self._told.scope else ""
        return as_markdown(self._told.text) + needs

    def _body(self) -> Schema | None:
        told = self._told
        content: dict[str, Schema] = {}
        if told.body is not None:
            examples = {name: {"value": value} for name, value in told.examples.items()}
            content["application/json"] = {
                "schema": self._schemas.of(told.body),
                **({"examples": examples} if examples else {}),
            }
        for media_type, schema in told.bodies.items():
            content[media_type] = {"schema": tidied(schema)} | _encoding(media_type, schema)
        return {"required": not told.body_optional, "content": content} if content else None

    def _answers(self) -> Schema:
        keyed = self._told.access != "none"
        answers: Schema = {str(status): self._answer(answer, keyed) for status, answer in self._told.answers.items()}
        for status, slugs in problems_of(self._told, has_path="<" in self._rule).items():
            name = f"{status}-{'-'.join(slugs)}"
            self._responses.setdefault(name, answer_of(status, slugs, keyed=keyed))
            answers[str(status)] = {"$ref": f"#/components/responses/{name}"}
        return answers

    def _answer(self, answer: Answer, keyed: bool) -> Schema:
        content: dict[str, Schema] = {kind: {"schema": tidied(schema)} for kind, schema in answer.also.items()}
        if answer.model is not None:
            schema = self._schemas.of(answer.model)
            if answer.media_type == "text/event-stream":  # the model is that of each event's data
                schema = {"type": "string", "contentMediaType": "application/json", "contentSchema": schema}
            example = {} if answer.example is None else {"example": answer.example}
            content = {answer.media_type: {"schema": schema, **example}, **content}
        shown: Schema = {"description": answer.text, "headers": answer_headers(answer.headers, keyed=keyed)}
        return shown | ({"content": content} if content else {})


def _security(told: Description) -> list[Schema]:
    if told.access == "none":
        return []
    roles = [told.scope] if told.scope else []
    ways: list[Schema] = [{"bearer": roles}, {"apiKey": roles}]
    return [*ways, {}] if told.access == "key or link" else ways


def _encoding(media_type: str, schema: Any) -> Schema:
    """How the parts of a form are written: objects as JSON, texts as they say themselves."""
    parts = schema.get("properties", {}) if media_type == "multipart/form-data" else {}
    kinds = {name: part["contentMediaType"] for name, part in parts.items() if "contentMediaType" in part}
    kinds |= {
        name: "application/json" for name, part in parts.items() if "$ref" in part or part.get("type") == "object"
    }
    return {"encoding": {name: {"contentType": kind} for name, kind in kinds.items()}} if kinds else {}


def _models(descriptions: Iterable[Description]) -> list[Any]:
    found: dict[int, Any] = {id(model): model for model in (Problem, JobSpec, *MESSAGE_MODELS)}
    for told in descriptions:
        for model in (told.query, told.body, *(answer.model for answer in told.answers.values())):
            if model is not None:
                found[id(model)] = model
    return list(found.values())
