"""What one cell of a CSV may say, and the short ways of writing that JSON rows may use as well."""

import re
from typing import Any

from jobs.problems import ProblemError
from jobs.spec import JobSpec
from jobs.strict_json import parse_json

SHORT_FIELDS = frozenset({"sku", "upload", "url", "preset", "color"})
KNOWN_COLUMNS = (SHORT_FIELDS | set(JobSpec.model_fields)) - {"input", "webhook"}
PATH_COLUMNS = frozenset({"photo", "image", "file", "path"})

_OTHER_SPELLINGS = {"colour": "color", "presets": "preset", "colors": "color", "colours": "color"}
_PLAIN = frozenset({"sku", "upload", "url", "external_id"})
_LISTED = frozenset({"preset", "renditions"})


def column_name(title: str) -> str:
    """The name of a column as we know it, whatever its case."""
    name = title.strip().lower()
    return _OTHER_SPELLINGS.get(name, name)


def read_cell(name: str, text: str) -> Any:
    """The value of a cell that is not empty. Raises ValueError saying what is wrong with it."""
    if "\0" in text:
        raise ValueError("the cell contains a NUL character")
    text = text.strip()
    if name in _PLAIN:
        return text
    if name in _LISTED:
        return split_names(text)
    if name == "color":
        return _json(text) if text[0] in "[{" else split_colors(text)
    if name == "operations":
        return read_operations(text)
    return _json_or_text(text)


def split_names(text: str) -> list[str]:
    """Several names in one text, between spaces, ``|``, ``;`` or commas."""
    return [name for name in re.split(r"[\s|;,]+", text) if name]


def split_colors(text: str) -> list[str]:
    """Several colours in one text, between ``|``; a colour's name may hold spaces."""
    return [color.strip() for color in text.split("|") if color.strip()]


def read_operations(text: str) -> Any:
    """JSON, "auto", or the short form ``relight; upscale:factor=2,style=photo``. Raises ValueError."""
    if text == "auto":
        return text
    if text.startswith("["):
        return _json(text)
    return [_operation(one.strip()) for one in text.split(";") if one.strip()]


def _operation(text: str) -> dict[str, Any]:
    name, _, rest = text.partition(":")
    parameters: dict[str, Any] = {"op": name.strip()}
    for part in filter(None, (part.strip() for part in rest.split(","))):
        key, equals, value = part.partition("=")
        if not equals or key.strip() in parameters:
            raise ValueError(f"an operation is written name:key=value,key=value; got {text[:60]!r}")
        parameters[key.strip()] = _json_or_text(value.strip())
    return parameters


def _json_or_text(text: str) -> Any:
    try:
        return _json(text)
    except ValueError:
        if text[:1] in {"{", "["}:
            raise
        return text


def _json(text: str) -> Any:
    try:
        return parse_json(text.encode())
    except ProblemError as error:
        raise ValueError(error.problem.detail.replace("the body", "the cell")) from error
