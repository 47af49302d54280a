"""The mean of two runs' weights: what a network learned twice, the second time from where the first ended.

Wortsman et al., "Model soups" (2022): weights that descend from one another may be averaged, and the mean keeps most of
what either can do.
"""

from __future__ import annotations

from pathlib import Path

from engine.training import checkpoints
from engine.training.checkpoints import BEST_FILE, Weights
from engine.training.errors import RefusedError

COUNTED = "num_batches_tracked"
"""What a batch normalisation counts, and never uses: the only whole numbers that are no matter."""


def mix_runs(first: Path, second: Path, out: Path, command: str) -> None:
    """Write ``out``'s best checkpoint: weights that are the mean of the two runs' best, the rest from the second.

    Raises RefusedError when the runs are of different networks, or of one that keeps whole numbers, such as the places
    of a generator's products: what lies between two of them means nothing.
    """
    one, other = (checkpoints.load(run / BEST_FILE, "weights") for run in (first, second))
    if {name: value.shape for name, value in one["weights"].items()} != {
        name: value.shape for name, value in other["weights"].items()
    }:
        raise RefusedError(f"{first} and {second} hold weights of different networks")
    _require_fractions(first, one["weights"])
    mean = {name: (value + other["weights"][name]) / 2 for name, value in one["weights"].items()}
    out.mkdir(parents=True, exist_ok=True)
    steps = {"step": one["step"] + other["step"], "wall_s": one["wall_s"] + other["wall_s"]}
    commands = " ; ".join((one["command"], other["command"], command))
    checkpoints.save(other | steps | {"weights": mean, "command": commands}, out / BEST_FILE)


def _require_fractions(run: Path, weights: Weights) -> None:
    whole = [name for name, value in weights.items() if not value.is_floating_point() and not name.endswith(COUNTED)]
    if whole:
        raise RefusedError(f"{run} keeps whole numbers, which have no mean: {', '.join(whole)}")
