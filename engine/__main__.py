"""The engine's own command line: `python -m engine compile` and `python -m engine devices`.

Exit codes: 0 done; 1 a model has no plan, or its files are broken; 2 the command line or a PACKSHOT_* setting is wrong;
3 this machine cannot do it: no GPU, no driver, no TensorRT; 130 interrupted. What is asked for goes to stdout, progress
and errors to stderr.
"""

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from engine.cards import load_cards
from engine.cuda.devices import list_gpus
from engine.errors import BackendUnavailable, EngineError, ModelNotFound, SettingsRefused
from engine.settings import PRECISIONS, EngineSettings

_LARGEST_GPU = 1023
_EPILOG = """\
exit codes: 0 done; 1 a model has no plan, or its files are broken; 2 the command line or a PACKSHOT_* setting is wrong;
3 this machine cannot do it (no GPU, no driver, no TensorRT); 130 interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except (SettingsRefused, ModelNotFound) as error:
        return _fail(error, 2)
    except BackendUnavailable as error:
        return _fail(error, 3)
    except EngineError as error:
        return _fail(error, 1)
    except KeyboardInterrupt:
        return _fail("interrupted; a plan that was not finished is not kept", 130)


def _compile(options: argparse.Namespace) -> int:
    from engine.compile_models import choose_cards, compile_models

    settings = _settings(options)
    cards = load_cards(settings.weights_dir)
    chosen = list(cards.values()) if options.all else choose_cards(cards, options.models)
    report = compile_models(chosen, settings, partial(print, file=sys.stderr, flush=True))
    print(report.as_json() if options.json else "\n".join(map(str, report.plans)))
    return 1 if report.failed else 0


def _devices(options: argparse.Namespace) -> int:
    survey = list_gpus()
    if options.json:
        print(json.dumps({"gpus": [gpu._asdict() for gpu in survey.gpus], "why_none": survey.why_none}))
    else:
        for gpu in survey.gpus:
            print(f"{gpu.number}  {gpu.name}  {gpu.memory_bytes / 2**30:.0f} GiB  {gpu.architecture}")
    return 0 if survey.gpus else _fail(survey.why_none, 3)


def _settings(options: argparse.Namespace) -> EngineSettings:
    chosen = {name: getattr(options, name) for name in ("precision", "plans_dir", "gpu")}
    return replace(EngineSettings.from_env(), **{name: value for name, value in chosen.items() if value is not None})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine", description="Packshot's engine", epilog=_EPILOG)
    commands = parser.add_subparsers(required=True, metavar="command")
    compiling = commands.add_parser("compile", help="build TensorRT plans ahead of time", epilog=_EPILOG)
    which = compiling.add_mutually_exclusive_group(required=True)
    which.add_argument("models", nargs="*", default=[], metavar="MODEL", help="models to build plans for")
    which.add_argument("--all", action="store_true", help="every model in the weights folder")
    compiling.add_argument("--precision", choices=PRECISIONS, help="default: PACKSHOT_PRECISION, or auto")
    compiling.add_argument("--plans-dir", type=Path, help="default: PACKSHOT_PLANS_DIR, or ~/.cache/packshot/plans")
    compiling.add_argument("--gpu", type=_index, metavar="INDEX", help="default: PACKSHOT_GPU, or 0")
    compiling.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    compiling.set_defaults(run=_compile)
    devices = commands.add_parser("devices", help="list the GPUs that the driver offers", epilog=_EPILOG)
    devices.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    devices.set_defaults(run=_devices)
    return parser


def _index(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_GPU:
        raise argparse.ArgumentTypeError(f"a whole number from 0 to {_LARGEST_GPU}; received {text!r}")
    return int(text)


def _fail(why: object, code: int) -> int:
    print(f"engine: {why}", file=sys.stderr)
    return code


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # whoever reads along may stop: `| head`
    sys.exit(main())
