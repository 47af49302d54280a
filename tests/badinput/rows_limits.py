"""Rows about too much: requests, jobs, guesses, a full queue, a Redis that is gone, full or frozen."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.badinput.place import Place
from tests.badinput.rows import promise
from tests.badinput.rows_access import LIST, UNKNOWN_KEY
from tests.badinput.wire import Answer
from tests.waiting import until

Sends = Callable[[Place], Answer]


@contextmanager
def idle(place: Place) -> Iterator[None]:
    """Nobody works: what is submitted stays queued."""
    place.workers[0].stop()
    try:
        yield
    finally:
        place.workers[0].cont()


def asks_too_often(place: Place) -> Answer:
    """The second request of a key that may ask once a minute."""
    from api.key_records import KeyLimits

    key = place.ring.create("shop", limits=KeyLimits(requests_per_minute=1)).text
    assert place.call("GET", LIST, key=key).status == 200
    return place.call("GET", LIST, key=key)


def past_the_day(place: Place) -> Answer:
    """The second job of a key that may submit one a day."""
    from api.key_records import KeyLimits

    key = place.ring.create("shop", limits=KeyLimits(jobs_per_day=1)).text
    assert place.submit(place.spec(), key=key).status == 202
    return place.submit(place.spec(), key=key)


def guesses(place: Place) -> Answer:
    """One wrong secret after another, from one address."""
    answer = place.call("GET", LIST, key=UNKNOWN_KEY)
    for number in range(400):
        if answer.status == 429:
            break
        answer = place.call("GET", LIST, key=f"psk_{number:016x}.{'A' * 43}")
    return answer


def one_too_many(place: Place) -> Answer:
    """A job while another waits, where one may."""
    with idle(place):
        waiting = place.submit(place.spec()).document["id"]
        answer = place.submit(place.spec())
        place.call("POST", f"/v1/jobs/{waiting}/cancel")
        return answer


def without_redis(method: str, path: str) -> Sends:
    """While Redis is gone; it comes back."""

    def sends(place: Place) -> Answer:
        place.redis.kill()
        try:
            return place.call(method, path, json={"operations": "auto"})
        finally:
            place.redis.start()
            until(lambda: place.call("GET", LIST).status == 200, "an answer after Redis came back")

    return sends


def frozen_redis(place: Place) -> Answer:
    """While Redis is held up."""
    place.redis.pause()
    try:
        return place.call("GET", LIST)
    finally:
        place.redis.resume()
        until(lambda: place.call("GET", LIST).status == 200, "an answer after Redis went on")


def full_redis(place: Place) -> Answer:
    """While Redis has no room."""
    body = place.spec()
    place.redis.client().config_set("maxmemory", "1")
    try:
        return place.submit(body)
    finally:
        place.redis.client().config_set("maxmemory", "0")


promise(
    "rate or quota",
    429,
    "rate-limited",
    {
        "a key that asks too often": asks_too_often,
        "a key past its day's jobs": past_the_day,
        "wrong keys, again and again": guesses,
    },
)
promise(
    "rate or quota",
    429,
    "rate-limited",
    {"a tenant's job beside as many as it may have": one_too_many},
    settings=(("PACKSHOT_MAX_ACTIVE_PER_TENANT", "1"),),
)
promise(
    "queue full or Redis down",
    503,
    "overloaded",
    {"a queue that is full": one_too_many},
    settings=(("PACKSHOT_MAX_PENDING", "1"),),
)
promise(
    "queue full or Redis down",
    503,
    "unavailable",
    {
        "Redis full": full_redis,
        "Redis frozen": frozen_redis,
        "Redis gone: a poll": without_redis("GET", LIST),
        "Redis gone: a job": without_redis("POST", "/v1/jobs"),
    },
    settings=(("PACKSHOT_LOG_LEVEL", "error"),),
)
