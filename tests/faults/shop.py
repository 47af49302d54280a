"""The observer: a shop that submits, polls, and holds from outside what was promised for every 202 it ever got."""

import hashlib
import io
import json
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
from PIL import Image

from tests.faults.photos import small_photo
from tests.faults.sink import Sink
from tests.waiting import until

OPERATIONS: Sequence[Mapping[str, Any]] = ({"op": "relight"}, {"op": "restore"})
TERMINAL = frozenset({"succeeded", "failed", "canceled", "expired"})
PATIENCE_S = 120.0
_AGAIN_S = 0.2
_LASTING_PX = 640
_TRY_AGAIN = {409, 429, 500, 502, 503, 504}  # 409: idempotency-in-flight
_TELLS_NOTHING = frozenset(range(400, 600)) - {404, 410}


@dataclass
class Kept:
    """A submit that got its 202. `ended` is the terminal state in which it was seen first, and for good."""

    key: str
    photo: bytes
    spec: Mapping[str, Any]
    ended: str | None = None
    may_be_lost: bool = False
    checked: bool = False


class Shop:
    """One tenant. Thread-safe, but for `check`."""

    def __init__(self, url: str, api_key: str, sink: Sink) -> None:
        self.jobs: dict[str, Kept] = {}
        self.answers: Counter[str] = Counter()
        self.sink = sink
        headers = {"Authorization": f"Bearer {api_key}"}
        limits = httpx.Limits(max_keepalive_connections=0)  # an API that was killed leaves no dead connection behind
        self.http = httpx.Client(base_url=url, headers=headers, timeout=30.0, trust_env=False, limits=limits)
        self._lock = threading.Lock()

    def submit(
        self, count: int = 1, *, operations: Iterable[Mapping[str, Any]] = OPERATIONS, photo: bytes | None = None,
        key: str | None = None, webhook: bool = True, timeout_s: float = PATIENCE_S, **more: Any,
    ) -> list[str]:  # fmt: skip
        """Submit until each has its 202, again and again under its key; the jobs' ids. `key` serves one job only."""
        spec = {"operations": list(operations), **more}
        if webhook:
            spec["webhook"] = {"url": self.sink.url}
        wishes = [Kept(key or uuid4().hex, photo or small_photo(), spec) for _ in range(count)]
        return [self.submit_kept(kept, timeout_s) for kept in wishes]

    def submit_until_running(self, count: int) -> list[str]:
        """Submit so many jobs that last, and as many again when they are over, until one is seen to run; all of them.

        A job of the usual photo is over before anybody sees it.
        """
        jobs: list[str] = []

        def seen() -> bool:
            if all(self.jobs[job_id].ended for job_id in jobs):
                jobs.extend(self.submit(count, photo=small_photo(width=_LASTING_PX)))
            return any(self.look(job_id)["state"] == "running" for job_id in jobs if not self.jobs[job_id].ended)

        until(seen, "a running job")
        return jobs

    def submit_kept(self, kept: Kept, timeout_s: float = PATIENCE_S) -> str:
        """As `submit`, of one whole request."""
        give_up_at = time.monotonic() + timeout_s
        while True:
            try:
                answer = self.post(kept)
            except httpx.HTTPError as error:
                told = type(error).__name__
                self.answers[told] += 1
            else:
                told = answer.text
                self.answers[str(answer.status_code)] += 1
                if answer.status_code in {200, 202}:
                    job_id = str(answer.json()["id"])
                    self.note(job_id, kept)
                    return job_id
                assert answer.status_code in _TRY_AGAIN, f"a submit was answered {answer.status_code}: {told}"
            assert time.monotonic() < give_up_at, f"no 202 in {timeout_s:g} s: {told}"
            time.sleep(_AGAIN_S)

    def submit_again(self, job_id: str, timeout_s: float = PATIENCE_S) -> str:
        """The same request under the same key, as a client sends it that never saw the answer; the id it gets."""
        kept = self.jobs[job_id]
        return self.submit_kept(Kept(kept.key, kept.photo, kept.spec), timeout_s)

    def post(self, kept: Kept) -> httpx.Response:
        """One request, whatever comes of it. Raises httpx.HTTPError."""
        return self.http.post(
            "/v1/jobs",
            files={"file": ("photo.jpg", kept.photo, "image/jpeg"), "spec": (None, json.dumps(kept.spec))},
            headers={"Idempotency-Key": kept.key},
        )

    def require_refusal(self) -> httpx.Response:
        """A fresh request, which must be refused for now (503); the answer. Raises httpx.HTTPError."""
        answer = self.post(Kept(uuid4().hex, small_photo(), {"operations": list(OPERATIONS)}))
        assert answer.status_code == 503, f"not refused but answered {answer.status_code}: {answer.text}"
        return answer

    def note(self, job_id: str, kept: Kept) -> None:
        """Remember a 202 that another way than `submit` brought."""
        with self._lock:
            self.jobs.setdefault(job_id, kept)

    def cancel(self, job_id: str) -> int:
        """Ask once for its end; the status of the answer, 0 for none."""
        try:
            return self.http.post(f"/v1/jobs/{job_id}/cancel").status_code
        except httpx.HTTPError:
            return 0

    def look(self, job_id: str, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """The job as the API tells it, asked again while it cannot; AssertionError when its end changed.

        A job that may be lost, and is, has the state "lost".
        """
        return self._told(job_id, self.insist("GET", f"/v1/jobs/{job_id}", _TELLS_NOTHING, timeout_s))

    def insist(
        self, method: str, path: str, later: Collection[int] = frozenset({503}), timeout_s: float = PATIENCE_S
    ) -> httpx.Response:
        """The first answer that is none of those that say to come back `later`."""
        give_up_at = time.monotonic() + timeout_s
        while True:
            try:
                answer = self.http.request(method, path)
            except httpx.HTTPError as error:
                told = repr(error)
            else:
                if answer.status_code not in later:
                    return answer
                told = answer.text
            assert time.monotonic() < give_up_at, f"{method} {path.partition('?')[0]}: for {timeout_s:g} s {told}"
            time.sleep(_AGAIN_S)

    def attempts(self, job_ids: Iterable[str]) -> set[int]:
        """How often each of them was run."""
        return {int(self.look(job_id)["attempt"]) for job_id in job_ids}

    def have_succeeded(self, job_ids: Iterable[str]) -> bool:
        """Whether all of them have."""
        return all(self.look(job_id)["state"] == "succeeded" for job_id in job_ids)

    def states(self) -> Counter[str]:
        """How many jobs are in which state now; one that ended is not asked for again."""
        return Counter(kept.ended or self.look(job_id)["state"] for job_id, kept in list(self.jobs.items()))

    def until_running(self, n: int = 1) -> list[str]:
        """Until so many of our jobs run; which."""
        running: list[str] = []

        def run() -> bool:
            living = [job_id for job_id, kept in list(self.jobs.items()) if not kept.ended]
            running[:] = [job_id for job_id in living if self.look(job_id)["state"] == "running"]
            return len(running) >= n

        until(run, f"{n} running jobs")
        return running

    def until_ended(self, timeout_s: float = PATIENCE_S) -> Counter[str]:
        """Until every job has come to its end; how many ended how."""
        until(lambda: all(self._has_ended(job_id) for job_id in list(self.jobs)), "the end of all jobs", timeout_s)
        return Counter(kept.ended or "" for kept in self.jobs.values())

    def lose(self, job_ids: Iterable[str]) -> None:
        """From now on these may be gone: Redis lost them together with its data."""
        for job_id in job_ids:
            self.jobs[job_id].may_be_lost = True

    def check(self, *, again: bool = False) -> None:
        """Hold each 202 that was not checked yet (`again`: each): ended once and for good, one result, one message."""
        self.until_ended()
        for job_id, kept in self.jobs.items():
            if again or not kept.checked:
                self._check(job_id, kept)
                kept.checked = True

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def _told(self, job_id: str, answer: httpx.Response) -> dict[str, Any]:
        kept = self.jobs.get(job_id)
        if answer.status_code != 200:
            assert kept is None or kept.may_be_lost, f"{job_id} got its 202, and is now answered {answer.status_code}"
            job = {"id": job_id, "state": "lost"}
        else:
            job = answer.json()
        if kept is not None and (job["state"] in TERMINAL or job["state"] == "lost"):
            kept.ended = kept.ended or job["state"]
        if kept is not None and kept.ended:
            lost_since = kept.may_be_lost and job["state"] == "lost"
            assert lost_since or job["state"] == kept.ended, f"{job_id} was {kept.ended}, and is now {job['state']}"
        return dict(job)

    def _has_ended(self, job_id: str) -> bool:
        kept = self.jobs[job_id]
        if kept.ended is None:
            self.look(job_id)
        return kept.ended is not None

    def _check(self, job_id: str, kept: Kept) -> None:
        job = self.look(job_id)
        if job["state"] == "lost":
            return
        outputs = job["outputs"]
        if job["state"] == "succeeded":
            assert outputs, f"{job_id} succeeded without a result"
            for output in outputs:
                self._check_output(job_id, output)
        else:
            assert not outputs, f"{job_id} is {job['state']} and has {len(outputs)} results"
        if "webhook" in kept.spec:
            self._check_messages(job_id, str(job["state"]))

    def _check_output(self, job_id: str, output: Mapping[str, Any]) -> None:
        answer = self.insist("GET", output["url"])
        assert answer.status_code == 200, f"{job_id}'s result is answered {answer.status_code}: {answer.text[:300]}"
        assert hashlib.sha256(answer.content).hexdigest() == output["sha256"], f"{job_id}'s result has other bytes"
        with Image.open(io.BytesIO(answer.content)) as picture:
            picture.load()
            assert picture.size == (output["width"], output["height"])

    def _check_messages(self, job_id: str, state: str) -> None:
        until(lambda: self.sink.ids_of(job_id), f"the webhook of {job_id}, which is {state}", PATIENCE_S)
        every = {one.webhook_id for one in list(self.sink.received) if one.job_id == job_id}
        assert len(every) == 1, f"{job_id} has the messages {sorted(every)}, not one"
        assert self.sink.types_of(job_id) == {f"job.{state}"}
