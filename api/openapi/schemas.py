"""JSON Schemas of all models together: each once, under a name that people can read."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

REF = "#/components/schemas/{model}"

Schema = dict[str, Any]


class _Plain(GenerateJsonSchema):
    """Without the titles that only say a field's name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 (pydantic's signature)
        return False


class Schemas:
    """The schemas of some models: ``of`` gives each where it is used, ``components`` all that they refer to."""

    def __init__(self, models: Iterable[Any]) -> None:
        mode: JsonSchemaMode = "validation"
        adapters = {id(model): TypeAdapter(model) for model in models}
        inputs = [(key, mode, adapter) for key, adapter in adapters.items()]
        by_key, rest = TypeAdapter.json_schemas(inputs, ref_template=REF, schema_generator=_Plain)
        self._by_key = {key: tidied(schema) for (key, _), schema in by_key.items()}
        self._queries: set[str] = set()
        self._all: dict[str, Schema] = {name: tidied(schema) for name, schema in rest.get("$defs", {}).items()}

    def fields_of(self, model: Any) -> Schema:
        """The schema of a query's model, which is no component: only its fields are told."""
        name = self.of(model)["$ref"].rpartition("/")[2]
        self._queries.add(name)
        return self._all[name]

    @property
    def components(self) -> dict[str, Schema]:
        """What is referred to, by name."""
        return {name: schema for name, schema in sorted(self._all.items()) if name not in self._queries}

    def of(self, model: Any) -> Schema:
        """A reference to the model's schema, or the schema of what is no model. KeyError for one not told before."""
        schema: Schema = self._by_key[id(model)]
        return schema


def query_parameters(model: Any, schemas: Schemas) -> list[Schema]:
    """A query's fields as parameters."""
    schema = schemas.fields_of(model)
    required = set(schema.get("required", ()))
    return [_parameter(name, field, name in required) for name, field in schema["properties"].items()]


def tidied(schema: Any) -> Any:
    """As people read it: no titles of models, and Markdown in descriptions."""
    if isinstance(schema, list | tuple):
        return [tidied(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {name: tidied(value) for name, value in schema.items() if not _is_title(name, value)}
    if isinstance(kept.get("description"), str):
        kept["description"] = as_markdown(kept["description"])
    return kept


def as_markdown(text: str) -> str:
    """A docstring as Markdown: literals in single backticks, a paragraph on one line."""
    paragraphs = re.split(r"\n\s*\n", text.replace("``", "`").strip())
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", paragraph) for paragraph in paragraphs)


def _is_title(name: str, value: Any) -> bool:
    return name == "title" and isinstance(value, str)


def _parameter(name: str, field: Schema, required: bool) -> Schema:
    schema = dict(field)
    description = schema.pop("description", "")
    # In a query nothing can be null: what may be is left out.
    branches = [branch for branch in schema.get("anyOf", ()) if branch.get("type") != "null"]
    if len(branches) == 1:
        del schema["anyOf"]
        schema = {**branches[0], **{key: value for key, value in schema.items() if value is not None}}
        if schema.get("default", 0) is None:
            del schema["default"]
    shown = {"name": name, "in": "query", "required": required, "schema": schema}
    return shown | ({"description": description} if description else {})
