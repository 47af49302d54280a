"""`python -m benchmarks.gpu`: run all, or those named, and append what they measured to results.md."""

import argparse
import importlib
import shlex
import sys
from collections.abc import Sequence
from typing import Any, get_args

import torch

from benchmarks.gpu.report import RESULTS, Report, append, as_markdown, machine_facts
from engine.backends.torch.network import Way

KNOWN = ("pack_unpack", "mixed_traffic")
WAYS = get_args(Way)


def main(words: Sequence[str] | None = None) -> None:
    """Measure, print each section as it is ready, and (unless rehearsing) append it."""
    arguments = read_arguments(words)
    if not arguments.dry and not torch.cuda.is_available():
        sys.exit(f"torch {torch.__version__} finds no GPU: nothing is measured (--dry rehearses on the CPU)")
    for name in arguments.names or KNOWN:
        print(f"{name}: {'rehearsing' if arguments.dry else 'measuring'} ...", flush=True)
        report = _measure(name, arguments)
        print(as_markdown(report), flush=True)
        if not arguments.dry:
            append(report)
            print(f"appended to {RESULTS}")


def read_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line; `words`: without the program's name, or sys.argv's."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"which: {', '.join(KNOWN)} (all without a name)")
    parser.add_argument("--dry", action="store_true", help="rehearse on the CPU with tiny pictures; write nothing")
    parser.add_argument("--model", default="restore", help="the tile model of mixed_traffic")
    parser.add_argument("--megapixels", type=float, default=1000.0, help="how much mixed_traffic sends in each round")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS[:3], help="how torch runs the network")
    arguments = parser.parse_args(words)
    if unknown := set(arguments.names) - set(KNOWN):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(KNOWN)}")
    arguments.command = shlex.join(["python", "-m", "benchmarks.gpu", *(sys.argv[1:] if words is None else words)])
    return arguments


def _measure(name: str, arguments: argparse.Namespace) -> Report:
    module: Any = importlib.import_module(f"benchmarks.gpu.{name}")
    device = "a rehearsal on the CPU: its figures mean nothing" if arguments.dry else torch.cuda.get_device_name()
    software = {"torch": torch.__version__, "CUDA": str(torch.version.cuda)}
    facts = machine_facts(device, software)
    return Report(module.TITLE, arguments.command, facts, module.measure(arguments), module.__doc__.strip())


if __name__ == "__main__":
    main()
