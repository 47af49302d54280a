"""``python -m jobs.capacity``, which is what ``packshot capacity`` runs: a plan as a table, or as JSON."""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Mapping
from textwrap import wrap
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from jobs.capacity.arguments import read_argument
from jobs.capacity.demand import Demand
from jobs.capacity.document import CapacityPlan, number
from jobs.capacity.planning import plan_capacity
from jobs.capacity.summary import summary

_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "cpu_price": "core-hour",
        "gpu_price": "gpu-hour",
        "memory_price": "gib-hour",
        "storage_price": "gb-month",
        "egress_price": "gb",
    }
)
_WIDTH = 118
_EXAMPLE = (
    "Example (the prices are made up; put in your own): packshot capacity --photos-per-day 200000 "
    "--mix relight+restore:0.7,cutout+background:0.3 --megapixels 2 --peak 3 --p95-wait 60 --retention-days 1 "
    "--cpu-price 0.04/core-hour --storage-price 0.02/gb-month"
)


def main(arguments: list[str] | None = None) -> int:
    """Exit codes: 0 a plan, 2 a question that makes no sense."""
    options = vars(_parser().parse_args(arguments))
    as_json, given = options.pop("json"), {name: text for name, text in options.items() if text is not None}
    as_known, mistakes = _read(given)
    if mistakes:
        print("\n".join(mistakes), file=sys.stderr)
        return 2
    try:
        demand = Demand(**as_known)
        plan = plan_capacity(demand)
    except ValidationError as error:
        for mistake in error.errors(include_url=False, include_context=False):
            print(_told(mistake["loc"], mistake["msg"], mistake.get("input")), file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"packshot capacity: {error}", file=sys.stderr)
        return 2
    print(json.dumps(plan.to_json(), indent=2, ensure_ascii=False) if as_json else as_text(demand, plan))
    return 0


def _read(given: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What was typed as the question has it, and what is wrong with the rest."""
    read: dict[str, Any] = {}
    mistakes = []
    for name, text in given.items():
        try:
            read[name] = read_argument(name, text)
        except ValueError as error:
            mistakes.append(f"packshot capacity: {_flag(name)}: {error}")
    return read, mistakes


def as_text(demand: Demand, plan: CapacityPlan) -> str:
    """The plan for a terminal: in short first, then each line with its reason below it."""
    told = ["IN SHORT", *(f"  {line}" for line in summary(demand, plan))]
    for group, lines in plan.groups.items():
        told += ["", group.upper()]
        for line in lines:
            told.append(f"  {line.name.replace('_', ' '):<30} {line.shown}  [{line.rests_on}]")
            told += [f"      {part}" for part in wrap(line.why, _WIDTH - 6)]
    told += ["", "SETTINGS (of each installation)", *(f"  {name}={value}" for name, value in plan.settings.items())]
    told += ["", "WALLS (the nearest first; photos a day, all else as asked)"]
    for wall in plan.walls:
        told.append(f"  {wall.name.replace('_', ' '):<30} {number(wall.photos_per_day)}")
        told += [f"      {part}" for part in wrap(f"{wall.why}. Moved by: {wall.moved_by}.", _WIDTH - 6)]
    told += ["", "MIND", *(f"  {part}" for warning in plan.warnings for part in wrap(warning, _WIDTH - 2))]
    return "\n".join(told).strip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="packshot capacity", description=__doc__, epilog=_EXAMPLE)
    for name, field in Demand.model_fields.items():
        flag = _flag(name)
        usual = "" if field.is_required() or field.default is None else f" (default {field.default})"
        told = f"{field.description or name.replace('_', ' ')}{usual}".replace("%", "%%")
        kind = _price(_UNITS[name]) if name in _UNITS else str
        parser.add_argument(flag, dest=name, type=kind, required=field.is_required(), metavar=_metavar(name), help=told)
    parser.add_argument("--json", action="store_true", help="as JSON, which is what the API answers, too")
    return parser


def _flag(name: str) -> str:
    return "--p95-wait" if name == "p95_wait_s" else "--" + name.replace("_", "-")


def _metavar(name: str) -> str:
    if name in _UNITS:
        return f"N/{_UNITS[name]}"
    return "MIX" if name == "mix" else "N"


def _price(unit: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        amount, _, per = text.partition("/")
        if per and per != unit:
            raise argparse.ArgumentTypeError(f"{text!r} is per {per!r}; this price is per {unit}, such as 0.05/{unit}")
        return amount

    return read


def _told(where: tuple[int | str, ...], message: str, value: object) -> str:
    return f"packshot capacity: {_flag(str(where[0]))}: {message.removeprefix('Value error, ')}; got {value!r}"


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # whoever reads along may stop: `| head`
    sys.exit(main())
