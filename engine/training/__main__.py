"""The command line of training: ``python -m engine.training COMMAND``; ``--help`` lists the commands."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from engine.training.generation import GENERATORS

TILE_MODELS = ("upscale-x2", "upscale-x4", "upscale-x2-photo", "upscale-x4-photo", "restore")
MODELS = (*TILE_MODELS, "relight", "inpaint", "cutout", "cutout-edges")
LEARNED_FROM_A_CATALOGUE = ("classifier", *GENERATORS)
WEIGHTS = Path("engine/weights")


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = sys.argv[1:] if arguments is None else arguments
    options = _parser().parse_args(given)
    options.command_line = "python -m engine.training " + shlex.join(given)
    status: int = options.action(options)
    return status


def train(options: argparse.Namespace) -> int:
    """Train one model, from scratch or on from its last checkpoint."""
    from engine.training.recipes import train_model
    from engine.training.run import DivergedError

    try:
        train_model(options)
    except DivergedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def mix(options: argparse.Namespace) -> int:
    """Write the mean of two runs' best weights as a run of its own."""
    from engine.training.mixing import mix_runs

    mix_runs(*options.runs, options.out, options.command_line)
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a run's best weights as ONNX with their card, after checking that ONNX Runtime agrees with torch."""
    from engine.training.export import export_run

    folder = export_run(options.model, options.run, options.weights, options.model_version)
    print(f"wrote {folder}")
    return 0


def quantise(options: argparse.Namespace) -> int:
    """Write the INT8 variant of committed tile weights, if it loses at most 0.1 dB and saves time; needs no torch."""
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
    """Time committed weights on a photo of 400 × 536 pixels, on the CPU."""
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


def plot(options: argparse.Namespace) -> int:
    """Draw the learning curve of a run."""
    from engine.training.plots import plot_run

    plot_run(options.run, options.out)
    return 0


def dataset(options: argparse.Namespace) -> int:
    """Build a data set of product pictures on white from a folder of photos, one folder a category; needs no torch."""
    from engine.training.catalogue.command import DatasetOptions, build_dataset

    chosen = DatasetOptions(options.folder, options.out, options.size, options.weights, options.threads, options.limit)
    return build_dataset(chosen)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine.training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    _add_train(commands.add_parser("train", help=train.__doc__))
    mixing = commands.add_parser("mix", help=mix.__doc__)
    mixing.add_argument("runs", type=Path, nargs=2)
    mixing.add_argument("--out", type=Path, required=True)
    mixing.set_defaults(action=mix)
    _add_export(commands.add_parser("export", help=export.__doc__))
    quantising = commands.add_parser("quantise", help=quantise.__doc__)
    _add_weights(quantising, TILE_MODELS)
    _add_measured(quantising)
    quantising.set_defaults(action=quantise)
    _add_evaluate(commands.add_parser("evaluate", help=evaluate.__doc__))
    timing = commands.add_parser("time", help=measure_time.__doc__)
    _add_weights(timing)
    timing.set_defaults(action=measure_time)
    _add_compare(commands.add_parser("compare", help=compare.__doc__))
    plotting = commands.add_parser("plot", help=plot.__doc__)
    plotting.add_argument("--run", type=Path, required=True)
    plotting.add_argument("--out", type=Path, required=True)
    plotting.set_defaults(action=plot)
    _add_dataset(commands.add_parser("dataset", help=dataset.__doc__))
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", choices=(*MODELS, *LEARNED_FROM_A_CATALOGUE))
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="the folder with clothing/, grocery/ and mattes/, or a cleaned catalogue",
    )
    parser.add_argument("--out", type=Path, required=True, help="the run's folder: checkpoints and log")
    parser.add_argument("--steps", type=int, help="length of the schedule (default: the model's own)")
    parser.add_argument("--learning-rate", type=float, help="the schedule's highest rate (default: the model's own)")
    parser.add_argument("--validate-every", type=int, help="steps between validations")
    parser.add_argument(
        "--patience", type=_patience, help="stop after so many validations in a row without a better one"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="on a busy machine one thread is several times faster")
    parser.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    parser.add_argument("--start-from", type=Path, help="begin with the weights of another run's best.pt")
    parser.add_argument(
        "--teacher", type=Path, help="the run of a classifier, which generators are measured by and learn with"
    )
    parser.set_defaults(action=train)


def _patience(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of validations, 1 or more, got {text!r}")
    return int(text)


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--model-version", default="1")
    parser.set_defaults(action=export)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    _add_weights(parser)
    _add_measured(parser)
    parser.add_argument("--json", type=Path, help="write the metrics there")
    parser.add_argument("--card", action="store_true", help="write the metrics into the model's card")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet (before, after, truth) there")
    parser.set_defaults(action=evaluate)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="a cleaned catalogue")
    parser.add_argument("--teacher", type=Path, required=True, help="the run of a classifier trained on it")
    parser.add_argument("--runs", type=_named_run, nargs="+", required=True, help="such as ours=RUN dcgan=RUN")
    parser.add_argument("--seeds", type=int, default=3, help="sampling seeds that intervals are over (default: 3)")
    parser.add_argument("--count", type=int, default=1000, help="pictures a seed, real and made (default: 1000)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--sheets", type=Path, help="write two sheets a run into that folder: samples, neighbours")
    parser.set_defaults(action=compare)


def _named_run(text: str) -> tuple[str, Path]:
    name, _, run = text.partition("=")
    if not name or not run:
        raise argparse.ArgumentTypeError(f"a run is named like ours=runs/generator, got {text!r}")
    return name, Path(run)


def _add_dataset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="the photos: FOLDER/<category>/<photo>.jpg, .png or .webp")
    parser.add_argument("--out", type=Path, required=True, help="the data set; an unfinished one there is gone on with")
    parser.add_argument("--size", type=int, default=256, help="the pictures' side in pixels (default: 256)")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--limit", type=int, help="take so many of the photos only, spread over all")
    parser.set_defaults(action=dataset)


def _add_measured(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="measure on so many test photos only")


def _add_weights(parser: argparse.ArgumentParser, models: tuple[str, ...] = MODELS) -> None:
    parser.add_argument("model", choices=models)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--threads", type=int, default=2)


if __name__ == "__main__":
    raise SystemExit(main())
