"""A cancel that races with the end of its job, a thousand times: one terminal state each, and both are told of it."""

import threading
from collections import Counter

from jobs.problems import ProblemError
from jobs.states import State
from tests.jobs.conftest import Hand, Shop

RACES = 1000
AT_ONCE = 4


def test_of_a_thousand_cancels_that_race_with_the_end_each_leaves_one_state(shop: Shop, hand: Hand):
    ends: Counter[State] = Counter()

    def race(times: int) -> None:
        for at in range(times):
            claim = hand.claim()
            told: list[State | str] = []
            canceling = threading.Thread(target=lambda claim=claim, told=told: told.append(_cancel(shop, claim.job_id)))
            if at % 2:
                canceling.start()
                finished = hand.finish(claim)
            else:
                starts = threading.Timer(0.0002, canceling.start)
                starts.start()
                finished = hand.finish(claim)
                starts.join()
            canceling.join()
            if not finished:
                shop.store.cancel_running(claim.job_id, claim.token)
            state = shop.state(claim.job_id, claim.tenant)
            assert state is (State.SUCCEEDED if finished else State.CANCELED), (state, told)
            assert told == (["already-terminal"] if finished else [State.RUNNING])
            ends[state] += 1

    for _ in range(RACES):
        shop.submit()
    racers = [threading.Thread(target=race, args=(RACES // AT_ONCE,)) for _ in range(AT_ONCE)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sum(ends.values()) == RACES
    assert set(ends) == {State.SUCCEEDED, State.CANCELED}, "both have to win now and then"
    assert shop.store.redis.hgetall("packshot:active") == {}


def _cancel(shop: Shop, job_id: str) -> State | str:
    try:
        return shop.store.cancel("shop", job_id)
    except ProblemError as error:
        return error.problem.type
