"""A problem as the server tells it (RFC 9457 problem details), in answers and in failed jobs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_KNOWN = frozenset({"type", "title", "detail", "status", "instance", "errors"})

MOST_TOLD = 20  # fields at fault in a problem's text; a catalogue may have thousands


@dataclass(frozen=True)
class FieldError:
    """One field at fault. `pointer` is a JSON pointer into the request, such as `/operations/0/op`.

    In a catalogue it points into the `row`, counted from 1, or into what all rows share (0).
    """

    pointer: str
    detail: str
    row: int | None = None

    def __str__(self) -> str:
        return f"row {self.row} {self.pointer}: {self.detail}" if self.row else f"{self.pointer}: {self.detail}"


@dataclass(frozen=True)
class Problem:
    """What went wrong. `slug` is the last part of `type`, such as `image-corrupt`; anything unknown is in `extra`."""

    type: str
    title: str
    detail: str = ""
    status: int | None = None
    errors: tuple[FieldError, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """`image-corrupt` of `https://…/problems/image-corrupt`; empty for `about:blank`."""
        return "" if self.type == "about:blank" else self.type.rstrip("/").rpartition("/")[2].rpartition("#")[2]

    @property
    def request_id(self) -> str | None:
        """The id by which the server's log knows the request that was refused, where it told one."""
        told = self.extra.get("request_id")
        return told if isinstance(told, str) else None

    def __str__(self) -> str:
        text = ": ".join(part for part in (self.title, self.detail) if part)
        told = [str(error) for error in self.errors if error.detail not in text]
        more = [f"and {len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
        fields = "; ".join(told[:MOST_TOLD] + more)
        return f"{text} ({fields})" if fields else text


def parse_problem(document: Mapping[str, Any], *, status: int | None = None) -> Problem:
    """Reads leniently: whatever a problem lacks gets a neutral value, since an error must never hide behind another."""
    own_status = document.get("status")
    errors = document.get("errors")
    return Problem(
        type=str(document.get("type") or "about:blank"),
        title=str(document.get("title") or "Problem without a title"),
        detail=str(document.get("detail") or ""),
        status=own_status if isinstance(own_status, int) else status,
        errors=tuple(_field_error(entry) for entry in errors) if isinstance(errors, list) else (),
        extra={name: value for name, value in document.items() if name not in _KNOWN},
    )


def _field_error(entry: object) -> FieldError:
    if isinstance(entry, Mapping):
        row = entry.get("row")
        told = str(entry.get("pointer") or ""), str(entry.get("detail") or "")
        return FieldError(*told, row if isinstance(row, int) else None)
    return FieldError("", str(entry))
