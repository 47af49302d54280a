"""A training of a network of a hundred weights, with all that a resumed one must remember: dropout, statistics, Adam.

As a command it trains into a folder and, at a given step, waits there to be killed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engine.training.run import Run, Schedule

SCHEDULE = Schedule(steps=60, batch=4, learning_rate=1e-2, warmup_steps=10, validate_every=20, ema_decay=0.9)
WAITING = "waiting"


def begin(folder: Path) -> Run:
    """Return a run that has not begun."""
    torch.set_num_threads(1)
    torch.manual_seed(3)
    layers = (nn.Conv2d(1, 4, kernel_size=3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5))
    return Run(nn.Sequential(*layers, nn.Flatten(), nn.Linear(16, 1)), SCHEDULE, folder, [])


def go_on(run: Run, wait_at: int | None = None) -> None:
    """Train to the end, or until ``wait_at``, where the process waits for its end with a file to tell so."""
    for step in run.steps():
        if step == wait_at:
            (run.folder / WAITING).touch()
            time.sleep(600)
        rng = np.random.default_rng([run.schedule.seed, step])
        pictures = torch.from_numpy(rng.random((run.schedule.batch, 1, 4, 4), np.float32))
        run.learn(((run.model(pictures)[:, 0] - pictures.mean(dim=(1, 2, 3))) ** 2).mean())
        if run.due():
            run.record("val_score", -_error(run))


def _error(run: Run) -> float:
    pictures = torch.from_numpy(np.random.default_rng(9).random((16, 1, 4, 4), np.float32))
    with torch.no_grad():
        return float(((run.average(pictures)[:, 0] - pictures.mean(dim=(1, 2, 3))) ** 2).mean())


if __name__ == "__main__":
    go_on(begin(Path(sys.argv[1])), int(sys.argv[2]))
