"""A training of a network of a hundred weights, with all that a resumed one must remember: dropout, statistics, Adam.

As a command it trains into a folder and, at a given step, waits there to be killed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engine.training import ranks
from engine.training.run import Run, Schedule

SCHEDULE = Schedule(steps=60, batch=4, learning_rate=1e-2, warmup_steps=10, validate_every=20, ema_decay=0.9)
WAITING = "waiting"


def begin(folder: Path, device: torch.device = ranks.CPU) -> Run:
    """Return a run that has not begun."""
    torch.set_num_threads(1)
    torch.manual_seed(3)
    layers = (nn.Conv2d(1, 4, kernel_size=3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5))
    return Run(nn.Sequential(*layers, nn.Flatten(), nn.Linear(16, 1)), SCHEDULE, folder, [], device=device)


def go_on(run: Run, amid: Callable[[int], None] = lambda _step: None) -> None:
    """Train to the end; ``amid`` is called in each step."""
    for step in run.steps():
        amid(step)
        rng = np.random.default_rng([run.schedule.seed, step])
        pictures = torch.from_numpy(rng.random((run.schedule.batch, 1, 4, 4), np.float32)).to(run.device)
        run.learn(((run.model(pictures)[:, 0] - pictures.mean(dim=(1, 2, 3))) ** 2).mean())
        if run.due():
            run.record("val_score", -_error(run))


def _error(run: Run) -> float:
    pictures = torch.from_numpy(np.random.default_rng(9).random((16, 1, 4, 4), np.float32)).to(run.device)
    with torch.no_grad():
        return float(((run.average(pictures)[:, 0] - pictures.mean(dim=(1, 2, 3))) ** 2).mean())


def _waiting_at(place: int, folder: Path) -> Callable[[int], None]:
    """Return what waits at a step for the process's end, with a file to tell so."""

    def wait(step: int) -> None:
        if step == place:
            (folder / WAITING).touch()
            time.sleep(600)

    return wait


if __name__ == "__main__":
    own = Path(sys.argv[1])
    go_on(begin(own), _waiting_at(int(sys.argv[2]), own))
