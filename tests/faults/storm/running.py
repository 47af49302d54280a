"""The long form's run: traffic, the plan's blows at their times, a probe after each, and all invariants at the end."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.installation import Installation
from tests.faults.shop import Shop
from tests.faults.storm.blows import CAUSES, Targets
from tests.faults.storm.plan import Blow, Plan
from tests.faults.storm.traffic import Traffic
from tests.waiting import until

TENANTS = ("ash", "birch", "cedar", "elm")
_PROBE_S = 240.0


@dataclass
class Record:
    """What came of a plan. `recoveries` are seconds from a fault's end until a job submitted then had succeeded."""

    plan: Plan
    recoveries: dict[str, list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    problems: dict[str, int] = field(default_factory=dict)
    took_s: float = 0.0


class Storm:
    """One plan, played against one installation."""

    def __init__(self, place: Installation, plan: Plan, about: Callable[[str], None]) -> None:
        self.record = Record(plan)
        self._place, self._about = place, about
        self._targets, self._broken = Targets(), threading.Event()
        self._probe = place.open_shop("probe")
        self._traffic = [Traffic(place.open_shop(name), f"{plan.seed}-{name}", self._on_failure) for name in TENANTS]

    def play(self) -> Record:
        """All of it; the record has `failures` where a promise was broken, and is then as far as it came."""
        started = time.monotonic()
        for traffic in self._traffic:
            traffic.start()
        blows = [threading.Thread(target=self._strike, args=(blow, started)) for blow in self.record.plan.blows]
        for thread in blows:
            thread.start()
        self._watch(started, blows)
        for traffic in self._traffic:
            traffic.stop()
        self._end()
        self.record.took_s = time.monotonic() - started
        return self.record

    def _watch(self, started: float, blows: list[threading.Thread]) -> None:
        while any(thread.is_alive() for thread in blows):
            ahead = sum(thread.is_alive() for thread in blows)
            jobs = sum(len(shop.jobs) for shop in self._place.shops)
            under_way = sum(len(traffic.under_way()) for traffic in self._traffic)
            past_s = time.monotonic() - started
            self._about(f"{past_s:5.0f} s: {ahead} faults to come or under way, {jobs} jobs, {under_way} not ended")
            time.sleep(0.5)

    def _strike(self, blow: Blow, started: float) -> None:
        if self._broken.wait(max(0.0, started + blow.at_s - time.monotonic())):
            return
        try:
            with self._targets.lock_for(blow.kind, blow.how):
                CAUSES[blow.kind][1](self._place, blow.how)
            recovery_s = self._recovery_s()
            self.record.recoveries.setdefault(blow.kind, []).append(recovery_s)
        except BaseException as error:  # noqa: BLE001  (told at the end)
            self._on_failure(error, f"{blow.kind} at {blow.at_s} s: ")

    def _recovery_s(self) -> float:
        started = time.monotonic()
        (job_id,) = self._probe.submit(operations=[{"op": "restore"}], timeout_s=_PROBE_S)
        until(lambda: self._probe.look(job_id)["state"] in {"succeeded", "failed"}, f"the end of {job_id}", _PROBE_S)
        return time.monotonic() - started

    def _on_failure(self, error: BaseException, where: str = "") -> None:
        self.record.failures.append(f"{where}{type(error).__name__}: {error}")
        self._broken.set()

    def _end(self) -> None:
        """Let go of everything, wait for what is under way, and hold every 202 there ever was."""
        self._about("the end: every job, result and webhook is held against the promise")
        place, record = self._place, self.record
        try:
            place.next_fault()
            place.check()
            place.check(again=True)
        except BaseException as error:  # noqa: BLE001  (told with the rest)
            self._on_failure(error, "at the end: ")
        for shop in place.shops:
            for kept in shop.jobs.values():
                record.ends[str(kept.ended)] = record.ends.get(str(kept.ended), 0) + 1
            self._count_problems(shop)
        record.counts = self._counts()

    def _count_problems(self, shop: Shop) -> None:
        for job_id, kept in shop.jobs.items():
            if kept.ended == "failed":
                slug = str(shop.look(job_id)["problem"]["type"]).rpartition("/")[2]
                self.record.problems[slug] = self.record.problems.get(slug, 0) + 1

    def _counts(self) -> dict[str, int]:
        place = self._place
        answers = sum((shop.answers for shop in place.shops), start=place.shops[0].answers.__class__())
        return {
            "faults": sum(map(len, self.record.recoveries.values())),
            "accepted": sum(len(shop.jobs) for shop in place.shops),
            "keys sent again": sum(traffic.repeated for traffic in self._traffic),
            "cancels": sum(traffic.canceled for traffic in self._traffic),
            "webhook attempts": len(place.sink.received),
            "worker starts": sum(len(worker.sessions) for worker in place.workers),
            "API starts": len(place.api.sessions),
            **{f"answers {status}": many for status, many in sorted(answers.items())},
        }
