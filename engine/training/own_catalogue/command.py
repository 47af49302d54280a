"""The generator command: a data set, four trainings, figures and weights; what was finished before is not redone."""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.training import ranks
from engine.training.arguments import WEIGHTS
from engine.training.cards import CARD_FILE
from engine.training.catalogue.enough import doubt_of, require_enough
from engine.training.catalogue.origin import Origin, told_before_or_now, write_origin
from engine.training.catalogue.records import read_records
from engine.training.catalogue.report import REPORT_FILE
from engine.training.checkpoints import BEST_FILE
from engine.training.export_generator import export_generator
from engine.training.figures_in_cards import write_figures
from engine.training.generation.compare import compare_runs
from engine.training.own_catalogue import doubts
from engine.training.own_catalogue.cleaning import cleaned_catalogue
from engine.training.own_catalogue.clock import Clock, Leg
from engine.training.own_catalogue.learned_from import require_same_catalogue
from engine.training.own_catalogue.stages import Parse, Stage, stages
from engine.training.trainer import train_model
from engine.training.whole_files import replace_folders

FIGURES_FILE = "figures.json"
NAME = "generator"
OWNERS = "its owner's"  # licence: of the weights


def make_generator(options: argparse.Namespace, parse: Parse) -> None:
    """Take a merchant's photos all the way to weights; see `engine.training.__main__`.

    Killed at any point, the same command goes on: with the data set from the photo at hand, with a training from its
    last validation. Of several processes all train, and the first one does the rest. Raises CatalogueRefusedError
    before the first training for too few photos, RefusedError for photos, a cleaned catalogue, a seed or a number of
    processes that one of them cannot go on with.
    """
    catalogue = cleaned_catalogue(options)
    _require_enough_left(catalogue)
    todo = stages(options, catalogue, parse)
    _require_same(options, catalogue, todo)
    clock = Clock([Leg(stage.steps, stage.steps_done(), stage.cost) for stage in todo])
    for place, stage in enumerate(todo):
        clock.begin(place)
        _train(stage, f"{place + 1} of {len(todo)}", clock)
    if ranks.is_first():
        _finish(options, catalogue, parse)
    ranks.agree(None)


def _require_enough_left(catalogue: Path) -> None:
    """Refuse a cleaned catalogue of too few pictures; warn of one that would choose some best weights by chance."""
    items = read_records(catalogue).items
    require_enough([item.category for item in items], f"{catalogue} ({REPORT_FILE} there tells what was left out)")
    doubt = doubt_of(items)
    if doubt and ranks.is_first():
        print(f"warning: {doubt}", file=sys.stderr, flush=True)


def _require_same(options: argparse.Namespace, catalogue: Path, todo: Sequence[Stage]) -> None:
    """Refuse what one of the trainings cannot go on with; then write down where the photos come from."""
    categories = sorted({item.category for item in read_records(catalogue).items})
    for stage in todo:
        stage.require_feasible(categories)
    if ranks.is_first():
        origin = Origin(options.name, options.licence)
        told, begun = told_before_or_now(catalogue, origin), any(stage.begun for stage in todo)
        require_same_catalogue(options.out, catalogue, told, begun=begun)
        write_origin(catalogue, origin)
    ranks.agree(None)


def _train(stage: Stage, place: str, clock: Clock) -> None:
    """Train, or train on, unless it is done; say which."""
    done = ranks.agree(stage.steps_done()) >= stage.steps
    stage.options.resume = ranks.agree(stage.begun)
    if ranks.is_first():
        told = "finished before, not done again" if done else stage.options.command_line
        print(f"\ntraining {place}, {stage.name}: {told}", flush=True)
    if not done:
        train_model(stage.options, clock.note)


def _finish(options: argparse.Namespace, catalogue: Path, parse: Parse) -> None:
    """Measure, export and say how to use what was made."""
    figures = options.out / FIGURES_FILE
    weights: Path = options.weights or options.out / "weights"
    best = options.out / NAME / BEST_FILE
    if not _is_newer(figures, best):
        compare_runs(parse(_compare_words(options, catalogue, figures)))
    if not _is_newer(weights / f"{NAME}-{options.model_version}" / CARD_FILE, figures):
        folders = export_generator(parse(_export_words(options, catalogue, weights)))
        add_other_models(weights, {folder.name.rpartition("-")[0] for folder in folders})
        write_figures(figures, NAME, *folders[:2])
    sheets = ", ".join(str(options.out / f"{NAME}-{kind}.jpg") for kind in ("samples", "neighbours"))
    print(f"\n{weights} holds the generator; look at {sheets}")
    print(f"serve it by: PACKSHOT_WEIGHTS_DIR={shlex.quote(str(weights.resolve()))} packshot up", flush=True)
    categories = [item.category for item in read_records(catalogue).items]
    unlearned = doubts.doubt_of(figures, options.out / "classifier", NAME, categories)
    if unlearned:
        print(f"warning: {unlearned}", file=sys.stderr, flush=True)


def _compare_words(options: argparse.Namespace, catalogue: Path, figures: Path) -> list[str]:
    words = ["compare", "--data", str(catalogue), "--teacher", str(options.out / "judge")]
    words += ["--runs", f"{NAME}={options.out / NAME}", "--json", str(figures), "--sheets", str(options.out)]
    return [*words, "--threads", str(options.threads)]


def _export_words(options: argparse.Namespace, catalogue: Path, weights: Path) -> list[str]:
    words = ["export", NAME, "--run", str(options.out / NAME), "--teacher", str(options.out / "classifier")]
    words += ["--data", str(catalogue), "--weights", str(weights), "--model-version", options.model_version]
    return [*words, "--licence", OWNERS]


def _is_newer(made: Path, of: Path) -> bool:
    """Whether a file was made whole, the last time of what lies there now; a card is, once it tells the figures."""
    if not made.exists() or made.stat().st_mtime_ns < of.stat().st_mtime_ns:
        return False
    try:
        told = json.loads(made.read_text(encoding="utf-8"))
    except ValueError:  # cut short, as by a full disk
        return False
    return made.name != CARD_FILE or bool(told["metrics"])


def add_other_models(weights: Path, own: set[str]) -> None:
    """Copy the service's other models into a folder of weights, so that it serves everything that the service does.

    A copy is whole or not there.
    """
    with replace_folders(weights) as made:
        for folder in sorted(path.parent for path in WEIGHTS.glob("*/card.json")):
            if folder.name.rpartition("-")[0] not in own and not (weights / folder.name).exists():
                shutil.copytree(folder, made / folder.name)
