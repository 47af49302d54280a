"""What is free within the allocator's heaps goes back to the system, and not only what is free at their ends."""

import ctypes

import psutil
import pytest

from tests.waiting import until
from worker.spare_memory import SpareMemory

BLOCK_BYTES = 64 << 10  # less than glibc maps by itself
BLOCKS = 1_500
pytestmark = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not glibc")


def test_a_hole_in_the_heap_is_given_back():
    blocks = [bytearray(b"x" * BLOCK_BYTES) for _ in range(BLOCKS)]
    end = bytearray(b"x" * BLOCK_BYTES)  # stays, so that the hole is not at the heap's end
    full = psutil.Process().memory_info().rss
    blocks.clear()
    spare = SpareMemory(interval_s=0.01)
    spare.start()
    try:
        until(lambda: full - psutil.Process().memory_info().rss > BLOCK_BYTES * BLOCKS / 2, "half of the hole's return")
    finally:
        spare.stop()
    assert end[0] == ord("x")


def test_it_ends_at_once_when_told():
    spare = SpareMemory()
    spare.start()
    spare.stop()
    assert not spare._thread.is_alive()
