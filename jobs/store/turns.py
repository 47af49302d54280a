"""Whose turn it is, where many processes could do the same at once: a key that lives for a moment."""

import redis

from jobs.connection import is_unavailable
from jobs.store.base import PREFIX, RecordBase

_DOUBTS_AFTER = 10  # refusals: where many take turns, they are nothing unusual


class TurnStore(RecordBase):
    """Turns are a courtesy, not a lock: who takes one, and then stalls, keeps others off until it is over."""

    _refusals = 0

    def take_turn(self, name: str, turn_ms: int) -> bool:
        """Whether the turn is the caller's, for so long.

        Also where Redis takes no writes: its memory is full, and sweeping is what empties it.
        """
        try:
            return self._take(name, turn_ms) or self._take_after_doubt(name, turn_ms)
        except redis.RedisError as error:
            if not is_unavailable(error):
                raise
            return True

    def end_turn(self, name: str) -> None:
        """Let the next one have its turn at once."""
        self.redis.delete(_key(name))

    def _take(self, name: str, turn_ms: int) -> bool:
        return bool(self.redis.set(_key(name), "1", nx=True, px=turn_ms))

    def _take_after_doubt(self, name: str, turn_ms: int) -> bool:
        """A clock that is set back lengthens each key's life as much: one that lasts longer than any turn is ended."""
        self._refusals = (self._refusals + 1) % _DOUBTS_AFTER
        if self._refusals or self.redis.pttl(_key(name)) <= turn_ms:
            return False
        self.end_turn(name)
        return self._take(name, turn_ms)


def _key(name: str) -> str:
    return f"{PREFIX}turn:{name}"
