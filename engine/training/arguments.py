"""The words of the command line: what each command takes, and which values are refused at once. Needs no torch."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from engine.training.cards import LICENCE
from engine.training.generation import GENERATORS

TILE_MODELS = ("upscale-x2", "upscale-x4", "upscale-x2-photo", "upscale-x4-photo", "restore")
MODELS = (*TILE_MODELS, "relight", "inpaint", "cutout", "cutout-edges")
LEARNED_FROM_A_CATALOGUE = ("classifier", *GENERATORS)
MEASURED_BY_TIME = (*MODELS, "generator", "generator-encoder", "generator-critic", "generator-classifier")
WEIGHTS = Path(__file__).parents[1] / "weights"

Action = Callable[[argparse.Namespace], int]


def build_parser(actions: Mapping[str, Action]) -> argparse.ArgumentParser:
    """Return the parser of all commands; each of ``actions`` is one, and its docstring is the command's help."""
    parser = argparse.ArgumentParser(prog="packshot-train", description="Train, measure and export Packshot's models.")
    parser.add_argument("--traceback", action="store_true", help="show where an error was raised, for developers")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, action in actions.items():
        command = commands.add_parser(name, help=action.__doc__, description=action.__doc__)
        _ADD[name](command)
        command.set_defaults(action=action)
    return parser


def _whole(least: int, things: str) -> Callable[[str], int]:
    """A type of argument: a whole number from ``least``."""

    def read(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number{things}, {least} or more, got {text!r}")
        return int(text)

    return read


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"must be a number over 0, got {text!r}")
    return value


