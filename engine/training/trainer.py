"""The training command: brings together a model, its data and its loop, as the command line asks for them."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from engine.training import checkpoints, ranks
from engine.training.arguments import LEARNED_FROM_A_CATALOGUE
from engine.training.catalogue.origin import with_origin
from engine.training.checkpoints import BEST_FILE, LAST_FILE
from engine.training.data import DataUse
from engine.training.errors import RefusedError
from engine.training.log import LOG_FILE, read_log
from engine.training.recipes import RECIPES, Recipe, trained
from engine.training.run import Run, Schedule

Note = Callable[[int], str]
"""What the progress line of a step says besides."""


def train_model(options: argparse.Namespace, note: Note = lambda _step: "") -> None:
    """Train ``options.model`` as the command line says; see `engine.training.__main__`.

    Raises RefusedError, before anything is written, for a folder or a teacher of another model or of a catalogue of
    other categories, for another seed to go on with, and DivergedError where the numbers make no sense any more.
    """
    require_folder(options.out, options.model, resume=options.resume)
    if options.resume:
        checkpoints.require_seed(checkpoints.load(options.out / LAST_FILE), options.seed, options.out)
    recipe = RECIPES[options.model]
    schedule = schedule_of(options).share(ranks.index(), ranks.count())
    teacher = _teacher(recipe, options.teacher)
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    device = ranks.device() if options.model in LEARNED_FROM_A_CATALOGUE else ranks.CPU
    examples, validation, uses = recipe.load(options.data)
    if ranks.is_first():
        counts = f"{len(examples)} to train on, {len(validation)} to validate with"
        print(f"{options.model}: {counts}, on {ranks.hardware(device)}, {schedule}", flush=True)
    before = _learned_before(options.teacher, uses) if teacher else []
    data = with_origin(uses, options.data)
    command = options.command_line
    run = Run(recipe.build(), schedule, options.out, data, command, before=before, note=note, device=device)
    run.teacher = teacher and teacher.to(device)
    if options.start_from:
        run.start_from(options.start_from, lambda weights, network: recipe.adapt(weights, network, examples))
    if options.resume:
        run.resume()
        if ranks.is_first():
            print(f"going on from step {run.step} of {schedule.steps}", flush=True)
    recipe.train(run, examples, validation)


def schedule_of(options: argparse.Namespace) -> Schedule:
    """Return the model's own schedule with what the command line says instead."""
    said = {"steps": options.steps, "learning_rate": options.learning_rate, "validate_every": options.validate_every}
    given = {name: value for name, value in said.items() if value is not None}
    return replace(RECIPES[options.model].schedule, seed=options.seed, patience=options.patience, **given)


def require_folder(run: Path, model: str, *, resume: bool) -> None:
    """Raise RefusedError for a folder of another model's run; for one to begin in that is not empty of runs.

    To go on in it needs a ``last.pt``. A first validation that was killed between its two files is no run yet: it is
    made again.
    """
    found = next((run / name for name in (LAST_FILE, BEST_FILE) if (run / name).exists()), None)
    saved = checkpoints.load(found) if found else {}
    other = checkpoints.model_of(saved) if found else None
    if other in RECIPES and other != model:
        raise RefusedError(f"{run} holds a run of {other}, not of {model}; choose another --out")
    if found is None or _is_half_a_validation(found, saved):
        if resume:
            raise RefusedError(f"{run} has no {LAST_FILE} to go on from; leave --resume out to begin")
        return
    if found.name == BEST_FILE:
        raise RefusedError(f"{run} holds a {BEST_FILE} and no {LAST_FILE} to go on from; choose another --out")
    if not resume:
        raise RefusedError(
            f"{run} holds a run already, of {saved['step']} steps; go on with it by --resume, or choose another --out"
        )


def _is_half_a_validation(found: Path, saved: checkpoints.Saved) -> bool:
    """Whether a checkpoint is a ``best.pt`` of the only validation that its run has logged; ``last.pt`` was to come."""
    history = found.with_name(LOG_FILE)
    if found.name != BEST_FILE or not history.exists():
        return False
    return [entry["step"] for entry in read_log(history)] == [saved["step"]]


def _teacher(recipe: Recipe, run: Path | None) -> torch.nn.Module | None:
    if recipe.teacher is None:
        return None
    if run is None:
        raise RefusedError(f"this training needs a trained {recipe.teacher}: name its run with --teacher")
    return trained(recipe.teacher, run)


def _learned_before(teacher: Path, uses: list[DataUse]) -> list[dict[str, Any]]:
    """Return the trainings that led to a teacher, which must have learned the categories of the data at hand."""
    saved = checkpoints.load(teacher / BEST_FILE)
    checkpoints.require_categories(saved, uses, teacher)
    return checkpoints.training_of(saved)
