"""Keys by tenant: listed newest first, counted, and forgotten a while after their end."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from api.key_records import DAY_S, KeyRecord
from api.keys import ALL_KEYS, KeyRing, record_name
from jobs.store.base import PREFIX
from jobs.store.cursors import read_cursor

EVERYBODY = "*"  # in place of a tenant's name
KEPT_S = 30 * DAY_S  # how long a key is listed after its end
MAX_ENDED = 200  # and how many of a tenant's are


@dataclass(frozen=True)
class KeyPage:
    """Some keys, each with the jobs that its account took today; ``cursor`` asks for the next, None at the end."""

    items: tuple[tuple[KeyRecord, int], ...]
    cursor: str | None


class KeyLists:
    """The lists beside a ``KeyRing``; Redis' own faults pass through."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._redis = keys.redis

    def page(self, tenant: str | None, cursor: str | None, limit: int) -> KeyPage:
        """The tenant's keys, or everybody's, newest first. Raises ProblemError invalid-parameter for a wrong cursor."""
        found = cast(
            "list[tuple[str, float]]",
            self._redis.zrevrangebyscore(
                _index(tenant), read_cursor(cursor), "-inf", start=0, num=limit + 1, withscores=True
            ),
        )
        records = self.records(key_id for key_id, _ in found[:limit])
        more = str(int(found[limit - 1][1])) if len(found) > limit else None
        return KeyPage(tuple(zip(records, self.jobs_today(records), strict=True)), more)

    def records(self, key_ids: Iterable[str]) -> list[KeyRecord]:
        """Those of these keys that there are."""
        ids = list(key_ids)
        with self._redis.pipeline(transaction=False) as pipeline:
            for key_id in ids:
                pipeline.hgetall(record_name(key_id))
            found = cast("list[dict[str, str]]", pipeline.execute())
        return [KeyRecord.read(key_id, fields) for key_id, fields in zip(ids, found, strict=True) if fields]

    def jobs_today(self, records: Iterable[KeyRecord]) -> list[int]:
        """How many jobs the account of each has taken on this day (UTC)."""
        day = self._keys.now() // DAY_S
        names = [f"{PREFIX}spent:{record.account}:{day}" for record in records]
        found = cast("list[str | None]", self._redis.mget(names)) if names else []
        return [int(told or 0) for told in found]

    def forget_ended(self, tenant: str) -> None:
        """Forget the tenant's keys that ended long ago, and of many others the oldest."""
        now = self._keys.now()
        records = self.records(cast("list[str]", self._redis.zrange(_index(tenant), 0, -1)))
        ended = sorted((record for record in records if not record.is_valid(now)), key=_end, reverse=True)
        self._forget(record for place, record in enumerate(ended) if place >= MAX_ENDED or now - _end(record) > KEPT_S)

    def adopt(self) -> int:
        """List the keys that an earlier version made, which kept no lists; returns how many there were."""
        known = cast("list[str]", self._redis.zrange(_index(None), 0, -1))
        unlisted = cast("set[str]", self._redis.smembers(ALL_KEYS)) - set(known)
        for record in sorted(self.records(unlisted), key=lambda record: record.created_at):
            sequence = self._redis.incr(f"{PREFIX}sequence")
            for name in (_index(record.tenant), _index(None)):
                self._redis.zadd(name, {record.id: sequence}, nx=True)
        return len(unlisted)

    def _forget(self, records: Iterable[KeyRecord]) -> None:
        with self._redis.pipeline(transaction=True) as pipeline:
            for record in records:
                pipeline.delete(record_name(record.id))
                pipeline.srem(ALL_KEYS, record.id)
                pipeline.zrem(_index(record.tenant), record.id)
                pipeline.zrem(_index(None), record.id)
            pipeline.execute()


def _index(tenant: str | None) -> str:
    return f"{PREFIX}keys-of:{EVERYBODY if tenant is None else tenant}"


def _end(record: KeyRecord) -> int:
    """When a key that has ended did so."""
    return min(end for end in (record.revoked_at, record.expires_at) if end is not None)
