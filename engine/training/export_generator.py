"""From the runs of a generator and its classifier to what the service loads: four networks and the catalogue's facts.

They belong together, so they are exported together, under one version.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from torch import nn

from engine.generation.facts import FACTS_FILE, Facts, save_facts
from engine.models.classifier import Classifier
from engine.training import checkpoints
from engine.training.cards import new_card, read_card, with_besides, write_card
from engine.training.catalogue.origin import with_origin
from engine.training.checkpoints import BEST_FILE
from engine.training.data import DataUse
from engine.training.errors import RefusedError
from engine.training.export import training_facts, write_model
from engine.training.generation.adversary import Adversaries
from engine.training.generation.items import data_uses, load_catalogue
from engine.training.generation.serving import facts_of, measures_of, networks
from engine.training.public_commands import public
from engine.training.recipes import trained
from engine.training.whole_files import replace_folders

CLASSIFIER = "generator-classifier"


def export_generator(options: argparse.Namespace) -> list[Path]:
    """Export the best weights of ``options.run`` and of its teacher, and return the folders.

    The generator's is the first, its encoder's the second. Raises RefusedError where one of the runs is missing, is of
    another model or learned other categories than the catalogue's, ValueError for another catalogue than the prior's,
    ParityError where ONNX Runtime's results differ from torch's. Whatever it raises, what lay there stays as it was.
    """
    if options.teacher is None or options.data is None:
        raise RefusedError("a generator goes with its classifier and its catalogue: name them by --teacher and --data")
    catalogue = load_catalogue(options.data)
    adversaries, classifier = trained("generator", options.run), trained("classifier", options.teacher)
    assert isinstance(adversaries, Adversaries)
    assert isinstance(classifier, Classifier)
    uses = with_origin(data_uses(catalogue), options.data)
    for run in (options.run, options.teacher):
        checkpoints.require_categories(checkpoints.load(run / BEST_FILE), uses, run)
    served, learned = networks(adversaries, classifier), facts_of(adversaries, classifier, catalogue)
    measures = measures_of(adversaries, classifier, catalogue)
    names = {model: f"{model}-{options.model_version}" for model in served}
    with replace_folders(options.weights) as made:
        for model, network in served.items():
            _write(model, network, made / names[model], options, uses)
        _add_facts(made / names["generator"], learned)
        for model, measure in measures.items():
            told = measure | {"command": public(options.command_line)}
            write_card(made / names[model], read_card(made / names[model]) | {"metrics": [told]})
    return [options.weights / name for name in names.values()]


def _write(model: str, network: nn.Module, folder: Path, options: argparse.Namespace, uses: list[DataUse]) -> None:
    """Write one of the networks and its card, without figures."""
    run = options.teacher if model == CLASSIFIER else options.run
    facts = write_model(model, network, folder)
    training, data = training_facts(checkpoints.load(run / BEST_FILE)), [use.as_dict() for use in uses]
    write_card(folder, new_card(model, options.model_version, facts, training, data, options.licence))


def _add_facts(folder: Path, facts: Facts) -> None:
    path = folder / FACTS_FILE
    save_facts(path, facts)
    write_card(folder, with_besides(read_card(folder), [path]))
