"""The comparison command: trained generators by the same figures, as a table, with intervals over sampling seeds."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import torch
from PIL import Image
from torch import nn

from engine.models.classifier import Classifier
from engine.training.data import evenly
from engine.training.generation import GENERATORS
from engine.training.generation.contest import serve
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

MOST_SEEDS = len(STUDENT) + 1
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
    Raises ValueError for a number of seeds that has no interval and, before any is measured, for a run of another model
    than a generator.
    """
    if not 1 <= options.seeds <= MOST_SEEDS:
        raise ValueError(f"--seeds must be 1 to {MOST_SEEDS}, got {options.seeds}")
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


def _generators(runs: Iterable[tuple[str, Path]]) -> list[str]:
    """The model of each named run, which must be a generator's."""
    models = []
    for name, run in runs:
        model = recipe_of(run)
        if model not in GENERATORS:
            raise ValueError(f"{name}={run} is a run of {model}; allowed are runs of {', '.join(GENERATORS)}")
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
    options.json.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
