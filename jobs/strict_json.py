"""JSON as a careful server reads it: UTF-8 only, no NaN, no duplicate keys, no bottomless nesting, no endless lists."""

import json
import re
import sys
from typing import Any, NoReturn

from jobs.problems import ProblemError

MAX_DEPTH = 32
MAX_PARTS = 500_000  # objects and lists: as Python's they take 60 bytes and more, where JSON takes 3
_EXACT = 2**53  # below it a float holds every whole number
_BRACKET_OR_TEXT = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)  # each character is looked at once


def parse_json(data: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """Read one JSON value; raises ProblemError ``malformed-json`` with the reason."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError("malformed-json", f"the body is not UTF-8: byte {error.start} is not valid") from error
    if not text.strip():
        raise ProblemError("malformed-json", "the body is empty; expected JSON")
    _check_depth(text, max_depth)
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_float=_number, parse_constant=_refuse_constant)
    except ValueError as error:
        raise ProblemError("malformed-json", f"the body is not JSON: {_reason(error)}") from error


def _reason(error: ValueError) -> str:
    """What Python says, but for what it says to Python's programmers."""
    if "set_int_max_str_digits" in str(error):
        return f"a number in it has more than {sys.get_int_max_str_digits()} digits"
    return str(error)


def _check_depth(text: str, max_depth: int) -> None:
    """Count brackets outside strings before the parser recurses into them."""
    depth = parts = 0
    for found in _BRACKET_OR_TEXT.finditer(text):
        bracket = found[0]
        if bracket in {"[", "{"}:
            depth += 1
            parts += 1
            if depth > max_depth:
                raise ProblemError("malformed-json", f"nested deeper than the {max_depth} levels allowed")
            if parts > MAX_PARTS:
                raise ProblemError("malformed-json", f"it holds more than the {MAX_PARTS} objects and lists allowed")
        elif bracket in {"]", "}"}:
            depth -= 1


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError(f"the key {_repeated(pairs)[:60]!r} occurs twice in one object")
    return members


def _repeated(pairs: list[tuple[str, Any]]) -> str:
    seen = set()
    for name, _ in pairs:
        if name in seen:
            break
        seen.add(name)
    return name


def _number(text: str) -> int | float:
    """A number as JSON Schema counts: 2.0 is a whole one. What no float holds exactly stays as it was read."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
