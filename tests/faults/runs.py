"""Runs faults of the catalogue, one after another, and says what became of each."""

import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.faults.catalogue import Fault
from tests.faults.installation import Installation


@dataclass(frozen=True)
class Outcome:
    """`problem` is empty where all was as promised. `recovery_s`: until a job submitted after the fault succeeded."""

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


class Run:
    """Faults without settings share an installation, until one of them fails; the others have one each."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or Path(tempfile.mkdtemp(prefix="packshot-faults-"))
        self._shared: Installation | None = None
        self._open = ExitStack()
        self._started = 0

    def outcomes(self, faults: Iterable[Fault], about: Callable[[Fault], None]) -> Iterator[Outcome]:
        """Each fault's outcome when it is known; `about` is told which comes next."""
        with self._open:
            for fault in faults:
                about(fault)
                yield self._outcome(fault)
            if self._shared is not None:
                self._shared.check(again=True)

    def _outcome(self, fault: Fault) -> Outcome:
        started, recovery_s, problem = time.monotonic(), None, ""
        with ExitStack() as own:
            place = self._place(fault, own)
            try:
                recovery_s = suffer(place, fault)
            except Exception as error:  # noqa: BLE001  (whatever it is, the table tells it, and the others go on)
                problem = f"{type(error).__name__}: {error}"
                self._give_up_shared()
        return Outcome(fault, problem, recovery_s, time.monotonic() - started, place.folder)

    def _place(self, fault: Fault, own: ExitStack) -> Installation:
        if fault.settings:
            return own.enter_context(self._new(fault.settings))
        if self._shared is None:
            self._shared = self._open.enter_context(self._new({}))
        return self._shared

    def _new(self, settings: object) -> Installation:
        assert isinstance(settings, dict)
        self._started += 1
        return Installation(self._folder / str(self._started), settings)

    def _give_up_shared(self) -> None:
        self._open.pop_all().close()
        self._shared = None
