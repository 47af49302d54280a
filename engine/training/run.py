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

from engine.training import checkpoints, log, ranks
from engine.training.checkpoints import BEST_FILE, LAST_FILE, Weights
from engine.training.data import DataUse
from engine.training.errors import DivergedError, RefusedError
from engine.training.progress import ProgressLine
from engine.training.schedule import Schedule

__all__ = ["DivergedError", "Run", "Schedule", "Weights"]

SLOWER = 0.3  # of the learning rate that a training diverged with: what is advised then


@dataclass
class Run:
    """One training under way: a network, its averaged twin, its optimiser and its folder.

    The folder receives ``last.pt`` (to go on from), ``best.pt`` (the averaged weights that validated best) and
    ``log.jsonl`` (a line per validation, and one per alarm). Of several processes that train together (`ranks`) each
    has a run; its schedule is that rank's: its share of the batch, a seed of its own.
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
    before: list[dict[str, Any]] = field(default_factory=list)  # the trainings that this one builds upon
    note: Callable[[int], str] = lambda _step: ""  # what the progress line says besides
    device: torch.device = ranks.CPU  # where the networks lie; what they are to learn from must lie there too
    losses: list[float] = field(default_factory=list)
    without_better: int = 0  # validations since the best

    def __post_init__(self) -> None:
        # channels last: a tenth faster on AVX2
        self.model.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
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
            ranks.seed_step(self.schedule.seed, self.step, self.device)
            yield self.step
            self._agree()
            self.step += 1
            self.wall_s += time.monotonic() - started
            if ranks.is_first():
                self.progress.tell(self.step, self.note(self.step))

    def learn(self, loss: Tensor, *, averaged: bool = True) -> None:
        """Take one optimiser step on ``loss`` and, where ``averaged``, move the averaged weights along.

        Loss, gradients and batch statistics are the means over all ranks. Raises DivergedError, and takes no step,
        where the loss or its gradient's norm is not finite.
        """
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        mean_loss = loss.detach().clone()
        gradients = [parameter.grad for parameter in self.model.parameters() if parameter.grad is not None]
        ranks.average([mean_loss, *gradients, *filter(torch.is_floating_point, _statistics(self.model))])
        value = float(mean_loss)
        norm = float(nn.utils.clip_grad_norm_(self.model.parameters(), max_norm=1.0))
        if not math.isfinite(value + norm):
            self.stop(f"the loss is {value:g} and its gradient norm {norm:g}")
        self.optimizer.step()
        if averaged:
            self._move_average()
        self.losses.append(value)

    def due(self) -> bool:
        """Return whether this step is one to validate after, here: the first rank alone does."""
        return ranks.is_first() and self._validated()

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
        log.append(self.folder, entry)
        self.progress.clear()
        print(json.dumps(entry), flush=True)
        self.without_better = 0 if value > self.best else self.without_better + 1
        if value > self.best:
            self.best = value
            checkpoints.save(self._summary() | {"weights": self.average.state_dict()}, self.folder / BEST_FILE)
        checkpoints.save(self._summary() | self._state(), self.folder / LAST_FILE)

    def alarm(self, text: str) -> None:
        """Say on stderr, and log, that the training goes wrong in a way that it may yet recover from."""
        self.progress.clear()
        print(f"alarm at step {self.step + 1}: {text}", file=sys.stderr, flush=True)
        log.append(self.folder, {"step": self.step + 1, "alarm": text})

    def stop(self, measured: str) -> NoReturn:
        """Log that the training has diverged, by what was measured, and raise DivergedError with what to do."""
        self.progress.clear()
        if ranks.is_first():
            log.append(self.folder, {"step": self.step + 1, "alarm": f"diverged: {measured}"})
        slower = f"{self.command} --learning-rate {self.schedule.learning_rate * SLOWER:g}"
        kept = (
            f"{self.folder / LAST_FILE} is of the validation before: go on from it more slowly by `{slower} --resume`, "
            "or begin again with another --seed in another --out"
        )
        begin = f"nothing was validated before: begin more slowly by `{slower}`"
        what_to_do = kept if (self.folder / LAST_FILE).exists() else begin
        raise DivergedError(f"diverged at step {self.step + 1}: {measured}; {what_to_do}")

    def resume(self) -> None:
        """Go on from ``last.pt``; steps and rate come from the present schedule, which may be longer or shorter.

        Raises RefusedError where there is none, or one of another network or teacher, or of a catalogue of other
        categories.
        """
        path = self.folder / LAST_FILE
        saved = checkpoints.load(path, "model", "average", "optimizer")
        checkpoints.require_categories(saved, self.data, path)
        checkpoints.require_before(saved, self.before, path)
        checkpoints.fit(self.model, saved["model"], path)
        checkpoints.fit(self.average, saved["average"], path)
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step, self.wall_s, self.best = saved["step"], saved["wall_s"], saved["best"]
        self.started_from = saved.get("started_from")
        self.without_better = saved.get("without_better", 0)
        self.before = saved.get("before", self.before)
        if "random" in saved:
            torch.set_rng_state(saved["random"])

    def start_from(self, weights: Path, adapt: Callable[[Weights, nn.Module], Weights]) -> None:
        """Begin with the averaged weights of an earlier run's ``best.pt``, fitted to this network by ``adapt``.

        Raises RefusedError where they do not fit, learned from a catalogue of other categories, or are not there.
        """
        saved = checkpoints.load(weights, "weights")
        checkpoints.require_categories(saved, self.data, weights)
        try:
            fitted = adapt(saved["weights"], self.model)
        except (KeyError, RuntimeError) as error:
            raise RefusedError(f"{weights} holds the weights of another network than this one: {error}") from error
        checkpoints.fit(self.model, fitted, weights)
        checkpoints.fit(self.average, fitted, weights)
        self.started_from = str(weights)
        self.before = checkpoints.without_repeats([*self.before, *checkpoints.training_of(saved)])

    @torch.no_grad()
    def _move_average(self) -> None:
        decay = min(self.schedule.ema_decay, (1 + self.step) / (10 + self.step))
        for averaged, current in zip(self.average.parameters(), self.model.parameters(), strict=True):
            averaged.lerp_(current, 1 - decay)
        for statistic, newest in zip(_statistics(self.average), _statistics(self.model), strict=True):
            statistic.copy_(newest)

    def _validated(self) -> bool:
        """Whether this step is one to validate after."""
        done = self.step + 1
        return done % self.schedule.validate_every == 0 or done == self.schedule.steps

    def _agree(self) -> None:
        """Let all ranks know what the first one's validation has found, and what it has changed in the networks."""
        if self._validated():
            self.best, self.without_better = ranks.agree((self.best, self.without_better))
            ranks.copy_first([*self.model.buffers(), *self.average.buffers()])

    def _summary(self) -> dict[str, Any]:
        return {
            "step": self.step + 1,
            "wall_s": self.wall_s,
            "best": self.best,
            "command": self.command,
            "schedule": asdict(self.schedule) | {"batch": self.schedule.batch * ranks.count()},
            "ranks": ranks.count(),
            "hardware": ranks.hardware(self.device),
            "before": self.before,
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
        if ranks.is_first():
            print(f"{told}; --patience is {patience}", file=sys.stderr, flush=True)
        return True


def _statistics(network: nn.Module) -> Iterator[Tensor]:
    """Yield the batch statistics of all normalisations: they are averages already."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            yield from module.buffers()
