"""A contest of two networks of a few weights, with a penalty on a gradient, trained by as many ranks as there are.

Each rank takes its share of the batch that one process alone would draw. As a command it trains into a folder, where
each rank leaves what it has learnt; then it is the command line of training with small batches, of the words after it:
to start processes takes longer than all that they do here.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engine.training import ranks
from engine.training.__main__ import main
from engine.training.run import Run, Schedule
from tests.engine.training.tiny_generator import shrink

SCHEDULE = Schedule(steps=12, batch=8, learning_rate=1e-2, warmup_steps=2, validate_every=5, ema_decay=0.9)


class Rivals(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 4))
        self.critic = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))


def begin(folder: Path) -> Run:
    torch.set_num_threads(1)
    torch.manual_seed(3)
    return Run(Rivals(), SCHEDULE.share(ranks.index(), ranks.count()), folder, [], "packshot-train train rivals")


def go_on(run: Run) -> None:
    for step in run.steps():
        rng = np.random.default_rng(step)
        drawn = torch.from_numpy(rng.standard_normal((SCHEDULE.batch, 7), np.float32))
        noise, real = drawn[ranks.index() :: ranks.count()].split([3, 4], dim=1)
        run.model.critic.requires_grad_()
        real = real.requires_grad_()
        score = run.model.critic(real)
        (slope,) = torch.autograd.grad(score.sum(), real, create_graph=True)
        made = run.model.critic(run.model.generator(noise).detach())
        run.learn((made - score).mean() + (slope**2).sum(dim=1).mean(), averaged=False)
        run.model.critic.requires_grad_(requires_grad=False)
        run.learn(-run.model.critic(run.model.generator(noise)).mean())
        if run.due():
            run.record("val_score", float(step))


def learn_apart(folder: Path) -> None:
    """Train, and leave this rank's networks and what it knows of the validations."""
    with ranks.joined():
        run = begin(folder)
        if (folder / "last.pt").exists():
            run.resume()
        go_on(run)
        state = {"model": run.model.state_dict(), "average": run.average.state_dict(), "best": run.best}
        torch.save(state, folder / f"rank-{ranks.index()}.pt")


if __name__ == "__main__":
    with ranks.joined():
        learn_apart(Path(sys.argv[1]))
        shrink(pytest.MonkeyPatch())
        status = main(sys.argv[2:])
    raise SystemExit(status)
