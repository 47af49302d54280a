"""Runs faults of the catalogue, one after another, and says what became of each."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.faults.catalogue import Fault
from tests.faults.installation import Installation


@dataclass(frozen=True)
class Outcome:
    """`problem` is empty where all was as promised. `recovery_s`: until a job submitted after the fault succeeded.

    `logs` is a folder that holds them, in one folder for each installation of the run.
    """

    fault: Fault
    problem: str
    recovery_s: float | None
    took_s: float
    logs: Path


def suffer(place: Installation, fault: Fault) -> float:
    """One fault, and all that must hold after it; the seconds to recover. AssertionError where something does not."""
    place.next_fault()
    fault.cause(place)
    recovery_s = place.recovered()
    place.check()
    return recovery_s


AGAIN = Fault("end", "all of these, held once more", "every job is as it ended, with its result", lambda _: None)
"""The last outcome of the faults that shared an installation: what one left in order, no later one has spoilt."""


class Run:
    """Faults without settings share an installation, until one of them fails; the others have one each."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.mkdtemp(prefix="packshot-faults-"))
        self._shared: Installation | None = None
        self._open = ExitStack()
        self._started = 0

    def outcomes(self, faults: Iterable[Fault], about: Callable[[Fault], None]) -> Iterator[Outcome]:
        """Each fault's outcome when it is known; `about` is told which comes next. AGAIN's comes last."""
        with self._open:
            for fault in faults:
                about(fault)
                yield self._outcome(fault, self._alone if fault.settings else self._among_others)
            if self._shared is not None:
                about(AGAIN)
                yield self._outcome(AGAIN, self._again)

    def _outcome(self, fault: Fault, causes: Callable[[Fault], float | None]) -> Outcome:
        started, recovery_s, problem = time.monotonic(), None, ""
        try:
            recovery_s = causes(fault)
        except Exception as error:  # noqa: BLE001  (whatever it is, the table tells it, and the others go on)
            problem = f"{type(error).__name__}: {error}"
        return Outcome(fault, problem, recovery_s, time.monotonic() - started, self._folder)

    def _alone(self, fault: Fault) -> float:
        with self._new(fault.settings) as place:
            return suffer(place, fault)

    def _among_others(self, fault: Fault) -> float:
        """Where it fails, the place is given up with it: nobody knows what it left there."""
        if self._shared is None:
            self._shared = self._open.enter_context(self._new({}))
        try:
            return suffer(self._shared, fault)
        except BaseException:
            self._open.pop_all().close()
            self._shared = None
            raise

    def _again(self, _: Fault) -> None:
        assert self._shared is not None
        self._shared.check(again=True)

    def _new(self, settings: Mapping[str, str]) -> Installation:
        self._started += 1
        return Installation(self._folder / str(self._started), settings)
