"""What every training loop shares: schedule, averaged weights, checkpoints, a log. The loops stay in their files."""

from __future__ import annotations

import copy
import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from engine.training.data import DataUse
from engine.training.progress import ProgressLine

Weights = dict[str, Tensor]
"""A network's state by name, as torch saves it."""


class DivergedError(Exception):
    """A training whose numbers make no sense any more; the checkpoints are those of its last good validation."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to learn: linear warm-up, then a cosine down to a hundredth of the rate."""

    steps: int
    batch: int
    learning_rate: float
    warmup_steps: int = 100
    weight_decay: float = 0.0
    validate_every: int = 500
    ema_decay: float = 0.999
    betas: tuple[float, float] = (0.9, 0.999)  # Adam's
    seed: int = 1
    patience: int | None = None  # validations without a better one, after which to stop early

    def rate(self, step: int) -> float:
        """Return the learning rate at ``step`` of 0..steps-1."""
        warm = min(1.0, (step + 1) / max(1, self.warmup_steps))
        return self.learning_rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * step / self.steps)))


@dataclass
class Run:
    """One training under way: a network, its averaged twin, its optimiser and its folder.

    The folder receives ``last.pt`` (to go on from), ``best.pt`` (the averaged weights that validated best) and
    ``log.jsonl`` (a line per validation, and one per alarm).
    """

    model: nn.Module
    schedule: Schedule
    folder: Path
    data: list[DataUse]
    command: str = ""
    step: int = 0
    wall_s: float = 0.0
    best: float = -math.inf
    started_from: str | None = None  # the weights that another run ended with
    teacher: nn.Module | None = None  # a trained network to learn with
    losses: list[float] = field(default_factory=list)
    without_better: int = 0  # validations since the best

    def __post_init__(self) -> None:
        self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # a tenth faster on AVX2
        self.average = copy.deepcopy(self.model).eval()
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(),
            lr=self.schedule.learning_rate,
            betas=self.schedule.betas,
            weight_decay=self.schedule.weight_decay,
        )
        self.progress = ProgressLine(self.step, self.schedule.steps, "steps")
        self.folder.mkdir(parents=True, exist_ok=True)

    def steps(self) -> Iterator[int]:
        """Yield the steps that are left, with the learning rate set, the clock kept and the progress told.

        They end early where the validations have not become better for as many as the schedule's patience.
        """
        self.model.train()
        self.progress = ProgressLine(self.step, self.schedule.steps, "steps")
        while self.step < self.schedule.steps and not self._stalled():
            started = time.monotonic()
            for group in self.optimizer.param_groups:
                group["lr"] = self.schedule.rate(self.step)
            yield self.step
            self.step += 1
            self.wall_s += time.monotonic() - started
            self.progress.tell(self.step)

    def learn(self, loss: Tensor, *, averaged: bool = True) -> None:
        """Take one optimiser step on ``loss`` and, where ``averaged``, move the averaged weights along.

        Raises DivergedError, and takes no step, where the loss or its gradient's norm is not finite.
        """
        value = float(loss.detach())
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        norm = float(nn.utils.clip_grad_norm_(self.model.parameters(), max_norm=1.0))
        if not math.isfinite(value + norm):
            self.stop(f"the loss is {value:g} and its gradient norm {norm:g}")
        self.optimizer.step()
        if averaged:
            self._move_average()
        self.losses.append(value)

    def due(self) -> bool:
        """Return whether this step is one to validate after."""
        done = self.step + 1
        return done % self.schedule.validate_every == 0 or done == self.schedule.steps

    def record(self, metric: str, value: float, **besides: float) -> None:
        """Log a validation (higher is better) and what was measured besides, print it, and write the checkpoints.

        Raises DivergedError, and writes none, for a value that is not a number or endlessly bad.
        """
        if math.isnan(value) or value == -math.inf:
            self.stop(f"{metric} is {value:g}")
        entry = {
            "step": self.step + 1,
            "loss": sum(self.losses) / max(1, len(self.losses)),
            metric: value,
            **besides,
            "learning_rate": self.schedule.rate(self.step),
            "wall_s": round(self.wall_s, 1),
        }
        self.losses.clear()
        self._log(entry)
        self.progress.clear()
        print(json.dumps(entry), flush=True)
        self.without_better = 0 if value > self.best else self.without_better + 1
        if value > self.best:
            self.best = value
            _save(self._summary() | {"weights": self.average.state_dict()}, self.folder / "best.pt")
        _save(self._summary() | self._state(), self.folder / "last.pt")

    def alarm(self, text: str) -> None:
        """Say on stderr, and log, that the training goes wrong in a way that it may yet recover from."""
        self.progress.clear()
        print(f"alarm at step {self.step + 1}: {text}", file=sys.stderr, flush=True)
        self._log({"step": self.step + 1, "alarm": text})

    def stop(self, measured: str) -> NoReturn:
        """Log that the training has diverged, by what was measured, and raise DivergedError with what to do."""
        self.progress.clear()
        self._log({"step": self.step + 1, "alarm": f"diverged: {measured}"})
        kept = (
            f"{self.folder / 'last.pt'} is of the validation before: go on from it with --resume and a --learning-rate "
            f"under {self.schedule.learning_rate:g}, or begin again with another --seed"
        )
        begin = f"nothing was validated before: begin with a --learning-rate under {self.schedule.learning_rate:g}"
        what_to_do = kept if (self.folder / "last.pt").exists() else begin
        raise DivergedError(f"diverged at step {self.step + 1}: {measured}; {what_to_do}")

    def resume(self) -> None:
        """Go on from ``last.pt``; steps and rate come from the present schedule, which may be longer or shorter."""
        saved = torch.load(self.folder / "last.pt", weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.average.load_state_dict(saved["average"])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step, self.wall_s, self.best = saved["step"], saved["wall_s"], saved["best"]
        self.started_from = saved.get("started_from")
        self.without_better = saved.get("without_better", 0)
        if "random" in saved:
            torch.set_rng_state(saved["random"])

    def start_from(self, weights: Path, adapt: Callable[[Weights, nn.Module], Weights]) -> None:
        """Begin with the averaged weights of an earlier run's ``best.pt``, fitted to this network by ``adapt``."""
        fitted = adapt(torch.load(weights, weights_only=True)["weights"], self.model)
        self.model.load_state_dict(fitted)
        self.average.load_state_dict(fitted)
        self.started_from = str(weights)

    @torch.no_grad()
    def _move_average(self) -> None:
        decay = min(self.schedule.ema_decay, (1 + self.step) / (10 + self.step))
        for averaged, current in zip(self.average.parameters(), self.model.parameters(), strict=True):
            averaged.lerp_(current, 1 - decay)
        for averaged, current in zip(_statistics(self.average), _statistics(self.model), strict=True):
            averaged.copy_(current)

    def _summary(self) -> dict[str, Any]:
        return {
            "step": self.step + 1,
            "wall_s": self.wall_s,
            "best": self.best,
            "command": self.command,
            "schedule": asdict(self.schedule),
            "data": [use.as_dict() for use in self.data],
        }

    def _state(self) -> dict[str, Any]:
        return {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "random": torch.get_rng_state(),  # dropout draws from it
            "started_from": self.started_from,
            "without_better": self.without_better,
        }

    def _stalled(self) -> bool:
        """Whether to stop early, which is said."""
        patience = self.schedule.patience
        if patience is None or self.without_better < patience:
            return False
        self.progress.clear()
        told = f"stopped at step {self.step}: {self.without_better} validations without a better one than {self.best:g}"
        print(f"{told}; --patience is {patience}", file=sys.stderr, flush=True)
        return True

    def _log(self, entry: dict[str, Any]) -> None:
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")


def _save(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint beside the one it then replaces: a kill leaves one of the two, whole."""
    unfinished = path.with_suffix(".unfinished")
    torch.save(state, unfinished)
    unfinished.replace(path)


def _statistics(network: nn.Module) -> Iterator[Tensor]:
    """Yield the batch statistics of all normalisations: they are averages already."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            yield from module.buffers()
