"""Tables of every operation's parameters, from the JSON Schemas: ``{{parameters:relight}}`` in a page becomes one."""

import re
from collections.abc import Iterator
from typing import Any

from api.openapi.schemas import Schemas
from jobs.spec import OPERATION_MODELS

Schema = dict[str, Any]

_PLACE = re.compile(r"^\{\{parameters:(\w+)\}\}$", re.MULTILINE)


def with_tables(text: str) -> str:
    """The page with each place filled in; KeyError for an operation that there is not."""
    return _PLACE.sub(lambda match: parameter_table(match[1]), text)


def parameter_table(name: str) -> str:
    """What one operation can be told, as a Markdown table; a sentence where it takes nothing."""
    model = OPERATION_MODELS[name]
    schemas = Schemas([model])
    rows = list(_rows(schemas.components[model.__name__], schemas.components))
    if not rows:
        return "It has no parameters."
    return "| parameter | what | unless said |\n|---|---|---|\n" + "\n".join(rows)


def _rows(schema: Schema, components: dict[str, Schema]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for name, field in schema["properties"].items():
        if name == "op":
            continue
        default = "needed" if name in required else _default(field.get("default"))
        yield f"| `{name}` | {_told(field, components)} | {default} |"


def _default(value: Any) -> str:
    if value in (None, [], {}, ()):
        return ""
    if isinstance(value, dict):
        return "`" + ", ".join(f"{name} {each}" for name, each in value.items()) + "`"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _told(field: Schema, components: dict[str, Schema]) -> str:
    """A type in words, with its bounds."""
    if "$ref" in field:
        return _object(components[field["$ref"].rpartition("/")[2]], components)
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if "anyOf" in field:
        told = (_told(each, components) for each in field["anyOf"] if each.get("type") != "null")
        return "; or ".join(dict.fromkeys(told))
    if field.get("type") == "array":
        return _list(field, components)
    if field.get("type") == "object":
        values: Schema = field.get("additionalProperties") or next(
            iter(field.get("patternProperties", {}).values()), {}
        )
        return f"names, each with {_told(values, components)}"
    return _plain(field)


def _object(schema: Schema, components: dict[str, Schema]) -> str:
    parts = [f"`{name}` ({_told(each, components)})" for name, each in schema["properties"].items()]
    return "an object with " + ", ".join(parts)


def _list(field: Schema, components: dict[str, Schema]) -> str:
    several = [_told(each, components) for each in field.get("prefixItems", ())]
    if len(set(several)) > 1:
        return f"a list of {', '.join(several)}"
    items = field.get("items") or (field.get("prefixItems") or [{}])[0]
    least, most = field.get("minItems", 0), field.get("maxItems")
    number = f"{least}" if least == most else f"up to {most}" if most else "any number"
    return f"a list of {number}, each {_told(items, components)}"


def _plain(field: Schema) -> str:
    kind = field.get("type")
    if kind == "boolean":
        return "`true` or `false`"
    if kind in {"integer", "number"}:
        what = "a whole number" if kind == "integer" else "a number"
        least, most = field.get("minimum", field.get("exclusiveMinimum")), field.get("maximum")
        above = "above " if "exclusiveMinimum" in field else ""
        bounds = f" from {above}{least} to {most}" if least is not None and most is not None else ""
        return what + bounds
    if str(field.get("pattern", "")).startswith("^sha256:"):
        return "the id of an upload"
    return field.get("description") or (
        f"a text of up to {field['maxLength']} characters" if "maxLength" in field else "a text"
    )
