"""From the runs of a generator and its classifier to what the service loads: four networks and the catalogue's facts.

They belong together, so they are exported together, under one version.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from engine.generation.facts import FACTS_FILE, Facts, save_facts
from engine.models.classifier import Classifier
from engine.training import checkpoints
from engine.training.cards import new_card, read_card, with_besides, write_card
from engine.training.catalogue.origin import with_origin
from engine.training.checkpoints import BEST_FILE
from engine.training.errors import RefusedError
from engine.training.export import training_facts, write_model
from engine.training.generation.adversary import Adversaries
from engine.training.generation.items import data_uses, load_catalogue
from engine.training.generation.serving import facts_of, measures_of, networks
from engine.training.public_commands import public
from engine.training.recipes import trained

CLASSIFIER = "generator-classifier"


def export_generator(options: argparse.Namespace) -> list[Path]:
    """Export the best weights of ``options.run`` and of its teacher, and return the folders.

    The generator's is the first, its encoder's the second. Raises RefusedError where one of the runs is missing, is of
    another model or learned other categories than the catalogue's, ParityError where ONNX Runtime's results differ from
    torch's.
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
    data = [use.as_dict() for use in uses]
    served = networks(adversaries, classifier)
    folders = {model: options.weights / f"{model}-{options.model_version}" for model in served}
    for model, network in served.items():
        run = options.teacher if model == CLASSIFIER else options.run
        facts = write_model(model, network, folders[model])
        training = training_facts(checkpoints.load(run / BEST_FILE))
        write_card(folders[model], new_card(model, options.model_version, facts, training, data, options.licence))
    _add_facts(folders["generator"], facts_of(adversaries, classifier, catalogue))
    for model, measure in measures_of(adversaries, classifier, catalogue).items():
        told = measure | {"command": public(options.command_line)}
        write_card(folders[model], read_card(folders[model]) | {"metrics": [told]})
    return list(folders.values())


def _add_facts(folder: Path, facts: Facts) -> None:
    path = folder / FACTS_FILE
    save_facts(path, facts)
    write_card(folder, with_besides(read_card(folder), [path]))
