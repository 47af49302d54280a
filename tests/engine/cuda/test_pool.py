"""The pool of device memory, on memory that is only counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cuda.pool import DevicePool, rounded_size


class Counted:
    """So many bytes may be allocated at once."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held: dict[int, int] = {}
        self.calls = 0

    def allocate(self, size: int) -> "Block":
        if sum(self.held.values()) + size > self.limit:
            raise MemoryError(size)
        self.calls += 1
        self.held[self.calls] = size
        return Block(self, self.calls)


class Block:
    def __init__(self, memory: Counted, number: int) -> None:
        self._memory = memory
        self._number = number

    def __int__(self) -> int:
        return self._number << 20

    def free(self) -> None:
        del self._memory.held[self._number]


@given(st.integers(1, 1 << 40))
def test_sizes_are_rounded_up_by_a_sixteenth_at_most(size: int) -> None:
    assert size <= rounded_size(size) <= max(size * 17 / 16, size + 255)
    assert rounded_size(rounded_size(size)) == rounded_size(size)


def test_memory_given_back_serves_the_next_of_nearly_its_size() -> None:
    memory = Counted(1 << 30)
    pool = DevicePool(memory.allocate)
    first = pool.take(1_000_000)
    first.close()
    first.close()  # a second time does nothing
    assert pool.idle_bytes == rounded_size(1_000_000)
    assert pool.take(999_999).address == first.address
    assert (memory.calls, pool.idle_bytes) == (1, 0)


def test_idle_memory_is_freed_before_anybody_is_refused() -> None:
    memory = Counted(1_000_000)
    pool = DevicePool(memory.allocate)
    for size in (200_000, 300_000, 400_000):
        pool.take(size).close()
    assert pool.take(900_000).size == 900_000
    assert list(memory.held.values()) == [rounded_size(900_000)]
    with pytest.raises(MemoryError):
        pool.take(200_000)


def test_closing_frees_what_is_held_too_and_later_returns_do_nothing() -> None:
    memory = Counted(1 << 30)
    pool = DevicePool(memory.allocate)
    held, idle = pool.take(1000), pool.take(5000)
    idle.close()
    pool.close()
    assert not memory.held
    held.close()
    assert pool.idle_bytes == 0
