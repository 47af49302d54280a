"""The trainings that a generator takes, in their order, each as the command that does it alone."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.training import checkpoints, ranks
from engine.training.checkpoints import LAST_FILE
from engine.training.recipes import RECIPES
from engine.training.trainer import schedule_of

CLOSE_STEPS = 100
FEW_VALIDATIONS = 10  # at most, where they are closer than that

Parse = Callable[[list[str]], argparse.Namespace]
"""Reads a command line: `engine.training.__main__.parse`."""

COSTS = {"classifier": 1.0, "autoencoder": 3.0, "generator": 4.0}
"""What a step takes, as a multiple of the classifier's; only for the time that is left over all."""


@dataclass(frozen=True)
class Stage:
    """One training."""

    name: str
    options: argparse.Namespace

    @property
    def run(self) -> Path:
        """Its folder."""
        folder: Path = self.options.out
        return folder

    @property
    def cost(self) -> float:
        """What one of its steps takes; see `COSTS`."""
        return COSTS[self.options.model]

    @property
    def steps(self) -> int:
        """How many steps it takes at most."""
        return schedule_of(self.options).steps

    @property
    def begun(self) -> bool:
        """Whether there is a checkpoint to go on from."""
        return (self.run / LAST_FILE).exists()

    def require_feasible(self, categories: Sequence[str]) -> None:
        """Raise RefusedError for processes that cannot share its batch.

        And, where it was begun, for another seed than it was begun with and for a catalogue of other ``categories``,
        in the order of the alphabet.
        """
        schedule_of(self.options).share(ranks.index(), ranks.count())
        if not self.begun:
            return
        saved = checkpoints.load(self.run / LAST_FILE)
        checkpoints.require_these_categories(saved, categories, self.run)
        checkpoints.require_seed(saved, self.options.seed, self.run)

    def steps_done(self) -> int:
        """Return how many steps are done: all of them where it has stopped early."""
        if not self.begun:
            return 0
        saved = checkpoints.load(self.run / LAST_FILE)
        patience = self.options.patience
        stopped = patience is not None and saved.get("without_better", 0) >= patience
        return self.steps if stopped else min(saved["step"], self.steps)


def stages(options: argparse.Namespace, catalogue: Path, parse: Parse) -> list[Stage]:
    """Return the trainings of the `generator` command, in the order that they build upon each other.

    The judge is a second classifier of another seed: it measures what was made, and nothing learns from it.
    """
    teacher, autoencoder = options.out / "classifier", options.out / "autoencoder"
    taught = ["--teacher", str(teacher)]
    patience = [] if options.patience is None else ["--patience", str(options.patience)]
    wanted: list[tuple[str, str, int, list[str]]] = [
        ("classifier", "classifier", options.seed, []),
        ("judge", "classifier", options.seed + 1, []),
        ("autoencoder", "autoencoder", options.seed, [*taught, *patience]),
        ("generator", "generator", options.seed, [*taught, *patience, "--start-from", str(autoencoder / "best.pt")]),
    ]
    common = ["--data", str(catalogue), "--threads", str(options.threads)]
    found = []
    for name, model, seed, own in wanted:
        words = ["train", model, *common, "--out", str(options.out / name), "--seed", str(seed), *own]
        found.append(Stage(name, parse([*words, *_scaled(model, options.scale)])))
    return found


def _scaled(model: str, scale: float) -> list[str]:
    """The options that shorten or lengthen a training.

    The number of its validations stays, but in a short one, where they would take longer than the steps, there are few.
    """
    if scale == 1:
        return []
    schedule = RECIPES[model].schedule
    steps = max(1, round(scale * schedule.steps))
    every = max(round(scale * schedule.validate_every), min(CLOSE_STEPS, math.ceil(steps / FEW_VALIDATIONS)))
    return ["--steps", str(steps), "--validate-every", str(every)]
