"""Operations as people write them: `upscale:factor=2` becomes `{"op": "upscale", "factor": 2}`."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

Operation = str | Mapping[str, Any]


def parse_operation(text: str) -> dict[str, Any]:
    """Name, then parameters after a colon: `resize:width=1000,height=1000,fit=cover`. Raises ValueError.

    Numbers, true, false and null are read as JSON, anything else is text (`crop:aspect=4:5`). Which operations and
    parameters exist is for the server to say.
    """
    name, _, parameters = text.partition(":")
    if not name.strip():
        raise ValueError(f"operation {text!r} has no name; expected NAME or NAME:KEY=VALUE,KEY=VALUE")
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


def _value(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=lambda _: text)
    except ValueError:
        return text
    return text if isinstance(value, (str, list, dict)) else value
