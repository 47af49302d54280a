import threading

import pytest

from jobs.problems import ProblemError, make_problem
from jobs.states import State
from jobs.store import JobStore

from .conftest import BOOM, Hand, Shop, stats


def test_a_claimed_job_runs_under_a_lease(shop: Shop, hand: Hand):
    job_id = shop.submit(deadline_s=600)
    claim = hand.claim()
    view = shop.view(job_id)
    assert (claim.job_id, claim.tenant, claim.attempt, claim.spec) == (job_id, "shop", 1, view.spec)
    assert claim.deadline_ms == claim.created_ms + 600_000
    assert (view.state, view.version, view.attempt, view.queue_position) == (State.RUNNING, 2, 1, None)
    assert shop.store.heartbeat(job_id, claim.token) == "ok"
    assert shop.store.claim("hand") is None


def test_a_claim_repeated_with_its_token_gives_the_same_job(shop: Shop, hand: Hand):
    shop.submit(), shop.submit()
    first = hand.claim(token="t")
    assert hand.claim(token="t") == first
    assert shop.store.pending() == 1


def test_a_token_that_lost_its_job_claims_nothing(shop: Shop, hand: Hand):
    shop.submit()
    hand.lose_lease(hand.claim(token="t"))
    shop.store.reap()
    assert shop.store.claim("hand", token="t") is None
    assert hand.claim(token="u").attempt == 2


def test_a_finished_job_shows_its_outputs(shop: Shop, hand: Hand):
    job_id = shop.submit(expires_in_s=60)
    claim = hand.claim()
    assert hand.finish(claim)
    view = shop.view(job_id)
    assert (view.state, view.progress.fraction, view.manifest) == (State.SUCCEEDED, 1.0, {"by": claim.token})
    assert view.outputs[0].path == f"results/shop/{job_id}/{claim.token}/0.png"
    assert view.finished_ms is not None
    assert view.expires_ms == view.finished_ms + 60_000


