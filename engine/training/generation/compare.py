"""The comparison command: trained generators by the same figures, as a table, with intervals over sampling seeds."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from engine.models.classifier import Classifier
from engine.training.data import evenly
from engine.training.errors import RefusedError
from engine.training.generation import GENERATORS
from engine.training.generation.contest import serve
from engine.training.generation.distances import NEIGHBOURS
from engine.training.generation.figures import (
    FIGURES,
    NEAREST_SHARE,
    STUDENT,
    Interval,
    Ruler,
    interval,
    reconstruction,
)
from engine.training.generation.items import Catalogue, load_catalogue
from engine.training.generation.pictures import features_of, pictures_of
from engine.training.generation.sheets import neighbours_sheet, samples_sheet
from engine.training.recipes import recipe_of, trained
from engine.training.whole_files import write_whole

MOST_SEEDS = len(STUDENT) + 1
LEAST_COUNT = NEIGHBOURS + 1
FLOOR = "other photos"
READING = (
    f"The photos that all are measured against and those of the row {FLOOR!r} were trained on: a generator that copies "
    f"them could measure better than that row. {FIGURES['nearest']!r} tells of copies: the distance within which "
    f"{NEAREST_SHARE:.0%} of the pictures have one of all photos trained on. In the row {FLOOR!r} it is that of the "
    "photos held out, which lie as far as new products do: a generator well below it copies. Fewer copies than "
    f"{NEAREST_SHARE:.0%} can be seen in the sheets of nearest neighbours (--sheets) alone."
)

Row = dict[str, Interval]


def compare_runs(options: argparse.Namespace) -> dict[str, Row]:
    """Measure ``options.runs`` as the command line says and return a row for each; see `engine.training.__main__`.

    Every second photo that was trained on is what they are measured against; as many of the others are a row of their
    own: what a generator would measure that makes new pictures as good as photos. It is no bound: one that copies what
    it was trained on could measure better. So that row's distance to the nearest photo is of those held out, and a
    generator that copies is nearer.
    Raises RefusedError, before any is measured, for too few or too many seeds or pictures, for names that cannot tell
    the runs apart or name their sheets, and for a run of another model than a generator.
    """
    _require_numbers(options.seeds, options.count)
    _require_names([name for name, _ in options.runs], sheets=options.sheets is not None)
    models = _generators(options.runs)
    torch.set_num_threads(options.threads)
    catalogue = load_catalogue(options.data)
    teacher = trained("classifier", options.teacher)
    assert isinstance(teacher, Classifier)
    ruler = Ruler(teacher, evenly(catalogue.items[0::2], options.count), catalogue.items)
    rows = {FLOOR: _intervals([_floor(ruler, catalogue, options.count)])}
    for (name, run), model in zip(options.runs, models, strict=True):
        network = trained(model, run)
        rows[name] = _intervals(ruler.draws(serve(network), options.seeds))
        if _gives_back(network):
            rows[name] |= _intervals([reconstruction(network, catalogue.held_out)])
        if options.sheets:
            _write_sheets(options.sheets, name, serve(network), teacher, catalogue)
        print(f"measured {name}", flush=True)
    print(f"{table(rows)}\n\n{READING}")
    if options.json:
        _write(rows, options)
    return rows


def table(rows: dict[str, Row]) -> str:
    """Return the rows as a Markdown table; intervals are of 95 %."""
    lines = ["| generator | " + " | ".join(FIGURES.values()) + " |", "|---" * (len(FIGURES) + 1) + "|"]
    for name, row in rows.items():
        lines.append(f"| {name} | " + " | ".join(_cell(row.get(figure)) for figure in FIGURES) + " |")
    return "\n".join(lines)


def _require_numbers(seeds: int, count: int) -> None:
    if not 1 <= seeds <= MOST_SEEDS:
        raise RefusedError(f"--seeds must be 1 to {MOST_SEEDS}, got {seeds}")
    if count < LEAST_COUNT:
        raise RefusedError(
            f"--count must be {LEAST_COUNT} or more, got {count}: "
            f"precision and recall need {NEIGHBOURS} neighbours of each picture"
        )


def _require_names(names: list[str], *, sheets: bool) -> None:
    """Refuse names that are one row's, and those that are no file's where sheets are called by them."""
    for name, count in Counter([FLOOR, *names]).items():
        if count > 1:
            whose = "the row of photos" if name == FLOOR else f"{count} runs"
            raise RefusedError(f"--runs: {name!r} is the name of {whose}; each run needs one of its own")
        if sheets and "/" in name:
            raise RefusedError(f"--runs: {name!r} cannot name the sheets' files (--sheets): leave the / out of it")


def _generators(runs: Iterable[tuple[str, Path]]) -> list[str]:
    """The model of each named run, which must be a generator's."""
    models = []
    for name, run in runs:
        model = recipe_of(run)
        if model not in GENERATORS:
            raise RefusedError(f"{name}={run} is a run of {model}; allowed are runs of {', '.join(GENERATORS)}")
        models.append(model)
    return models


def _floor(ruler: Ruler, catalogue: Catalogue, count: int) -> dict[str, float]:
    """The figures of photos, as if they were made."""
    others = evenly(catalogue.items[1::2], count)
    new = ruler.nearest(features_of(ruler.teacher, catalogue.held_out))
    return ruler.figures(pictures_of(others), others) | {"nearest": new}


def _intervals(draws: list[dict[str, float]]) -> Row:
    return {figure: interval([draw[figure] for draw in draws]) for figure in draws[0]}


def _gives_back(network: nn.Module) -> bool:
    return hasattr(network, "encoder")


def _cell(value: Interval | None) -> str:
    if value is None:
        return "–"
    return f"{value.mean:.3g}" + ("" if value.half is None else f" ± {value.half:.2g}")


def _write_sheets(folder: Path, name: str, generator: nn.Module, teacher: Classifier, catalogue: Catalogue) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    sheets = {
        "samples": samples_sheet(generator, catalogue),
        "neighbours": neighbours_sheet(generator, teacher, catalogue.items),
    }
    for kind, sheet in sheets.items():
        Image.fromarray(sheet).save(folder / f"{name}-{kind}.jpg", quality=85)


def _write(rows: dict[str, Row], options: argparse.Namespace) -> None:
    figures = {name: {figure: vars(value) for figure, value in row.items()} for name, row in rows.items()}
    content = {"command": options.command_line, "seeds": options.seeds, "count": options.count, "rows": figures}
    write_whole(options.json, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
