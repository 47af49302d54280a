"""How much memory is left to this process, and what a model that is to be loaded beside others will take."""

from pathlib import Path

from engine.backends.cpus import CGROUP
from engine.cards import Card

COPIES = 4
"""A network in memory, in sizes of its file: its weights, the same as the processor wants them, and some to spare."""
LEAST_BYTES = 256 << 20
"""What has to be left over for the photos of the jobs that go on meanwhile."""

_PAIRS = (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"))


def needed_bytes(card: Card) -> int:
    """What loading the card's network will take, beside what is kept free."""
    return COPIES * card.model_path.stat().st_size


def free_bytes(cgroup: Path = CGROUP, meminfo: Path = Path("/proc/meminfo")) -> int:
    """What the machine has to give, or less where a control group allows less."""
    lines = (line.split() for line in meminfo.read_text(encoding="ascii").splitlines())
    machine = next((int(words[1]) * 1024 for words in lines if words[0] == "MemAvailable:"), 1 << 60)
    return min(
        [machine, *(left for limit, used in _PAIRS if (left := _left(cgroup / limit, cgroup / used)) is not None)]
    )


def _left(limit: Path, used: Path) -> int | None:
    try:
        return max(0, int(limit.read_text(encoding="ascii")) - int(used.read_text(encoding="ascii")))
    except (OSError, ValueError):
        return None  # no such group here, or the limit is "max"
