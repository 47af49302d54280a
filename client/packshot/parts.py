"""How many pictures are shared out among jobs, which make at most 64 each. Knows no server and no file."""

from dataclasses import dataclass

MOST_A_JOB = 64
SEEDS = 2**32


@dataclass(frozen=True)
class Part:
    """The pictures that one job makes of those wanted: `count` of them, numbered from `first` on.

    `seed` is what it draws them by; None leaves it to the server, which takes another for each job.
    """

    count: int
    first: int = 0
    seed: int | None = None


def parts_of(count: int, seed: int | None = None) -> list[Part]:
    """Full jobs, and one with the rest. Each has the seed after the one before it, or its pictures would be the same.

    So the first 64 of many are those that 64 alone would be.
    """
    return [
        Part(min(MOST_A_JOB, count - first), first, None if seed is None else (seed + number) % SEEDS)
        for number, first in enumerate(range(0, count, MOST_A_JOB))
    ]
