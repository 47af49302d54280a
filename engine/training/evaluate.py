"""The evaluation command: measures committed weights; writes a table, JSON, the card's metrics, a contact sheet."""

from __future__ import annotations

import argparse
import json
from typing import Any

from engine.training.cards import folder_of, write_card
from engine.training.inference import Network
from engine.training.measures import MEASURES, Metric
from engine.training.sheets import write_sheet


def evaluate_model(options: argparse.Namespace) -> list[Metric]:
    """Measure ``options.model`` as the command line says; see `engine.training.__main__`."""
    folder = folder_of(options.weights, options.model)
    network = Network(folder, options.threads)
    metrics = MEASURES[options.model](network, options.data, options.limit)
    print(table(metrics))
    entries = [metric.as_dict(public_command(options)) for metric in metrics]
    if options.json:
        options.json.write_text(json.dumps(entries, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    if options.card:
        write_card(folder, with_metrics(network.card, entries))
    if options.sheet:
        write_sheet(network, options.data, options.sheet)
    return metrics


def table(metrics: list[Metric]) -> str:
    """Return the metrics as a Markdown table, the baselines in a column of their own."""
    lines = ["| metric | on | model | baselines |", "|---|---|---|---|"]
    for metric in metrics:
        others = ", ".join(f"{name} {value:g}" for name, value in metric.baseline.items()) or "–"
        lines.append(f"| `{metric.name}` | {metric.set} | **{metric.value:g}** | {others} |")
    return "\n".join(lines)


def with_metrics(card: dict[str, Any], entries: list[dict[str, object]]) -> dict[str, Any]:
    """Return the card with its metrics replaced, its keys in their order."""
    return {key: entries if key == "metrics" else value for key, value in card.items()}


def public_command(options: argparse.Namespace) -> str:
    """Return the command that repeats the measurement, without where its results went."""
    limit = f" --limit {options.limit}" if options.limit else ""
    return f"python -m engine.training evaluate {options.model} --data ../shared/data{limit}"
