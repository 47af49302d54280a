"""Did Redis lose what it had acknowledged? Processes that have seen more of the record than is there find out."""

from dataclasses import dataclass
from typing import cast

import redis

from jobs.connection import is_unavailable
from jobs.store.base import PREFIX, RecordBase
from jobs.tokens import new_token

SHOWN_S = 7 * 86_400
"""For how long a loss is shown to the operator."""

_EPOCH, _LOST = f"{PREFIX}epoch", f"{PREFIX}lost"


@dataclass(frozen=True)
class Landmark:
    """Which record this is, by its name, and how far its submissions had come."""

    epoch: str
    sequence: int

    def is_ahead_of(self, other: "Landmark") -> bool:
        """Whether the other is an earlier state of the same record, or another one."""
        return self.epoch != other.epoch or self.sequence > other.sequence


class LossStore(RecordBase):
    """A record has a name, given once, and a sequence of submissions that only grows."""

    _seen: tuple[str, int] | None = None
    _evicted: int | None = None

    def note_loss(self) -> bool:
        """True once in each process that saw the record before Redis lost it, or its newest part (FLUSHALL, an
        append-only file cut short, another server); the operator is shown when it was. For one thread alone.
        """
        epoch, sequence = self._where()
        lost = self._seen is not None and (epoch != self._seen[0] or sequence < self._seen[1])
        self._seen = None if lost else self._seen  # a fault from here on must not tell it twice
        try:
            if lost:
                self._show_loss()
            if epoch is None:
                self.redis.set(_EPOCH, new_token(), nx=True)
                epoch = cast("str | None", self.redis.get(_EPOCH))
        except redis.RedisError as error:
            if not is_unavailable(error):
                raise  # else its memory is full, or it is away again: the next time will do
        self._seen = (epoch, sequence) if epoch else self._seen
        return lost

    def landmark(self) -> Landmark | None:
        """Where the record stands now; None until some process has given it its name (``note_loss``)."""
        epoch, sequence = self._where()
        return Landmark(epoch, sequence) if epoch else None

    def show_loss(self) -> None:
        """Let the operator be shown that the record, or a part of it, was lost just now."""
        try:
            self._show_loss()
        except redis.RedisError as error:
            if not is_unavailable(error):
                raise

    def note_eviction(self) -> bool:
        """True where Redis has evicted anything since this process looked last, as it does at any policy but
        `noeviction` once its memory is used up: jobs may be among it. For one thread alone.
        """
        try:
            evicted = int(self.redis.info("stats").get("evicted_keys", 0))
            before, self._evicted = self._evicted, evicted
            if before is None or evicted <= before:
                return False
        except redis.RedisError as error:
            if not is_unavailable(error):
                raise
            return False  # it may not be asked, or not now
        self.show_loss()  # or not, where what is left cannot be evicted and fills the memory: the log tells it
        return True

    def _where(self) -> tuple[str | None, int]:
        epoch, told = cast("list[str | None]", self.redis.mget(_EPOCH, f"{PREFIX}sequence"))
        return epoch, int(told or 0)

    def _show_loss(self) -> None:
        self.redis.set(_LOST, int(self.redis.time()[0]) * 1000, ex=SHOWN_S)

    def lost_ms(self) -> int | None:
        """When a loss was noted last, as Unix milliseconds; None where there was none in the last seven days."""
        told = cast("str | None", self.redis.get(_LOST))
        return int(told) if told else None
