"""A tenant's own word on its data: how long it is kept, how much there is, and that all of it be erased."""

import json
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, cast

from jobs.audit import Actor, Note
from jobs.erasures import Erasure, Held, Retention
from jobs.errors import ErasureLost
from jobs.store.base import PREFIX, RecordBase, check_tenant, job_key
from jobs.tokens import new_erasure_id, new_token

HELD_MS = 60_000  # how long a count is told before it is made anew: it goes through all that the tenant has
LEASE_MS = 60_000
_CHUNK = 500
_FIELDS = {"retention_s": "retention_ms", "uploads_retention_s": "uploads_ms"}


class PrivacyStore(RecordBase):
    """What a tenant decides about all that is kept of it."""

    def retention(self, tenant: str) -> Retention:
        """How long its own is kept, and its last erasure."""
        names = ["retention_ms", "uploads_ms", "erasure"]
        *own, erasure = cast("list[str | None]", self.redis.hmget(f"{PREFIX}tenant:{tenant}", names))
        ended_s, uploads_s = (None if ms is None else int(ms) // 1000 for ms in own)
        return Retention(ended_s, uploads_s, erasure)

    def set_retention(self, tenant: str, changes: Mapping[str, int | None]) -> None:
        """Set ``retention_s`` or ``uploads_retention_s``, None as the installation keeps it.

        What ends from now on is kept so long at most. What ended before goes earlier where that is less, and never
        later; a photo that long after this call at the latest. The reapers see to it.
        """
        check_tenant(tenant)
        told = {_FIELDS[name]: seconds and seconds * 1000 for name, seconds in changes.items()}
        self.run_script(
            "set_retention",
            tenant=tenant,
            set={field: ms for field, ms in told.items() if ms is not None},
            unset=[field for field, ms in told.items() if ms is None],
        )

    def held(self, tenant: str) -> Held:
        """How much there is, as it was a minute ago at most."""
        name = f"{PREFIX}held:{tenant}"
        if known := cast("str | None", self.redis.get(name)):
            return Held(**json.loads(known))
        uploads = sum(1 for _ in self.upload_names(tenant))
        now = self.redis.time()
        counted = Held(
            jobs=int(self.redis.zcard(f"{PREFIX}jobs:{tenant}")),
            uploads=uploads,
            batches=int(self.redis.zcard(f"{PREFIX}batches:{tenant}")),
            bytes=self._bytes_of_uploads(tenant) + self._bytes_of_results(tenant),
            counted_ms=now[0] * 1000 + now[1] // 1000,
        )
        if not self.redis.hexists(f"{PREFIX}tenant:{tenant}", "erasing"):  # which looks until there is nothing more
            self.redis.set(name, json.dumps(vars(counted)), px=HELD_MS)
        return counted

    def upload_names(self, tenant: str) -> Iterator[str]:
        """The SHA-256 of each photo of the tenant's that there is, each once; in no order."""
        seen: set[str] = set()
        for name, _ in self.redis.zscan_iter(f"{PREFIX}uploads", match=f"{tenant}:*", count=1000):
            sha256 = str(name).partition(":")[2]
            if sha256 not in seen:  # a scan may tell twice
                seen.add(sha256)
                yield sha256

    def start_erasure(self, tenant: str, *, keys: bool = False, operators: bool = False) -> str:
        """Have all of the tenant's erased; returns the erasure's id, of the one under way where there is one.

        ``keys``: its API keys as well, those with the scope ``operator`` only with ``operators``.
        """
        check_tenant(tenant)
        asked = {"keys": keys, "operators": operators}
        return str(self.run_script("begin_erasure", tenant=tenant, id=new_erasure_id(), **asked))

    def erasure(self, tenant: str, erasure_id: str) -> Erasure | None:
        """How far it is; None where the tenant has none of that id (any more)."""
        name = f"{PREFIX}erasure:{erasure_id}"
        owner = self.redis.hget(name, "tenant")  # first: how long it takes to read another's would tell of it
        fields = cast("dict[str, str]", self.redis.hgetall(name)) if owner == tenant else {}
        if fields.get("tenant") != tenant:
            return None
        journal_ms = cast("str | None", self.redis.get(f"{PREFIX}journal-rewritten"))
        return Erasure.read(fields, int(journal_ms) if journal_ms else None)

    def claim_erasure(self) -> Erasure | None:
        """The next erasure to go on with; for a minute from each word of its holder no other reaper gets it."""
        told = cast("list[str] | None", self.run_script("claim_erasure", lease_ms=LEASE_MS, token=new_token()))
        return Erasure.read(dict(zip(told[::2], told[1::2], strict=True))) if told else None

    def note_erasure(
        self, erasure: Erasure, fields: Mapping[str, Any], counts: Mapping[str, int], pause_ms: int | None = None
    ) -> None:
        """Say how far it is, and keep it; with ``pause_ms`` give it back, to go on after that.

        The step "done" ends it, lets the tenant begin anew, and is noted in the audit log. Raises ErasureLost.
        """
        done = fields.get("step") == "done"
        many = sum(erasure.counts.values()) + sum(counts.values())
        told = Note(erasure.tenant, Actor("system", "reaper"), "tenant.erased", erasure.id, count=many)
        held = self.run_script(
            "note_erasure",
            id=erasure.id,
            token=erasure.token,
            tenant=erasure.tenant,
            fields=dict(fields),
            counts={what: many for what, many in counts.items() if many},
            done=True if done else None,
            audit=self.audit_arguments(told if done else None),
            pause_ms=pause_ms,
            lease_ms=LEASE_MS,
            kept_ms=max(1, self.settings.audit_days) * 86_400_000,
        )
        _check_held(erasure, held == 1)

    def erase_keys(
        self,
        erasure: Erasure,
        names: Iterable[str] = (),
        fields: Mapping[str, Iterable[str]] = MappingProxyType({}),
        photos: Iterable[str] = (),
    ) -> int:
        """Erase keys, fields of the record's hashes, and the listing of photos that are not there; keeps the erasure.

        Returns how many keys there were. Raises ErasureLost, and then nothing is erased.
        """
        erased = self.run_script(
            "erase_keys",
            id=erasure.id,
            token=erasure.token,
            tenant=erasure.tenant,
            names=list(names),
            fields={name: list(each) for name, each in fields.items()},
            photos=list(photos),
            lease_ms=LEASE_MS,
        )
        _check_held(erasure, erased >= 0)
        return int(erased)

    def forget_keys(self, erasure: Erasure) -> tuple[int, int]:
        """The tenant's API keys open nothing any more; returns how many went, and how many operators' stay.

        Raises ErasureLost.
        """
        told = self.run_script("forget_keys", tenant=erasure.tenant, id=erasure.id, token=erasure.token)
        _check_held(erasure, told[0] >= 0)
        return int(told[0]), int(told[1])

    def _bytes_of_uploads(self, tenant: str) -> int:
        return sum(
            int(json.loads(record)["size"])
            for names in _in_chunks(self.upload_names(tenant))
            for record in self._fields([f"{PREFIX}upload:{tenant}:{sha256}" for sha256 in names], "record")
        )

    def _bytes_of_results(self, tenant: str) -> int:
        ids = (str(job_id) for job_id, _ in self.redis.zscan_iter(f"{PREFIX}jobs:{tenant}", count=1000))
        return sum(
            int(output["bytes"])
            for names in _in_chunks(ids)
            for outputs in self._fields([job_key(job_id) for job_id in names], "outputs")
            for output in json.loads(outputs)
        )

    def _fields(self, names: list[str], field: str) -> list[str]:
        """That field of these hashes, of those that have it."""
        with self.redis.pipeline(transaction=False) as pipeline:
            for name in names:
                pipeline.hget(name, field)
            return [value for value in pipeline.execute() if value is not None]


def _check_held(erasure: Erasure, held: bool) -> None:
    if not held:
        raise ErasureLost(f"somebody else goes on with {erasure.id}, or has ended it")


def _in_chunks(names: Iterator[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for name in names:
        chunk.append(name)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
