"""Numbers as people type them at a terminal, 200,000 and 40%, as what a question to the planner takes."""

import re
from decimal import Decimal, InvalidOperation

from jobs.capacity.demand import Demand

_GROUPED = re.compile(r"\d{1,3}([,_ ])\d{3}(?:\1\d{3})*")
_ROUND = re.compile(r"(\d+)([kM])")
_THOUSANDS = {"k": 1_000, "M": 1_000_000}
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
_SHARE_OF_MIX = re.compile(r":(\d+(?:\.\d+)?)%")
_SHARES = ("bulk_share", "utilisation")


def read_argument(name: str, text: str) -> str:
    """The text of an option as the planner's question reads it. Raises ValueError, which says what to write instead."""
    text = text.strip()
    if name == "mix":
        return _SHARE_OF_MIX.sub(lambda found: f":{_as_part(found[1])}", text)
    if Demand.model_fields[name].annotation is int:
        return _whole(text)
    if name in _SHARES and (percent := _PERCENT.fullmatch(text)):
        return _as_part(percent[1])
    try:
        Decimal(text)
    except InvalidOperation as error:
        like = "0.4 or 40%" if name in _SHARES else "2.5, without a unit or a currency"
        raise ValueError(f"write a number, such as {like}; got {text!r}") from error
    return text


def _whole(text: str) -> str:
    if text.lstrip("+-").isdecimal():
        return text
    if _GROUPED.fullmatch(text):
        return re.sub(r"\D", "", text)
    if short := _ROUND.fullmatch(text):
        return str(int(short[1]) * _THOUSANDS[short[2]])
    raise ValueError(f"write a whole number, such as 200000, 200,000 or 200k; got {text!r}")


def _as_part(percent: str) -> str:
    return format((Decimal(percent) / 100).normalize(), "f")
