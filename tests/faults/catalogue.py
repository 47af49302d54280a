"""The faults, as a list: each is a function that causes it in a running installation and holds what must come of it."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.installation import Installation

Cause = Callable[["Installation"], None]


@dataclass(frozen=True)
class Fault:
    """`outcome` is what must be, in the table's words. With `settings` it gets an installation of its own.

    `short`: also part of `make test`.
    """

    number: str
    name: str
    outcome: str
    cause: Cause
    settings: Mapping[str, str] = field(default_factory=dict)
    short: bool = False


FAULTS: list[Fault] = []


def fault(
    number: str, name: str, outcome: str, *, short: bool = False, settings: Mapping[str, str] | None = None
) -> Callable[[Cause], Cause]:
    """Puts the function into the list."""

    def enter(cause: Cause) -> Cause:
        assert all(number != known.number for known in FAULTS), f"two faults are called {number}"
        FAULTS.append(Fault(number, name, outcome, cause, settings or {}, short))
        return cause

    return enter


def in_order() -> list[Fault]:
    """All faults, by number; those without one of the promise's last."""
    return sorted(FAULTS, key=lambda one: (int(one.number) if one.number.isdecimal() else sys.maxsize, one.number))
