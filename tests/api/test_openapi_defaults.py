"""Defaults and examples in the OpenAPI description are values that the schemas beside them allow."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest


@pytest.fixture
def document(shop: Any) -> dict[str, Any]:
    return json.loads(shop.app.test_client().get("/openapi.json").data)


def schemas_in(value: Any, place: str = "#") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the document that says a default or examples of its own, with where it stands."""
    if isinstance(value, dict):
        if "default" in value or isinstance(value.get("examples"), list):
            yield place, value
        for name, each in value.items():
            if name not in {"default", "example", "examples"}:
                yield from schemas_in(each, f"{place}/{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from schemas_in(each, f"{place}/{index}")


def complaints(schema: dict[str, Any], value: Any, document: dict[str, Any]) -> list[str]:
    validator = jsonschema_rs.Draft202012Validator({**schema, "components": document["components"]})
    return [str(error) for error in validator.iter_errors(value)]


def test_defaults_and_examples_of_schemas_are_valid_themselves(document: dict[str, Any]) -> None:
    seen = 0
    for place, schema in schemas_in(document):
        if place.endswith(("/responses", "/properties")):
            continue  # a status, or a field, that is called "default"
        for value in [*([schema["default"]] if "default" in schema else []), *schema.get("examples", ())]:
            assert complaints(schema, value, document) == [], f"{place}: {value!r}"
            seen += 1
    assert seen > 40


def test_examples_of_json_bodies_are_valid(document: dict[str, Any]) -> None:
    seen = 0
    for methods in document["paths"].values():
        for operation in methods.values():
            told = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            for name, example in told.get("examples", {}).items():
                assert complaints(told["schema"], example["value"], document) == [], (
                    f"{operation['operationId']}, {name}"
                )
                seen += 1
    assert seen > 10


def test_no_body_of_a_change_has_defaults(document: dict[str, Any]) -> None:
    bodies = [
        methods["patch"]["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for methods in document["paths"].values()
        if "patch" in methods
    ]
    assert sorted(bodies) == ["ChangeKeyBody", "EndpointChanges", "ModelWish", "TenantChanges"]
    for name in bodies:
        schema = document["components"]["schemas"][name]
        assert "required" not in schema
        assert not [field for field, told in schema["properties"].items() if "default" in told]