def test_an_ending_repeated_with_its_token_is_true_and_changes_nothing(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    assert hand.finish(claim)
    version = shop.view(claim.job_id).version
    assert hand.finish(claim)
    assert shop.view(claim.job_id).version == version


def test_another_ending_with_a_used_token_is_false(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    hand.finish(claim)
    assert not shop.store.fail(claim.job_id, claim.token, BOOM)
    assert shop.state(claim.job_id) is State.SUCCEEDED


@pytest.mark.parametrize("ending", ["finish", "fail", "retry", "cancel_running", "release", "progress"])
def test_a_stale_token_changes_nothing(shop: Shop, hand: Hand, ending: str):
    shop.submit()
    zombie = hand.claim()
    hand.lose_lease(zombie)
    shop.store.reap()
    current = hand.claim()
    arguments = {
        "finish": {"outputs": [], "manifest": {}},
        "fail": {"problem": BOOM},
        "retry": {"problem": BOOM, "delay_ms": 0},
        "progress": {"done": 0.5, "stage": "restore"},
    }
    before = shop.view(zombie.job_id)
    assert not getattr(shop.store, ending)(zombie.job_id, zombie.token, **arguments.get(ending, {}))
    assert shop.view(zombie.job_id) == before
    assert shop.store.heartbeat(zombie.job_id, zombie.token) == "lost"
    assert shop.store.heartbeat(current.job_id, current.token) == "ok"


def test_an_unknown_job_is_lost_and_cannot_end(store: JobStore):
    assert store.heartbeat("job_x", "t") == "lost"
    assert not store.release("job_x", "t")
    assert not store.progress("job_x", "t", 0.5, "x")


def test_progress_is_shown_and_grows_the_version(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    version = shop.view(claim.job_id).version
    assert shop.store.progress(claim.job_id, claim.token, 0.25, "restore")
    view = shop.view(claim.job_id)
    assert (view.progress.fraction, view.progress.stage, view.version) == (0.25, "restore", version + 1)


def test_progress_stays_between_nothing_and_all(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    shop.store.progress(claim.job_id, claim.token, 1.5, "x")
    assert shop.view(claim.job_id).progress.fraction == 1.0


def test_a_failed_job_shows_its_problem(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    assert shop.store.fail(claim.job_id, claim.token, BOOM)
    view = shop.view(claim.job_id)
    assert (view.state, view.problem) == (State.FAILED, BOOM)


def test_a_retried_job_waits_for_its_delay(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    assert shop.store.retry(claim.job_id, claim.token, BOOM, 60_000)
    assert shop.state(claim.job_id) is State.QUEUED
    assert shop.store.claim("hand") is None
    assert (shop.store.pending(), stats(shop.store)["delayed"]) == (0, 1)
    shop.store.redis.zadd("packshot:delayed", {claim.job_id: 1})
    assert hand.claim().attempt == 2


def test_a_delayed_job_can_be_canceled(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    shop.store.retry(claim.job_id, claim.token, BOOM, 60_000)
    assert shop.store.cancel("shop", claim.job_id) is State.CANCELED
    assert stats(shop.store)["delayed"] == 0


def test_a_retry_at_the_last_attempt_gives_up(shop: Shop, hand: Hand):
    job_id = shop.submit()
    for attempt in (1, 2, 3):
        claim = hand.claim()
        assert claim.attempt == attempt
        assert shop.store.retry(job_id, claim.token, BOOM, 0)
        assert shop.store.retry(job_id, claim.token, BOOM, 0)  # repeated after a lost answer
    view = shop.view(job_id)
    assert view.state is State.FAILED
    assert view.problem is not None
    assert (view.problem.type, view.problem.detail) == ("gave-up", "attempt 3, the last one allowed, failed: boom")
    assert shop.store.redis.lrange("packshot:dead", 0, -1) == [job_id]


def test_a_storage_fault_at_the_last_attempt_keeps_its_name(shop: Shop, hand: Hand):
    job_id = shop.submit()
    for _ in range(3):
        assert shop.store.retry(job_id, hand.claim().token, make_problem("storage", "the disk is full"), 0)
    problem = shop.view(job_id).problem
    assert problem is not None
    assert problem == make_problem("storage", "attempt 3, the last one allowed, failed: the disk is full")
    assert shop.store.redis.lrange("packshot:dead", 0, -1) == [job_id]


def test_a_released_job_keeps_its_attempts_and_its_age(shop: Shop, hand: Hand):
    first, second = shop.submit(), shop.submit()
    claim = hand.claim()
    assert shop.store.release(first, claim.token)
    assert shop.store.release(first, claim.token)
    again = hand.claim()
    assert (again.job_id, again.attempt) == (first, 1)
    assert hand.claim().job_id == second


def test_a_finish_after_a_cancel_is_refused(shop: Shop, hand: Hand):
    shop.submit()
    claim = hand.claim()
    shop.store.cancel("shop", claim.job_id)
    assert not hand.finish(claim)
    assert not hand.finish(claim)
    view = shop.view(claim.job_id)
    assert (view.state, view.outputs) == (State.CANCELED, ())


@pytest.mark.parametrize("ending", ["retry", "release", "fail"])
def test_a_canceled_job_never_runs_again(shop: Shop, hand: Hand, ending: str):
    shop.submit()
    claim = hand.claim()
    shop.store.cancel("shop", claim.job_id)
    arguments = {"retry": (BOOM, 0), "fail": (BOOM,), "release": ()}[ending]
    assert not getattr(shop.store, ending)(claim.job_id, claim.token, *arguments)
    assert shop.state(claim.job_id) is State.CANCELED


def test_past_its_deadline_a_running_job_hears_cancel_and_expires(shop: Shop, hand: Hand):
    shop.submit(deadline_s=600)
    claim = hand.claim()
    hand.pass_deadline(claim.job_id)
    assert shop.store.heartbeat(claim.job_id, claim.token) == "cancel"
    assert shop.store.cancel_running(claim.job_id, claim.token)
    view = shop.view(claim.job_id)
    assert view.state is State.EXPIRED
    assert view.problem is not None
    assert view.problem.type == "deadline-exceeded"


def test_a_result_after_the_deadline_is_refused(shop: Shop, hand: Hand):
    shop.submit(deadline_s=600)
    claim = hand.claim()
    hand.pass_deadline(claim.job_id)
    assert not hand.finish(claim)
    assert shop.state(claim.job_id) is State.EXPIRED


def test_a_claim_passes_over_jobs_past_their_deadline(shop: Shop, hand: Hand):
    late, good = shop.submit(deadline_s=600), shop.submit()
    hand.pass_deadline(late)
    assert hand.claim().job_id == good
    assert shop.state(late) is State.EXPIRED


def test_cancel_racing_finish_leaves_one_terminal_state(shop: Shop, hand: Hand):
    for _ in range(200):
        job_id = shop.submit()
        claim = hand.claim()
        start, finished, canceled, refusals = threading.Barrier(2), [], [], []

        def finish(start=start, claim=claim, finished=finished):
            start.wait()
            finished.append(hand.finish(claim))

        thread = threading.Thread(target=finish)
        thread.start()
        start.wait()
        try:
            canceled.append(shop.store.cancel("shop", job_id))
        except ProblemError as error:
            refusals.append(error.problem.extra["state"])
        thread.join()
        view = shop.view(job_id)
        assert view.state is (State.SUCCEEDED if finished == [True] else State.CANCELED)
        assert (canceled, refusals) == (([], ["succeeded"]) if finished == [True] else ([State.RUNNING], []))
        assert view.version == (3 if finished == [True] else 4)