def _version(text: str) -> str:
    """A model's version, as folders of weights end with it."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"must be digits alone, such as 2, got {text!r}")
    return text


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", choices=(*MODELS, "restore-int8", *LEARNED_FROM_A_CATALOGUE))
    parser.add_argument(
        "--data",
        type=Path,
        required=True,
        help="the folder with clothing/, grocery/ and mattes/, or a cleaned catalogue",
    )
    parser.add_argument("--out", type=Path, required=True, help="the run's folder: checkpoints and log")
    parser.add_argument(
        "--steps", type=_whole(1, " of steps"), help="length of the schedule (default: the model's own)"
    )
    parser.add_argument(
        "--learning-rate", type=_positive, help="the schedule's highest rate (default: the model's own)"
    )
    parser.add_argument("--validate-every", type=_whole(1, " of steps"), help="steps between validations")
    _add_common(parser)
    parser.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    parser.add_argument("--start-from", type=Path, help="begin with the weights of another run's best.pt")
    parser.add_argument(
        "--teacher",
        type=Path,
        help="the run of a classifier, which generators are measured by and learn with; of restore for restore-int8",
    )


def _add_generator(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="photos, FOLDER/<category>/, or a cleaned catalogue")
    parser.add_argument(
        "--out", type=Path, required=True, help="the trainings' folders; what lies there is gone on with"
    )
    parser.add_argument("--weights", type=Path, help="where the service's weights are to lie (default: OUT/weights)")
    parser.add_argument("--model-version", type=_version, default="1", help="digits, such as 2 (default: 1)")
    parser.add_argument(
        "--scale", type=_positive, default=1.0, help="of every training's length: 0.05 for a first look"
    )
    _add_common(parser)
    _add_origin(parser)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--patience",
        type=_whole(1, " of validations"),
        help="stop after so many validations in a row without a better one",
    )
    parser.add_argument("--seed", type=_whole(0, ""), default=1)
    parser.add_argument(
        "--threads", type=_whole(1, ""), default=2, help="on a busy machine one thread is several times faster"
    )


def _add_mix(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", type=Path, nargs=2)
    parser.add_argument("--out", type=Path, required=True)


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", choices=(*MODELS, "generator"))
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--model-version", type=_version, default="1", help="digits, such as 2 (default: 1)")
    parser.add_argument("--licence", default=LICENCE, help=f"of the weights (default: {LICENCE})")
    parser.add_argument("--teacher", type=Path, help="of a generator: the run of the classifier that it learned with")
    parser.add_argument("--data", type=Path, help="of a generator: the cleaned catalogue that it learned from")


def _add_quantise(parser: argparse.ArgumentParser) -> None:
    _add_weights(parser, TILE_MODELS)
    _add_measured(parser)
    parser.add_argument(
        "--run", type=Path, help="quantise what a run of restore-int8 learned, the whole body; needs torch"
    )


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    _add_weights(parser, MODELS)
    _add_measured(parser)
    parser.add_argument("--json", type=Path, help="write the metrics there")
    parser.add_argument("--card", action="store_true", help="write the metrics into the model's card")
    parser.add_argument("--sheet", type=Path, help="write a contact sheet (before, after, truth) there")


def _add_time(parser: argparse.ArgumentParser) -> None:
    _add_weights(parser, MEASURED_BY_TIME)


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="a cleaned catalogue")
    parser.add_argument("--teacher", type=Path, required=True, help="the run of a classifier trained on it")
    parser.add_argument("--runs", type=_named_run, nargs="+", required=True, help="such as ours=RUN dcgan=RUN")
    parser.add_argument("--seeds", type=int, default=3, help="sampling seeds that intervals are over (default: 3)")
    parser.add_argument(
        "--count", type=_whole(2, " of pictures"), default=1000, help="pictures a seed, real and made (default: 1000)"
    )
    parser.add_argument("--threads", type=_whole(1, ""), default=2)
    parser.add_argument("--json", type=Path, help="write the figures there")
    parser.add_argument("--sheets", type=Path, help="write two sheets a run into that folder: samples, neighbours")


def _add_card(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("figures", type=Path, help="what compare wrote with --json")
    parser.add_argument("--of", required=True, help="the generator's name there; all others are its baselines")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)


def _add_from_weights(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", choices=("generator", "restore"), nargs="?", default="generator")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument(
        "--out", type=Path, required=True, help="the runs are written there: restore, or generator and classifier"
    )


def _named_run(text: str) -> tuple[str, Path]:
    name, _, run = text.partition("=")
    if not name or not run:
        raise argparse.ArgumentTypeError(f"a run is named like ours=runs/generator, got {text!r}")
    return name, Path(run)


def _add_plot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run", type=Path, nargs="+", required=True, help="one, or several to lay over each other")
    parser.add_argument("--out", type=Path, required=True)


def _add_dataset(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="the photos: FOLDER/<category>/<photo>.jpg, .png or .webp")
    parser.add_argument("--out", type=Path, required=True, help="the data set; an unfinished one there is gone on with")
    parser.add_argument("--size", type=int, default=256, help="the pictures' side in pixels (default: 256)")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--threads", type=_whole(1, ""), default=2)
    parser.add_argument(
        "--limit", type=_whole(1, " of photos"), help="take so many of the photos only, spread over all"
    )
    _add_origin(parser)


def _add_origin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", help="what the photos are called in the cards of models that learn from them")
    parser.add_argument("--licence", help="the photos' licence, such as 'CC0 1.0' (in cards: its owner's, if not said)")


def _add_measured(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=_whole(1, " of photos"), help="measure on so many test photos only")


def _add_weights(parser: argparse.ArgumentParser, models: tuple[str, ...]) -> None:
    parser.add_argument("model", choices=models)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--threads", type=_whole(1, ""), default=2)


_ADD = {
    "train": _add_train,
    "generator": _add_generator,
    "mix": _add_mix,
    "export": _add_export,
    "quantise": _add_quantise,
    "evaluate": _add_evaluate,
    "time": _add_time,
    "compare": _add_compare,
    "card": _add_card,
    "plot": _add_plot,
    "dataset": _add_dataset,
    "from-weights": _add_from_weights,
}
