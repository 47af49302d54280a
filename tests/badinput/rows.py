"""The rows of the promise: what is sent, and what must come of it. `python -m tests.badinput` runs them all.

Each row is sent to real processes. After each the same processes must be there, and answer a good request.
"""

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.badinput.place import Place
from tests.badinput.wire import Answer

CPU_S = 10.0
"""How much of a processor API and workers together may use for one input, however busy the machine is."""

ANSWER_S = 60.0
"""What is answered later counts as a hang: by the clock, and so with room for whatever else the machine does."""


class Cost:
    """What an input costs from now on: seconds by the clock, and seconds of a processor."""

    def __init__(self, place: Place) -> None:
        self._place, self._began, self._used_s = place, time.monotonic(), place.cpu_s()

    def took_s(self) -> float:
        """By the clock; AssertionError where it is a hang."""
        took_s = time.monotonic() - self._began
        assert took_s < ANSWER_S, f"it took {took_s:.1f} s"
        return took_s

    def cpu_s(self) -> float:
        """Of a processor, by API and workers; AssertionError where it is too much."""
        used_s = max(0.0, self._place.cpu_s() - self._used_s)  # what was lost took its time with it
        assert used_s < CPU_S, f"it took {used_s:.1f} s of a processor"
        return used_s


@dataclass(frozen=True)
class Row:
    """One input: the `line` of the promise it belongs to, what it is, what `sends` it, and the answer it must meet.

    `later`: it is taken (202), and its job then fails with the problem. `names` must stand in the problem's detail:
    what was received, or what is allowed. `settings` are those of the installation, where not the usual ones.
    """

    line: str
    name: str
    sends: Callable[[Place], Answer]
    status: int
    slug: str | None
    names: tuple[str, ...] = ()
    later: bool = False
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What came of a row: the answer in words, how long that took, and what was not as promised (None: all was).

    `cpu_s` is what the whole input cost of a processor, with the job where it made one.
    """

    row: Row
    told: str
    took_s: float
    cpu_s: float
    fault: str | None
    api_bytes: int = 0
    worker_bytes: int = 0


ROWS: list[Row] = []


def promise(
    line: str, status: int, slug: str | None, inputs: Mapping[str, Callable[[Place], Answer]], **more: Any
) -> None:
    """Enter one line of the promise with all the inputs it names."""
    ROWS.extend(Row(line, name, sends, status, slug, **more) for name, sends in inputs.items())


def outcomes(rows: Iterable[Row], folder: Path, about: Callable[[Row], None] = lambda _: None) -> Iterator[Outcome]:
    """Run the rows, those of the same settings in one installation."""
    groups: dict[tuple[tuple[str, str], ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(row.settings, []).append(row)
    for number, (settings, members) in enumerate(groups.items()):
        with Place(folder / f"place-{number}", dict(settings)) as place:
            for row in members:
                about(row)
                yield outcome(row, place)


def outcome(row: Row, place: Place) -> Outcome:
    """Send the row's input, judge the answer, and look whether everything lives."""
    told, took_s, cpu_s, fault = "", 0.0, 0.0, None
    try:
        cost = Cost(place)
        answer = row.sends(place)
        took_s = cost.took_s()
        told = _judged(row, answer, place)
        cpu_s = cost.cpu_s()
        place.check_alive()
    except Exception as error:  # noqa: BLE001  (the edge of a row: the others are run all the same)
        fault = str(error) or traceback.format_exc()
    seen = place.seen()
    return Outcome(row, told, took_s, cpu_s, fault, seen.api_bytes, seen.worker_bytes)


def _judged(row: Row, answer: Answer, place: Place) -> str:
    """The answer in words; AssertionError where it is not the one promised."""
    assert answer.status < 500 or answer.status == 503, answer.text
    assert answer.status == (202 if row.later else row.status), answer.text
    problem = answer.document if row.slug and not row.later else None
    if row.later:
        problem = place.ended(answer)["problem"]
        assert problem, "the job did not fail"
        assert problem["type"] == f"/problems/{row.slug}", problem
    else:
        assert answer.slug == row.slug, answer.text
    detail = problem["detail"] if problem else ""
    for name in row.names:
        assert name in detail, f"{name!r} is not in {detail!r}"
    slug = f" `{row.slug}`" if row.slug else ""
    retry = ", Retry-After" if "retry-after" in answer.headers and answer.status in {429, 503} else ""
    return f"202, then{slug}" if row.later else f"{row.status}{slug}{retry}"
