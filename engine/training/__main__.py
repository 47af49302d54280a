"""The command line of training: ``python -m engine.training train|export|evaluate|plot MODEL``."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

MODELS = ("upscale-x2", "restore", "relight")


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

    train_model(options)
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a run's best weights as ONNX with their card, after checking that ONNX Runtime agrees with torch."""
    from engine.training.export import export_run

    folder = export_run(options.model, options.run, options.weights, options.model_version)
    print(f"wrote {folder}")
    return 0


def evaluate(options: argparse.Namespace) -> int:
    """Measure committed weights on data that they were not trained on; needs no torch."""
    from engine.training.evaluate import evaluate_model

    evaluate_model(options)
    return 0


def plot(options: argparse.Namespace) -> int:
    """Draw the learning curve of a run."""
    from engine.training.plots import plot_run

    plot_run(options.run, options.out)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine.training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("train", help=train.__doc__)
    training.add_argument("model", choices=MODELS)
    training.add_argument("--data", type=Path, required=True, help="the folder with clothing/, grocery/ and mattes/")
    training.add_argument("--out", type=Path, required=True, help="the run's folder: checkpoints and log")
    training.add_argument("--steps", type=int, help="length of the schedule (default: the model's own)")
    training.add_argument("--validate-every", type=int, help="steps between validations")
    training.add_argument("--seed", type=int, default=1)
    training.add_argument("--threads", type=int, default=2)
    training.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    training.add_argument("--start-from", type=Path, help="begin with the weights of another run's best.pt")
    training.set_defaults(action=train)
    exporting = commands.add_parser("export", help=export.__doc__)
    exporting.add_argument("model", choices=MODELS)
    exporting.add_argument("--run", type=Path, required=True)
    exporting.add_argument("--weights", type=Path, default=Path("engine/weights"))
    exporting.add_argument("--model-version", default="1")
    exporting.set_defaults(action=export)
    measuring = commands.add_parser("evaluate", help=evaluate.__doc__)
    measuring.add_argument("model", choices=MODELS)
    measuring.add_argument("--data", type=Path, required=True)
    measuring.add_argument("--weights", type=Path, default=Path("engine/weights"))
    measuring.add_argument("--model-version", default="1")
    measuring.add_argument("--limit", type=int, help="measure on so many test photos only")
    measuring.add_argument("--json", type=Path, help="write the metrics there")
    measuring.add_argument("--card", action="store_true", help="write the metrics into the model's card")
    measuring.add_argument("--sheet", type=Path, help="write a contact sheet (before, after, baseline, truth) there")
    measuring.add_argument("--threads", type=int, default=2)
    measuring.set_defaults(action=evaluate)
    plotting = commands.add_parser("plot", help=plot.__doc__)
    plotting.add_argument("--run", type=Path, required=True)
    plotting.add_argument("--out", type=Path, required=True)
    plotting.set_defaults(action=plot)
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
