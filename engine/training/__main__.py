"""The command line of training: ``packshot-train COMMAND``, or ``python -m engine.training COMMAND``."""

from __future__ import annotations

import argparse
import os
import shlex
import sys

from engine.errors import EngineError
from engine.training.arguments import build_parser
from engine.training.catalogue.errors import CatalogueRefusedError
from engine.training.errors import DivergedError, ParityError, RankLostError, RefusedError

DIVERGED, REFUSED, STOPPED = 1, 2, 130
"""Exit statuses: the training went wrong; what was asked cannot be done; a person stopped it."""
OF_THE_EXTRA = ("torch", "onnx", "matplotlib", "skimage")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status; what a person can mend is told in one line on stderr."""
    given = sys.argv[1:] if arguments is None else arguments
    options = parse(given)
    if options.traceback:
        status: int = options.action(options)
        return status
    try:
        return int(options.action(options))
    except (DivergedError, RankLostError) as error:
        return _fail(error, DIVERGED)
    except (RefusedError, CatalogueRefusedError, ParityError, EngineError) as error:
        return _fail(error, REFUSED)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in OF_THE_EXTRA:
            raise
        return _fail(f"this command needs {error.name}: pip install 'packshot-server[train]'", REFUSED)
    except (ValueError, OSError) as error:
        return _fail(f"{error} (packshot-train --traceback COMMAND tells where)", REFUSED, everywhere=True)
    except KeyboardInterrupt:
        return _fail("stopped; dataset and generator go on by the same command, train by --resume", STOPPED)


def parse(given: list[str]) -> argparse.Namespace:
    """Return the options of a command line, and the line itself as ``command_line``, as cards repeat it.

    What trains is told with torchrun where that started this process; `generator` gives the other commands of one.
    """
    options = build_parser(ACTIONS).parse_args(given)
    together = int(os.environ.get("WORLD_SIZE", "1")) if options.action in (train, generator) else 1
    program = "packshot-train" if together == 1 else f"torchrun --nproc-per-node {together} -m engine.training"
    options.command_line = f"{program} {shlex.join(given)}"
    return options


def train(options: argparse.Namespace) -> int:
    """Train one model, from scratch or on from its last checkpoint."""
    from engine.training import ranks
    from engine.training.trainer import train_model

    with ranks.joined():
        train_model(options)
    return 0


def generator(options: argparse.Namespace) -> int:
    """Train a generator of your own catalogue, from photos to weights that the service loads; killed, it goes on."""
    from engine.training.own_catalogue.given import require_usable

    require_usable(options.data, options.out)  # before torch, whose import takes long
    from engine.training import ranks
    from engine.training.own_catalogue.command import make_generator

    with ranks.joined():
        make_generator(options, parse)
    return 0


def mix(options: argparse.Namespace) -> int:
    """Write the mean of two runs' best weights as a run of its own."""
    from engine.training.mixing import mix_runs

    first, second = options.runs
    mix_runs(first, second, options.out, options.command_line)
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a run's best weights as ONNX with their card, after checking that ONNX Runtime agrees with torch."""
    from engine.training.export import export_run
    from engine.training.export_generator import export_generator

    if options.model == "generator":
        folders = export_generator(options)
    else:
        folders = [export_run(options.model, options.run, options.weights, options.model_version, options.licence)]
    for folder in folders:
        print(f"wrote {folder}")
    return 0


def quantise(options: argparse.Namespace) -> int:
    """Write the INT8 variant of committed tile weights, if it loses at most 0.1 dB and saves time."""
    from engine.training.quantise import WorseVariantError, quantise_model

    try:
        print(f"wrote {quantise_model(options)}")
    except WorseVariantError as refusal:
        print(f"nothing written: {refusal}", file=sys.stderr)
        return 1
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Measure committed weights on data that they were not trained on; needs no torch."""
    from engine.training.evaluate import evaluate_model

    evaluate_model(options)
    return 0


def measure_time(options: argparse.Namespace) -> int:
    """Time committed weights on a photo of 400 × 536 pixels, a generator on one vector, on the CPU."""
    from engine.training.cards import folder_of
    from engine.training.inference import Network
    from engine.training.timing import time_photo

    timing = time_photo(Network(folder_of(options.weights, options.model), options.threads))
    print(f"{options.model}: best {timing.best_ms} ms, median {timing.median_ms} ms, {options.threads} threads")
    return 0


def compare(options: argparse.Namespace) -> int:
    """Measure trained generators side by side, on a cleaned catalogue, by what a trained classifier sees."""
    from engine.training.generation.compare import compare_runs

    compare_runs(options)
    return 0


def card(options: argparse.Namespace) -> int:
    """Write what compare measured of a generator into its card; needs no torch."""
    from engine.training.cards import folder_of
    from engine.training.figures_in_cards import write_figures

    folder, encoder = (folder_of(options.weights, model) for model in ("generator", "generator-encoder"))
    write_figures(options.figures, options.of, folder, encoder)
    print(f"wrote {folder / 'card.json'}")
    return 0


def plot(options: argparse.Namespace) -> int:
    """Draw the learning curves of runs, one over the other, and the alarms that they gave."""
    from engine.training.plots import plot_runs

    plot_runs(options.run, options.out)
    return 0


def dataset(options: argparse.Namespace) -> int:
    """Build a data set of product pictures on white from a folder of photos, one folder a category; needs no torch."""
    from engine.training.catalogue.command import DatasetOptions, build_dataset
    from engine.training.catalogue.origin import Origin, write_origin

    chosen = DatasetOptions(options.folder, options.out, options.size, options.weights, options.threads, options.limit)
    build_dataset(chosen)
    write_origin(options.out, Origin(options.name, options.licence))
    return 0


def from_weights(options: argparse.Namespace) -> int:
    """Write the runs that a served model was exported from, to compare it, learn from it, or go on by --start-from."""
    from engine.training.from_weights import write_runs

    for run in write_runs(options.model, options.weights, options.out):
        print(f"wrote {run}")
    return 0


ACTIONS = {
    "train": train,
    "generator": generator,
    "mix": mix,
    "export": export,
    "quantise": quantise,
    "evaluate": evaluate,
    "time": measure_time,
    "compare": compare,
    "card": card,
    "from-weights": from_weights,
    "plot": plot,
    "dataset": dataset,
}


def _fail(told: object, status: int, *, everywhere: bool = False) -> int:
    """Say in one line why and return the status; of processes that train together the first one speaks for all.

    ``everywhere``: it may be this process's alone to know.
    """
    if everywhere or os.environ.get("RANK", "0") == "0":
        print(f"packshot-train: {' '.join(str(told).split())}", file=sys.stderr, flush=True)
    return status


if __name__ == "__main__":
    raise SystemExit(main())
