"""What stands in for the engine where an operation is tested by itself: answers that are there at once."""

from concurrent.futures import Future

from engine import BatchFacts, Result

FACTS = BatchFacts(
    model="m", version="1", digest="d", backend="test", precision="fp32", units=1, batches=1,
    mean_batch_size=1.0, mean_batch_works=1.0, wait_ms=0.0, device_ms=0.0, halo_waste=0.0, padding_waste=0.0,
    flush_reasons={},
)  # fmt: skip


def answered(answer):
    """A future whose result is a network's `answer`, with the FACTS of a batch of one."""
    future = Future()
    future.set_result(Result(answer, FACTS))
    return future
