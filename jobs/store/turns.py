"""Whose turn it is, where many processes could do the same at once: a key that lives for a moment."""

import redis

from jobs.connection import is_unavailable
from jobs.store.base import PREFIX, RecordBase


class TurnStore(RecordBase):
    """Turns are a courtesy, not a lock: who takes one, and then stalls, keeps others off until it is over."""

    def take_turn(self, name: str, turn_ms: int) -> bool:
        """Whether the turn is the caller's, for so long.

        Also where Redis takes no writes: its memory is full, and sweeping is what empties it.
        """
        try:
            return bool(self.redis.set(_key(name), "1", nx=True, px=turn_ms))
        except redis.RedisError as error:
            if not is_unavailable(error):
                raise
            return True

    def end_turn(self, name: str) -> None:
        """Let the next one have its turn at once."""
        self.redis.delete(_key(name))


def _key(name: str) -> str:
    return f"{PREFIX}turn:{name}"
