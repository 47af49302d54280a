"""Jobs without pixels: taken, claimed, worked on and finished by the scripts that serve, as fast as Redis can.

What is sent is what the store sends: one job is done through it, and the others by the same arguments under names of
their own. So a change of the scripts needs no change here.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.scale.record import Record
from jobs.audit import Actor, Note
from jobs.records import Arrival, OutputRecord, UploadRecord
from jobs.spec import validate_spec
from jobs.store.base import script_text
from jobs.tokens import new_job_id, new_token

PROGRESS_CALLS = 4  # of a job that takes one to two seconds (counted by benchmarks.costs)
POLLS = 3  # by its client
TEMPLATES = ("put_upload", "submit", "claim", "progress", "heartbeat", "end", "view")
_MANIFEST = Path(__file__).with_name("manifest.json")
_PIPELINE = 250

Call = tuple[str, dict[str, Any]]


class Crowd:
    """Makes jobs of any number of tenants on one record."""

    def __init__(self, record: Record, tenants: int = 100) -> None:
        self._record = record
        self._tenants = tenants
        self._made = 0
        self._shas: dict[str, str] = {}
        self._templates = _templates(record)
        self.load_scripts()

    def load_scripts(self) -> None:
        """Once before the first call, and again after a restart: Redis forgets its scripts then."""
        for name in TEMPLATES:
            self._shas[name] = self._record.redis.script_load(script_text(name))

    def live(self, jobs: int, chunk: int = _PIPELINE) -> None:
        """So many jobs from their photo to their end, in chunks that wait in the queue together."""
        for first in range(0, jobs, chunk):
            many = min(chunk, jobs - first)
            self.wait(many)
            self.work(many)

    def keep(self, jobs: int, chunk: int = _PIPELINE) -> None:
        """So many jobs that ended, without what leaves nothing behind: progress and polls. The short way to many."""
        for first in range(0, jobs, chunk):
            many = min(chunk, jobs - first)
            self.wait(many)
            claims = self.claims(many)
            told = self.send(claims)
            ends = [(answer[0], answer[1], call[1]["token"]) for answer, call in zip(told, claims, strict=True)]
            self.send(self.running("end", ends))

    def wait(self, jobs: int) -> None:
        """So many photos and jobs that nobody claims yet."""
        calls = self.arrivals(jobs)
        self.send([call for pair in calls for call in pair])

    def work(self, jobs: int) -> None:
        """So many are claimed, worked on, polled and finished."""
        tokens = [new_token() for _ in range(jobs)]
        claimed = self.send([self._call("claim", token=token) for token in tokens])
        at_work = [(answer[0], answer[1], token) for answer, token in zip(claimed, tokens, strict=True)]
        calls: list[Call] = []
        for job_id, tenant, token in at_work:
            calls += [self._call("progress", id=job_id, token=token)] * PROGRESS_CALLS
            calls += [self._call("view", id=job_id, tenant=tenant)] * POLLS
            calls.append(self._call("end", id=job_id, token=token))
        self.send(calls)

    def arrivals(self, jobs: int) -> list[tuple[Call, Call]]:
        """For each of so many jobs, its photo's call and its own."""
        return [self._arrival() for _ in range(jobs)]

    def claims(self, jobs: int) -> list[Call]:
        """As many calls, each with a token of its own."""
        return [self._call("claim", token=new_token()) for _ in range(jobs)]

    def running(self, name: str, claimed: Iterable[tuple[str, str, str]]) -> list[Call]:
        """The script's call for each (id, tenant, token)."""
        if name == "view":
            return [self._call(name, id=job_id, tenant=tenant) for job_id, tenant, _ in claimed]
        return [self._call(name, id=job_id, token=token) for job_id, _, token in claimed]

    def send(self, calls: Sequence[Call]) -> list[Any]:
        """Through pipelines; the answers in order."""
        answers: list[Any] = []
        for first in range(0, len(calls), _PIPELINE):
            with self._record.redis.pipeline(transaction=False) as pipeline:
                for name, arguments in calls[first : first + _PIPELINE]:
                    pipeline.evalsha(self._shas[name], 0, json.dumps(arguments))
                answers += pipeline.execute()
        return answers

    def ask(self, calls: Iterable[Call]) -> list[Any]:
        """One by one, as processes do that each wait for their answer."""
        return [self._record.redis.evalsha(self._shas[name], 0, json.dumps(arguments)) for name, arguments in calls]

    def cost_us(self, calls: Sequence[Call]) -> tuple[float, list[Any]]:
        """What one call costs Redis' thread on average, asked one by one; and the answers."""
        answers: list[Any] = []
        spent = self._record.spent_us(lambda: answers.extend(self.ask(calls)))
        return spent / len(calls), answers

    def _arrival(self) -> tuple[Call, Call]:
        self._made += 1
        tenant = f"shop-{self._made % self._tenants}"
        sha, job_id = f"{self._made:064x}", new_job_id()
        photo = self._call("put_upload", tenant=tenant, sha256=sha, path=f"uploads/{tenant}/{sha}/nonce")
        audit = self._templates["submit"].get("audit")
        if audit:
            audit = audit | {"tenant": tenant, "text": audit["text"].replace(self._templates["submit"]["id"], job_id)}
        own = {"id": job_id, "tenant": tenant, "uploads": sha, "work": sha[::-1], "body": sha, "audit": audit}
        job = self._call("submit", idempotency_key=sha, external_id=f"SKU-{self._made}", **own)
        return photo, job

    def _call(self, name: str, **own: Any) -> Call:
        return name, self._templates[name] | {key: value for key, value in own.items() if value is not None}


def _templates(record: Record) -> dict[str, dict[str, Any]]:
    """The arguments of each script, as the store sent them for one job."""
    store, sha = record.store, "a" * 64
    store.put_upload("first", sha, UploadRecord(f"uploads/first/{sha}/nonce", 200_000, "jpeg", 1333, 1600))
    operations = [{"op": "relight"}, {"op": "restore"}, {"op": "cutout"}, {"op": "background", "color": "#ffffff"}]
    asked = {"input": {"upload": f"sha256:{sha}"}, "operations": operations, "external_id": "SKU-0"}
    note = Note("first", Actor("key", "0123456789ab"), "job.submit", request_id="req_0123456789abcdef", address="::1")
    arrival = Arrival("https://photos.shop.example", note)
    made = store.submit("first", validate_spec(asked), idempotency_key="first", arrival=arrival)
    claim = store.claim("worker-host-1234-0123456789abcdef")
    assert claim is not None
    assert store.get("first", made.job_id) is not None
    _take_part(store.heartbeat, claim.job_id, claim.token)
    store.progress(claim.job_id, claim.token, 0.5, "restore", (1, 0.5))
    path = f"results/first/{claim.job_id}/{claim.token}/0.jpg"
    output = OutputRecord(0, path, "jpeg", 1333, 1600, 250_000, "b" * 64)
    store.finish(claim.job_id, claim.token, outputs=[output], manifest=json.loads(_MANIFEST.read_text()))
    return dict(store.seen)


def _take_part(beat: Callable[[str, str], str], job_id: str, token: str) -> None:
    told = beat(job_id, token)
    assert told == "ok", told
