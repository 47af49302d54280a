"""A batch that did not fit into the device's memory bounds those after it, and not for good."""

from engine.batching.batcher import Batcher
from engine.batching.lanes import Slots
from engine.batching.limits import FIRST_WAIT_S, LONGEST_WAIT_S, MemoryLimits
from tests.engine.batching.test_batcher import CARDS, work_of

MODELS = {"latents": Slots((1, 2, 4, 8))}


def sizes(limits: MemoryLimits, now: float) -> tuple[int, ...]:
    return limits.slots("latents", now).sizes


def test_a_size_that_did_not_fit_is_tried_again_step_by_step():
    limits = MemoryLimits(MODELS)
    limits.note_shortage("latents", 8, 0.0)
    limits.note_shortage("latents", 4, 0.0)
    assert sizes(limits, FIRST_WAIT_S - 1) == (1, 2)
    assert sizes(limits, FIRST_WAIT_S) == (1, 2, 4)
    assert sizes(limits, FIRST_WAIT_S + 1) == (1, 2, 4)
    assert sizes(limits, 2 * FIRST_WAIT_S) == (1, 2, 4, 8)
    assert sizes(limits, 9 * FIRST_WAIT_S) == (1, 2, 4, 8)


def test_what_fails_again_and_again_is_tried_ever_less_often_but_every_hour():
    limits, now, waits = MemoryLimits(MODELS), 0.0, []
    limits.note_shortage("latents", 8, now)
    for _ in range(9):
        failed = now
        while 8 not in sizes(limits, now):
            now += FIRST_WAIT_S
        waits.append(now - failed)
        limits.note_shortage("latents", 8, now)
    assert waits[:4] == [60, 120, 240, 480]
    assert waits[-1] == LONGEST_WAIT_S


def test_the_smallest_size_stays_and_other_models_keep_theirs():
    limits = MemoryLimits({**MODELS, "other": Slots((1, 2))})
    limits.note_shortage("latents", 1, 0.0)
    assert sizes(limits, 0.0) == (1,)
    assert limits.slots("other", 0.0).sizes == (1, 2)


def test_a_batcher_fills_whole_batches_again_once_the_memory_is_back():
    batcher, now = Batcher(MODELS), 0.0

    def run(fits: int) -> list[int]:
        ran = []
        batcher.add(work_of(8, "latents"), now)
        while (batch := batcher.next_batch(now)) is not None:
            ran.append(batch.layout.size)
            if batch.layout.size > fits:
                batcher.failed(batch, MemoryError("planted"), now)
            else:
                batcher.finished(batch, now)
        return ran

    assert CARDS["latents"].latent is not None
    assert run(fits=2)[:2] == [8, 4]
    assert run(fits=8) == [2] * 4, "at once it is not tried again"
    now = FIRST_WAIT_S
    assert run(fits=8) == [4] * 2
    now = 2 * FIRST_WAIT_S
    assert run(fits=8) == [8]
