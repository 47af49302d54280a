"""What a batch of mixed sizes costs a peer: padded to the largest, or a run for each shape; without any server.

`python -m benchmarks.peers.padding POLICY` measures one of them, in a process of its own; `compare` both in turn.
"""

import resource
import sys

from benchmarks.child import peak_mib, run_in_child, tell
from benchmarks.peers.photos import mixed_photos
from benchmarks.peers.serving.network import Networks, Setup, decode

POLICIES = ("shape", "pad")
_BATCH, _BATCHES, _MOST_MEGAPIXELS = 4, 2, 2.0
"""Photos of more megapixels are left out: four of 12 padded together would take 16 GiB."""


def compare() -> dict[str, dict[str, float]]:
    """For each policy: processor seconds a megapixel, and MiB at most."""
    return {policy: run_in_child("benchmarks.peers.padding", policy) for policy in POLICIES}


def main() -> None:
    """Run the policy named on the command line."""
    photos = [photo for photo in mixed_photos(40, 21) if photo.megapixels <= _MOST_MEGAPIXELS][: _BATCH * _BATCHES]
    networks = Networks(1, Setup(policy=sys.argv[1]))
    decoded = [("restore", decode(photo.data)) for photo in photos]
    before = resource.getrusage(resource.RUSAGE_SELF)
    for at in range(0, len(decoded), _BATCH):
        for made in networks.answer(decoded[at : at + _BATCH]):
            if isinstance(made, Exception):
                raise made
    after = resource.getrusage(resource.RUSAGE_SELF)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    tell({"cpu_s_per_mp": spent / sum(photo.megapixels for photo in photos), "peak_mib": peak_mib()})


if __name__ == "__main__":
    main()
