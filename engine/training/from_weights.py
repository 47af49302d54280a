"""From committed weights back to runs: what they were exported from, to be compared, gone on with or learned from.

Checkpoints are kept nowhere for long; the ONNX files hold all that the best one did, but for the optimizer's state.
Batch statistics lie in the classifier's convolutions since they were exported.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from torch import nn

from engine.generation.facts import FACTS_FILE, load_facts
from engine.training import checkpoints, restore
from engine.training.cards import folder_of, read_card
from engine.training.checkpoints import BEST_FILE, LAST_FILE, Weights
from engine.training.errors import RefusedError
from engine.training.export import MODEL_FILE
from engine.training.generation import adversary, classifier
from engine.training.generation.prior import Fitted
from engine.training.onnx_weights import parameters_of

_PARTS = {
    "autoencoder.decoder.": ("generator", ""),
    "autoencoder.encoder.": ("generator-encoder", "encoder."),
    "critic.": ("generator-critic", "critic."),
}
"""By what the adversaries' weights begin with: the model that they were exported as, and what they begin with there."""


def write_runs(model: str, weights: Path, out: Path) -> list[Path]:
    """Write the runs of ``model`` ("restore" or "generator") and return them, each with a best validation's checkpoint.

    ``out``/restore, or ``out``/generator and ``out``/classifier. Raises FileNotFoundError where ``weights`` does not
    hold the model, RefusedError for one of other networks than these, and where one of the runs is there already.
    """
    for run in (out / each for each in ((model, "classifier") if model == "generator" else (model,))):
        if any((run / file).exists() for file in (BEST_FILE, LAST_FILE)):
            raise RefusedError(f"{run} holds a run already: choose another --out")
    if model == "restore":
        folder = folder_of(weights, model)
        return [_write(restore.build(), parameters_of(folder / MODEL_FILE), folder, out / model)]
    return _write_generator(weights, out)


def _write_generator(weights: Path, out: Path) -> list[Path]:
    exported = {
        model: parameters_of(folder_of(weights, model) / MODEL_FILE) for model in {of for of, _ in _PARTS.values()}
    }
    found = {
        ours + name.removeprefix(theirs): value
        for ours, (model, theirs) in _PARTS.items()
        for name, value in exported[model].items()
    }
    adversaries = adversary.build()
    facts = load_facts(folder_of(weights, "generator") / FACTS_FILE)
    products = (*facts.products, *[np.zeros((0, facts.mean.shape[1]), np.float32)] * len(facts.factors))
    adversaries.prior.take(Fitted(facts.mean, facts.factors, products[: len(facts.factors)]))
    prior = {name: value for name, value in adversaries.state_dict().items() if ".prior." in name}
    classifying, seen_in = classifier.build(), folder_of(weights, "generator-classifier")
    seen = {name.removeprefix("classifier."): value for name, value in parameters_of(seen_in / MODEL_FILE).items()}
    return [
        _write(adversaries, found | prior, folder_of(weights, "generator"), out / "generator"),
        _write(classifying, seen | _without_statistics(classifying), seen_in, out / "classifier"),
    ]


def _without_statistics(network: nn.Module) -> Weights:
    """The batch normalisations of a network as ones that change nothing, once they are asked and not trained."""
    state = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.fill_(1 - module.eps)
            state |= {f"{name}.{part}": value for part, value in module.state_dict().items()}
    return state


def _write(network: nn.Module, weights: Weights, committed: Path, run: Path) -> Path:
    checkpoints.fit(network, weights, committed / MODEL_FILE)
    card = read_card(committed)
    training = card["training"]
    run.mkdir(parents=True, exist_ok=True)
    state = {
        "command": training["command"],
        "step": training["steps"],
        "wall_s": training["wall_s"],
        "best": float("-inf"),  # it is told of no checkpoint but the best
        "schedule": training["config"],
        "before": training.get("before", []),
        "data": card["data"],
    }
    checkpoints.save(state | {"weights": network.state_dict()}, run / BEST_FILE)
    return run
