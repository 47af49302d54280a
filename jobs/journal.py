"""Redis' append-only file, which holds what was deleted until it is written anew. Knows nothing of what is in it."""

import redis
from redis.exceptions import ResponseError


def rewrite_journal(client: redis.Redis) -> bool:
    """Have Redis write its append-only file anew, without what was deleted, in a process of its own; True if it does.

    False where it keeps none, is at it, or keeps the command from us: then that is its operator's matter.
    """
    try:
        return bool(client.info("persistence").get("aof_enabled")) and bool(client.bgrewriteaof())
    except ResponseError:
        return False
