"""Operations as people write them: `upscale:factor=2` becomes `{"op": "upscale", "factor": 2}`."""

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from packshot.models import Upload

_AS_JSON = '{"op": "inpaint", "boxes": [{"x": 10, "y": 20, "width": 50, "height": 30}]}'

Operation = str | Mapping[str, Any]


def parse_operation(text: str) -> dict[str, Any]:
    """Name, then parameters after a colon: `resize:width=1000,height=1000,fit=cover`. Raises ValueError.

    Numbers, true, false and null are read as JSON, anything else is text (`crop:aspect=4:5`). Which operations and
    parameters exist is for the server to say. `mask=@tag.png` names a file, which is uploaded with the photo. An
    operation whose parameters are lists is written as JSON:
    `{"op": "inpaint", "boxes": [{"x": 10, "y": 20, "width": 50, "height": 30}]}`.
    """
    if text.lstrip().startswith("{"):
        return _parse_json(text)
    name, _, parameters = text.partition(":")
    if not name.strip():
        raise ValueError(f"operation {text!r} has no name; expected NAME or NAME:KEY=VALUE,KEY=VALUE")
    if re.search(r"(^|,)\s*\w+\s*=\s*[\[{]", parameters):
        raise ValueError(f"operation {text!r} has a list or an object: write all of it as JSON, {_AS_JSON}")
    operation: dict[str, Any] = {"op": name.strip()}
    for part in filter(None, (piece.strip() for piece in parameters.split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not (key and equals and value):
            raise ValueError(f"parameter {part!r} of {text!r} is not KEY=VALUE")
        if key in operation:
            raise ValueError(f"parameter {key!r} of {text!r} is given twice")
        operation[key] = _value(value)
    return operation


def as_operations(operations: Iterable[Operation]) -> list[dict[str, Any]]:
    """Text or mappings to what the wire takes. A single string is refused: it would be read letter by letter."""
    if isinstance(operations, (str, Mapping)):
        raise TypeError(f"operations is a single {type(operations).__name__}; expected a list, such as ['restore']")
    return [parse_operation(one) if isinstance(one, str) else dict(one) for one in operations]


def with_uploads(operation: Mapping[str, Any], upload: Callable[[Path | bytes], str]) -> dict[str, Any]:
    """The operation as the wire takes it: every file (a path) or picture (bytes) uploaded, its id in its place.

    Files in a list (`"like": [Path("a.jpg"), Path("b.jpg")]`) and pictures that were uploaded before are taken too.
    """

    def sent(value: Any) -> Any:
        if isinstance(value, Upload):
            return value.id
        if isinstance(value, list | tuple):
            return [sent(one) for one in value]
        if isinstance(value, os.PathLike):
            return upload(Path(value))
        return upload(value) if isinstance(value, bytes) else value

    return {key: sent(value) for key, value in operation.items()}


def files_of(operation: Mapping[str, Any]) -> list[Path]:
    """The files that an operation names, in lists too."""
    lists = (value if isinstance(value, list | tuple) else [value] for value in operation.values())
    return [one for each in lists for one in each if isinstance(one, Path)]


def _parse_json(text: str) -> dict[str, Any]:
    try:
        operation = json.loads(text)
    except ValueError as error:
        raise ValueError(f"operation {text!r} is not JSON: {error}") from error
    if not isinstance(operation.get("op"), str):
        raise ValueError(f'operation {text!r} has no name; expected {{"op": NAME, …}}')  # noqa: TRY004 the text is wrong
    return {key: _file_or(value) for key, value in operation.items()}


def _file_or(value: Any) -> Any:
    """A file for `@PATH`, also in a list; anything else as it is."""
    if isinstance(value, list):
        return [_file_or(one) for one in value]
    return Path(value[1:]) if isinstance(value, str) and value.startswith("@") else value


def _value(text: str) -> Any:
    if text.startswith("@"):
        return _file_or(text)
    try:
        value = json.loads(text, parse_constant=lambda _: text)
    except ValueError:
        return text
    return text if isinstance(value, (str, list, dict)) else value
