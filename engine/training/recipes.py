"""What each model is: its network, its data, its loop and its schedule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from engine.training import checkpoints, cutout, cutout_edges, inpaint, relight, restore, restore_int8, upscale
from engine.training.checkpoints import BEST_FILE
from engine.training.data import DataUse
from engine.training.errors import RefusedError
from engine.training.generation import adversary, autoencoder, baselines, classifier
from engine.training.generation.contest import Contest, serve
from engine.training.run import Run, Schedule, Weights


@dataclass(frozen=True)
class Recipe:
    """How one model is built, fed and trained."""

    build: Callable[[], torch.nn.Module]
    load: Callable[[Path], tuple[list[Any], list[Any], list[DataUse]]]
    train: Callable[[Run, list[Any], list[Any]], None]
    schedule: Schedule
    adapt: Callable[[Weights, Any, list[Any]], Weights] = lambda weights, _network, _examples: weights
    """What fits another run's weights to the untrained network, looking at examples where it must."""
    serve: Callable[[torch.nn.Module], torch.nn.Module] = lambda network: network
    """What makes the network that is exported of the one that was trained."""
    teacher: str | None = None
    """The model whose trained weights this one learns with."""


def _upscaling(of: upscale.Upscaling, schedule: Schedule) -> Recipe:
    return Recipe(of.build, of.load_pairs, of.train, schedule, of.adapt)


def _contested(build: Callable[[], torch.nn.Module], contest: Contest, schedule: Schedule) -> Recipe:
    return Recipe(build, classifier.load_items, contest.train, schedule, serve=serve, teacher="classifier")


def _bounded(
    build: Callable[[], torch.nn.Module], bound: autoencoder.Bound, schedule: Schedule, teacher: str | None
) -> Recipe:
    return Recipe(build, classifier.load_items, bound.train, schedule, serve=serve, teacher=teacher)


RECIPES = {
    "upscale-x2": _upscaling(upscale.UPSCALE_X2, upscale.SCHEDULE_X2),
    "upscale-x4": _upscaling(upscale.UPSCALE_X4, upscale.SCHEDULE_X4),
    "upscale-x2-photo": _upscaling(upscale.UPSCALE_X2_PHOTO, upscale.SCHEDULE_PHOTO),
    "upscale-x4-photo": _upscaling(upscale.UPSCALE_X4_PHOTO, upscale.SCHEDULE_PHOTO),
    "restore": Recipe(restore.build, restore.load_images, restore.train, restore.SCHEDULE, restore.adapt),
    "restore-int8": Recipe(
        restore_int8.build,
        restore.load_images,
        restore_int8.train,
        restore_int8.SCHEDULE,
        serve=restore_int8.serve,
        teacher="restore",
    ),
    "relight": Recipe(relight.build, relight.load_frames, relight.train, relight.SCHEDULE),
    "cutout": Recipe(cutout.build, cutout.load_examples, cutout.train, cutout.SCHEDULE, serve=cutout.serve),
    "cutout-edges": Recipe(cutout_edges.build, cutout_edges.load_examples, cutout_edges.train, cutout_edges.SCHEDULE),
    "inpaint": Recipe(inpaint.build, inpaint.load_photos, inpaint.train, inpaint.SCHEDULE),
    "classifier": Recipe(classifier.build, classifier.load_items, classifier.train, classifier.SCHEDULE),
    "autoencoder": _bounded(autoencoder.build, autoencoder.BOUND, autoencoder.SCHEDULE, teacher="classifier"),
    "generator": replace(_contested(adversary.build, adversary.CONTEST, adversary.SCHEDULE), adapt=adversary.adapt),
    "plain-gan": _contested(baselines.build_plain_gan, baselines.CROSS_ENTROPY, baselines.GAN_SCHEDULE),
    "dcgan": _contested(baselines.build_dcgan, baselines.CROSS_ENTROPY, baselines.GAN_SCHEDULE),
    "wgan-gp": _contested(baselines.build_wgan_gp, baselines.WASSERSTEIN, baselines.WGAN_SCHEDULE),
    "plain-vae": _bounded(baselines.build_plain_vae, baselines.PLAIN_BOUND, baselines.VAE_SCHEDULE, teacher=None),
}


def trained(model: str, run: Path) -> torch.nn.Module:
    """Return the network that validated best in a run of ``model``, frozen; raises RefusedError for any other run."""
    found = recipe_of(run)
    if found != model:
        raise RefusedError(f"{run} is a run of {found}; needed: one of {model}")
    path = run / BEST_FILE
    network = RECIPES[model].build().eval().requires_grad_(requires_grad=False)
    checkpoints.fit(network, checkpoints.load(path, "weights")["weights"], path)
    return network


def recipe_of(run: Path) -> str:
    """Return the model that a run trains, by the command that it keeps; raises RefusedError for one without a name."""
    saved = checkpoints.load(run / BEST_FILE)
    name = checkpoints.model_of(saved)
    if name not in RECIPES:
        raise RefusedError(f"{run} was not made by: packshot-train train MODEL; it keeps {saved['command']!r}")
    return name
