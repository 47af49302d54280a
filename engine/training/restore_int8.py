"""Train the restorer on as its INT8 variant computes: the body's convolutions rounded, the plain network its teacher.

The variant is to give the pictures that single precision gives. So the loss is the distance to the teacher's answer,
which can reach zero, and not to the clean photo, whose noise would drown what rounding costs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from engine.models.restorer import Restorer
from engine.training import restore
from engine.training.data import Pixels
from engine.training.errors import RefusedError
from engine.training.int8 import CALIBRATION_PHOTOS, CALIBRATION_SEED, KEPT_PERCENT
from engine.training.run import Run, Schedule
from engine.training.simulated_int8 import parameters_alone, set_ranges, simulate

SCHEDULE = Schedule(steps=1500, batch=8, learning_rate=2e-4, validate_every=250)
CALIBRATION_BATCH = 8


def build() -> Restorer:
    """Return an untrained restorer whose body computes in simulated INT8."""
    network = Restorer()
    simulate(network.body)
    return network


def serve(network: nn.Module) -> nn.Module:
    """Return the plain restorer with the parameters that were trained: what is exported, and then quantised."""
    plain = Restorer().eval()
    plain.load_state_dict(parameters_alone(network))
    return plain


def train(run: Run, images: list[Pixels], validation: list[Pixels]) -> None:
    """Begin with the teacher's weights; train until the schedule's end; validate by likeness to the teacher.

    Raises RefusedError where the run was given other weights to begin with.
    """
    teacher = run.teacher
    if teacher is None:
        raise ValueError("a restorer in INT8 learns from one in single precision")
    if run.started_from is not None:
        raise RefusedError("restore-int8 begins with its teacher's weights: leave --start-from out")
    if run.step == 0:
        _begin(run, teacher, images)
    for step in run.steps():
        rng = np.random.default_rng([run.schedule.seed, step])
        spoiled, _ = restore.draw_batch(images, run.schedule.batch, rng)
        with torch.no_grad():
            wanted = teacher(spoiled)
        run.learn(((run.model(spoiled) - wanted) ** 2).mean().sqrt())
        if run.due():
            run.record("val_psnr_to_teacher_db", _likeness(run, teacher, validation))


def _begin(run: Run, teacher: nn.Module, images: list[Pixels]) -> None:
    """Give both networks the teacher's parameters, and the ranges that its activations have."""
    run.model.load_state_dict(teacher.state_dict(), strict=False)
    set_ranges(run.model, teacher, _calibration(images), KEPT_PERCENT)
    run.average.load_state_dict(run.model.state_dict())


@torch.no_grad()
def _likeness(run: Run, teacher: nn.Module, images: list[Pixels]) -> float:
    """Return the mean PSNR in dB between the averaged network's and the teacher's whole pictures."""
    scores = [
        -10 * float(torch.log10(((run.average(seen) - teacher(seen)) ** 2).mean()))
        for seen in restore.seen_in_validation(images)
    ]
    return float(np.mean(scores))


def _calibration(images: list[Pixels]) -> Iterator[Tensor]:
    rng = np.random.default_rng(CALIBRATION_SEED)
    for _ in range(CALIBRATION_PHOTOS // CALIBRATION_BATCH):
        yield restore.draw_batch(images, CALIBRATION_BATCH, rng)[0]
